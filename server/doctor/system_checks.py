"""Django system checks that report the doctor's findings about the settings, for `manage.py check --deploy`."""

from typing import Any

from django.core.checks import CheckMessage, Error, Info, Tags, register

from server.doctor.environment import about_settings
from server.doctor.finding import Gravity

# Settings that a fresh installation lacks are reported, but do not fail the check of the code.
KINDS: dict[Gravity, type[Info] | type[Error]] = {Gravity.NOTE: Info, Gravity.WARNING: Info, Gravity.ERROR: Error}


@register(Tags.security, deploy=True)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    return [
        KINDS[finding.gravity](f"{finding.subject}: {finding.words}", hint=finding.remedy, id="server.doctor")
        for finding in about_settings()
    ]
