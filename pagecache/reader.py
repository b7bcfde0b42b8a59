"""The interface for reading generations, by separate connections that never write."""

from collections.abc import Collection
from typing import Protocol

Numbers = dict[str, int]


class DatabaseUnavailable(Exception):
    """The database cannot be read."""


class Reader(Protocol):
    """Reads generations; each result includes everything that was committed before the call."""

    waits: bool  # for a server, which may hang

    def current(self) -> tuple[int, bool]:
        """Return the number of ANY, which rises with every change, and whether it may be used again for a while.

        Not while a change is announced.
        """
        ...

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        """Return the number of ANY and those of the keys, read at one moment; keys never invalidated are missing."""
        ...

    def close(self) -> None: ...
