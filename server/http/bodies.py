"""Taking in what a visitor sends: whole before Django is entered, bounded in bytes, in time and in number.

Most bodies arrive at once and need no place. One that does not needs a place to be waited for, of which each network
has a few; when all are taken, the oldest is given up for the newest.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Protocol

AT_ONCE = 128
EACH = 16  # of one network, and of one person who is logged in
KEPT_FOR_PEOPLE = 4  # a quarter of the places and of the memory is for people who are logged in
MOMENT = 0.5  # seconds that a small body is waited for without a place
SMALL = 256 * 1024
MAY_GO = 1.0  # seconds that every body has its place, however many want one
FIRST_BYTE = 3.0
PATIENCE = 10.0
SLOWEST = 16 * 1024  # bytes a second that buy more time

# What is too large is read and dropped for a while, since a browser shows no answer before it has sent everything.
DRAINED = 64 * 1024 * 1024
DRAIN_PATIENCE = 20.0


class Stream(Protocol):
    def receive(self, seconds: float, woken: threading.Event, /) -> bytes | None: ...


class Refused(Exception): ...


class TooLarge(Refused): ...


class TooSlow(Refused): ...


class CutShort(Refused): ...


class TooBusy(Refused): ...


@dataclass(eq=False)
class Place:
    """A body on its way in."""

    network: str
    size: int
    person: str = ""  # who is logged in, as far as that was asked
    entered: float = 0.0
    woken: threading.Event = field(default_factory=threading.Event)
    is_lost: bool = False


@dataclass
class Room:
    """How much may be on its way in at once, from everyone, from one network and from one person."""

    bodies: int = AT_ONCE
    volume: int = 64 * 1024 * 1024
    each: int = EACH
    places: list[Place] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, place: Place, person: Callable[[], str] = str) -> None:
        """Take a place. `person` says who is logged in, and is asked only when it is getting crowded."""
        if self.is_crowded(place):
            place.person = person()
        with self.lock:
            while group := self.too_full(place):
                self.dismiss_oldest(group)
            place.entered = monotonic()
            self.places.append(place)

    def leave(self, place: Place) -> None:
        with self.lock:
            if place in self.places:
                self.places.remove(place)

    def is_crowded(self, place: Place) -> bool:
        with self.lock:
            strangers = self.strangers()
            return (
                len(strangers) >= self.bodies // 2
                or volume(strangers) + place.size > self.volume // 2
                or len(self.of(place.network)) >= self.each // 2
            )

    def strangers(self) -> list[Place]:
        return [place for place in self.places if not place.person]

    def of(self, network: str) -> list[Place]:
        return [place for place in self.strangers() if place.network == network]

    def too_full(self, place: Place) -> list[Place]:
        """Return those of whom one has to go before this one can come in."""
        if place.person:
            own = [other for other in self.places if other.person == place.person]
            if len(own) >= self.each:
                return own
            is_full = len(self.places) >= self.bodies or volume(self.places) + place.size > self.volume
            return self.places if is_full else []
        strangers, network = self.strangers(), self.of(place.network)
        if len(network) >= self.each:
            return network
        most, most_volume = (number - number // KEPT_FOR_PEOPLE for number in (self.bodies, self.volume))
        return strangers if len(strangers) >= most or volume(strangers) + place.size > most_volume else []

    def dismiss_oldest(self, group: list[Place]) -> None:
        oldest = min(group, key=lambda place: (bool(place.person), place.entered))
        if monotonic() - oldest.entered < MAY_GO:
            raise TooBusy
        oldest.is_lost = True
        oldest.woken.set()
        self.places.remove(oldest)

    def receive(
        self, stream: Stream, *, length: int | None, limit: int, network: str, person: Callable[[], str] = str
    ) -> bytes:
        """Return the whole body; its length is what the client says, None when it says nothing."""
        place = Place(network, limit if length is None else min(length, limit))
        try:
            return Reading(stream, place, partial(self.enter, place, person), length, limit).whole()
        finally:
            self.leave(place)


def volume(places: Iterable[Place]) -> int:
    return sum(place.size for place in places)


@dataclass
class Reading:
    stream: Stream
    place: Place
    enter: Callable[[], None]
    length: int | None
    limit: int
    began: float = field(default_factory=monotonic)
    pieces: list[bytes] = field(default_factory=list)
    received: int = 0

    @property
    def is_too_large(self) -> bool:
        return max(self.received, self.length or 0) > self.limit

    @property
    def patience(self) -> float:
        if self.is_too_large:
            return DRAIN_PATIENCE
        return PATIENCE + self.received / SLOWEST if self.received else FIRST_BYTE

    @property
    def moment(self) -> float:
        return MOMENT if max(self.place.size, self.received) <= SMALL else 0.0

    def whole(self) -> bytes:
        while piece := self.next():
            self.received += len(piece)
            self.pieces.append(piece)
            if self.is_too_large:
                self.pieces.clear()
            if self.received > self.limit + DRAINED:
                break
        if self.is_too_large:
            raise TooLarge
        if self.length is not None and self.received < self.length:
            raise CutShort
        return b"".join(self.pieces)

    def next(self) -> bytes:
        """Return the next piece, or nothing at the end."""
        piece = None
        while piece is None:
            passed = monotonic() - self.began
            if passed >= self.patience or self.place.is_lost:
                raise TooLarge if self.is_too_large else TooSlow
            if not self.place.entered and passed >= self.moment:
                self.enter()
            until = self.patience if self.place.entered else min(self.patience, self.moment)
            try:
                piece = self.stream.receive(until - passed, self.place.woken)
            except ConnectionError as error:
                raise CutShort from error
        return piece
