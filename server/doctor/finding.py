"""A finding of the doctor, and the registry of checks that other apps add."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

from django.utils.translation import gettext as _


class Severity(IntEnum):
    OK = 0  # only of live checks, which also say what works
    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Finding:
    severity: Severity
    subject: str
    problem: str
    remedy: str

    @property
    def label(self) -> str:
        """The severity in words."""
        labels = {Severity.OK: _("OK"), Severity.NOTE: _("Note"), Severity.WARNING: _("Warning")}
        return labels.get(self.severity, _("Error"))

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem} {self.remedy}".strip()


ok, note, warning, error = (partial(Finding, severity) for severity in Severity)

Check = Callable[[], Iterable[Finding]]
registered_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Register a check that the doctor runs once the database is migrated."""
    registered_checks.append(check)
    return check
