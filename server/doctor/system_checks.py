"""Django's system checks: what the doctor finds in the settings, for `manage.py check --deploy`."""

from typing import Any

from django.core.checks import CheckMessage, Error, Info, Tags, register

from server.doctor.environment import about_settings
from server.doctor.finding import Gravity

# What a fresh installation has not set yet is said but is no fault of the code that is checked.
KINDS: dict[Gravity, type[Info] | type[Error]] = {Gravity.NOTE: Info, Gravity.WARNING: Info, Gravity.ERROR: Error}


@register(Tags.security, deploy=True)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    return [
        KINDS[finding.gravity](f"{finding.subject}: {finding.words}", hint=finding.remedy, id="server.doctor")
        for finding in about_settings()
    ]
