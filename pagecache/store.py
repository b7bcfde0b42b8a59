"""What is cached in memory, bounded in number and bytes; what was not requested recently is dropped first."""

import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pagecache.page import CachedPage
from pagecache.reader import Numbers

Key = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Stored:
    """What a Store holds, and what the Store notes about it."""

    weight: int = field(default=0, init=False)
    is_used: bool = field(default=True, init=False)  # else a new entry would be dropped first

    @property
    def size(self) -> int:
        """Return its size in bytes."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class Entry(Stored):
    """A page, the generations it depends on, and when they were last checked."""

    page: CachedPage
    keys: tuple[str, ...]
    numbers: Numbers
    expires: float
    verified: int  # the number of ANY at which `numbers` held
    checked_at: float  # time of that check, by the monotonic clock

    @property
    def size(self) -> int:
        return self.page.size


Kind = TypeVar("Kind", bound=Stored)


class Store(Generic[Kind]):
    """Reading takes no lock; an entry that was read since the last sweep gets a second chance."""

    OVERHEAD = 2048

    def __init__(self, max_bytes: int, max_entries: int) -> None:
        self.max_bytes, self.max_entries = max_bytes, max_entries
        self.bytes = 0
        self._entries: dict[Key, Kind] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Kind | None:
        """Return an entry and note its use."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.is_used = True
        return entry

    def set(self, key: Key, entry: Kind) -> None:
        with self._lock:
            self._remove(key)
            self._entries[key] = entry
            self._weigh(key, entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.bytes = 0

    def delete(self, key: Key) -> None:
        with self._lock:
            self._remove(key)

    def update_weight(self, key: Key, entry: Kind) -> None:
        """Update the weight after its size changed: a page was stored in another encoding too."""
        with self._lock:
            if self._entries.get(key) is entry:
                self._weigh(key, entry)

    def _weigh(self, key: Key, entry: Kind) -> None:
        """Update an entry's weight, in bytes, then drop unused entries until all fit."""
        weight = entry.size + sum(map(len, key)) + self.OVERHEAD
        self.bytes += weight - entry.weight
        entry.weight = weight
        while self.bytes > self.max_bytes or len(self._entries) > self.max_entries:
            oldest, candidate = next(iter(self._entries.items()))
            if candidate.is_used:
                candidate.is_used = False
                self._entries[oldest] = self._entries.pop(oldest)
            else:
                self._remove(oldest)

    def _remove(self, key: Key) -> None:
        if entry := self._entries.pop(key, None):
            self.bytes -= entry.weight
