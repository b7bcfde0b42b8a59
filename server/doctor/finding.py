"""A finding of the doctor, and the registry of checks that other apps add."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum


class Gravity(IntEnum):
    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Finding:
    gravity: Gravity
    subject: str
    words: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.words} {self.remedy}".strip()


Look = Callable[[], Iterable[Finding]]
looks: list[Look] = []


def looks_round(look: Look) -> Look:
    """Register a check that the doctor runs once the database is migrated."""
    looks.append(look)
    return look
