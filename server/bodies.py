"""Taking in what a visitor sends: whole before Django is entered, bounded in bytes and in time.

granian's `read` waits until everything asked for is there, and cannot be interrupted; so a thread of its own reads
while the one that must answer only waits. Nor may that one leave while the other still reads: granian would wait for
it with the interpreter's lock in its hand, and the whole process with it. So a client that was refused and stays
silent keeps both threads, which cost little, until it goes.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

AT_ONCE = 256
PIECE = 4 * 1024
GULP = 64 * 1024
PATIENCE = 10.0
SLOWEST = 16 * 1024  # bytes a second that buy more time

# What is too large is read and dropped for a while, since a browser shows no answer before it has sent everything.
DRAINED = 64 * 1024 * 1024
DRAIN_PATIENCE = 20.0


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Refused(Exception):
    """Has to be answered, but not left, before the client has nothing more to say."""

    def __init__(self, reading: "Reading | None" = None) -> None:
        super().__init__()
        self.has_ended = reading.has_ended if reading else None


class TooLarge(Refused): ...


class TooSlow(Refused): ...


class CutShort(Refused): ...


class TooBusy(Refused): ...


@dataclass
class Room:
    """How much may be on its way in at once; a quarter is kept from any one network, so that none can fill it."""

    bodies: int = AT_ONCE
    volume: int = 64 * 1024 * 1024
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _bodies: Counter[str] = field(default_factory=Counter)
    _volume: Counter[str] = field(default_factory=Counter)

    def enter(self, network: str, size: int) -> None:
        with self._lock:
            asked = ((self._bodies, 1, self.bodies), (self._volume, size, self.volume))
            for taken, more, most in asked:
                if taken.total() + more > most or taken[network] + more > most * 3 // 4:
                    raise TooBusy
            for taken, more, _ in asked:
                taken[network] += more

    def give_back(self, network: str, size: int) -> None:
        """Its memory, once it is with Django or dropped."""
        with self._lock:
            _less(self._volume, network, size)

    def leave(self, network: str) -> None:
        with self._lock:
            _less(self._bodies, network, 1)

    def receive(self, stream: Stream, *, length: int | None, limit: int, network: str) -> bytes:
        """The whole body; its length is what the client says, None when it says nothing."""
        size = limit if length is None else min(length, limit)
        self.enter(network, size)
        try:
            reading = Reading(stream, length, limit, lambda: self.leave(network))
            try:
                reading.start()
            except RuntimeError as error:  # the machine allows no more threads
                self.leave(network)
                raise TooBusy from error
            return reading.wait()
        finally:
            self.give_back(network, size)


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
        self.is_given_up = False
        self.has_ended = threading.Event()

    @property
    def is_too_large(self) -> bool:
        return max(self.received, self.length or 0) > self.limit

    @property
    def patience(self) -> float:
        return DRAIN_PATIENCE if self.is_too_large else PATIENCE + self.received / SLOWEST

    def run(self) -> None:
        try:
            while not self.is_given_up and self.received < self.limit + DRAINED:
                piece = self.stream.read(GULP if self.is_too_large else PIECE)
                if not piece:
                    self.is_whole = self.length is None or self.received >= self.length
                    break
                self.received += len(piece)
                self.pieces.append(piece)
                if self.is_too_large:
                    self.pieces.clear()
        finally:
            self.on_end()
            self.has_ended.set()

    def wait(self) -> bytes:
        started = monotonic()
        while not self.has_ended.is_set() and (remaining := started + self.patience - monotonic()) > 0:
            self.has_ended.wait(min(remaining, 1.0))
        if not self.has_ended.is_set():
            self.is_given_up = True
            self.pieces = []
            raise TooLarge(self) if self.is_too_large else TooSlow(self)
        if self.is_too_large:
            raise TooLarge
        if not self.is_whole:
            raise CutShort
        return b"".join(self.pieces)
