"""A finding of the doctor, and the registry of checks that other apps add."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial


class Severity(IntEnum):
    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Finding:
    severity: Severity
    subject: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem} {self.remedy}".strip()


note, warning, error = (partial(Finding, severity) for severity in Severity)

Check = Callable[[], Iterable[Finding]]
registered_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Register a check that the doctor runs once the database is migrated."""
    registered_checks.append(check)
    return check
