"""The read side: what the generations are now, by connections of our own that never write."""

from collections.abc import Collection
from typing import Protocol

Numbers = dict[str, int]


class Away(Exception):
    """The database does not answer."""


class Reader(Protocol):
    """Every answer was read after its question, so it knows all that was committed before the question."""

    def current(self) -> int:
        """The number of ANY: while it stands still nothing has moved."""
        ...

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        """The number of ANY and those of these keys, of one moment; what was never bumped has none."""
        ...

    def close(self) -> None: ...
