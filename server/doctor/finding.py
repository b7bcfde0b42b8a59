"""What a finding is."""

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
