"""Taking in what a visitor sends: whole before Django is entered, bounded in bytes and in time.

The server's `read` waits until everything asked for is there and cannot be interrupted, so a thread of its own reads
while the one that must answer only waits. A client that stays silent after its answer costs that one idle thread.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

PIECE = 4 * 1024
GULP = 64 * 1024
PATIENCE = 10.0
SLOWEST = 16 * 1024  # bytes a second that buy more time

# What is too large is read and dropped for a while, since a browser shows no answer before it has sent everything.
DRAINED = 64 * 1024 * 1024
DRAIN_PATIENCE = 20.0


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TooLarge(Exception): ...


class TooSlow(Exception): ...


class CutShort(Exception): ...


class TooBusy(Exception): ...


@dataclass
class Room:
    """How much may be on its way in at once; a quarter is kept from any one network, so that none can fill it."""

    bodies: int = 64
    volume: int = 64 * 1024 * 1024
    threads: int = 256
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _bodies: Counter[str] = field(default_factory=Counter)
    _volume: Counter[str] = field(default_factory=Counter)
    _threads: Counter[str] = field(default_factory=Counter)

    def enter(self, network: str, size: int) -> None:
        with self._lock:
            asked = (
                (self._bodies, 1, self.bodies),
                (self._volume, size, self.volume),
                (self._threads, 1, self.threads),
            )
            for taken, more, most in asked:
                if taken.total() + more > most or taken[network] + more > most * 3 // 4:
                    raise TooBusy
            for taken, more, _ in asked:
                taken[network] += more

    def leave(self, network: str, size: int) -> None:
        """The answer is on its way, whatever the reading thread still does."""
        with self._lock:
            _less(self._bodies, network, 1)
            _less(self._volume, network, size)

    def thread_ended(self, network: str) -> None:
        with self._lock:
            _less(self._threads, network, 1)

    def receive(self, stream: Stream, *, length: int | None, limit: int, network: str) -> bytes:
        """The whole body; its length is what the client says, None when it says nothing."""
        size = limit if length is None else min(length, limit)
        self.enter(network, size)
        try:
            reading = Reading(stream, length, limit, lambda: self.thread_ended(network))
            reading.start()
            return reading.wait()
        finally:
            self.leave(network, size)


def _less(taken: Counter[str], network: str, amount: int) -> None:
    taken[network] -= amount
    if taken[network] <= 0:
        del taken[network]


class Reading(threading.Thread):
    def __init__(self, stream: Stream, length: int | None, limit: int, on_end: Callable[[], None]) -> None:
        super().__init__(name="body", daemon=True)
        self.stream, self.length, self.limit, self.on_end = stream, length, limit, on_end
        self.pieces: list[bytes] = []
        self.received = 0
        self.is_whole = False
        self.is_over = threading.Event()

    @property
    def is_too_large(self) -> bool:
        return max(self.received, self.length or 0) > self.limit

    def run(self) -> None:
        try:
            while not self.is_over.is_set() and self.received < self.limit + DRAINED:
                piece = self.stream.read(GULP if self.is_too_large else PIECE)
                if not piece:
                    self.is_whole = self.length is None or self.received >= self.length
                    break
                self.received += len(piece)
                self.pieces.append(piece)
                if self.is_too_large:
                    self.pieces.clear()
        finally:
            del self.stream
            self.is_over.set()
            self.on_end()

    def wait(self) -> bytes:
        started = monotonic()
        while not self.is_over.is_set() and (remaining := started + self.patience - monotonic()) > 0:
            self.is_over.wait(min(remaining, 1.0))
        is_late = not self.is_over.is_set()
        self.is_over.set()
        if self.is_too_large:
            raise TooLarge
        if is_late:
            raise TooSlow
        if not self.is_whole:
            raise CutShort
        return b"".join(self.pieces)

    @property
    def patience(self) -> float:
        return DRAIN_PATIENCE if self.is_too_large else PATIENCE + self.received / SLOWEST
