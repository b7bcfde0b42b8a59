"""Django system checks that report the doctor's findings about the settings, for `manage.py check --deploy`."""

from typing import Any

from django.core.checks import CheckMessage, Error, Info, Tags, register

from server.doctor.environment import settings_findings
from server.doctor.finding import Severity

# Settings that a fresh installation lacks are reported, but do not fail the check of the code.
KINDS: dict[Severity, type[Info] | type[Error]] = {Severity.NOTE: Info, Severity.WARNING: Info, Severity.ERROR: Error}


@register(Tags.security, deploy=True)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Return the doctor's findings about the settings as messages of Django's checks."""
    return [
        KINDS[finding.severity](f"{finding.subject}: {finding.problem}", hint=finding.remedy, id="server.doctor")
        for finding in settings_findings()
    ]
