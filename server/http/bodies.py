"""Reads request bodies completely before Django is entered, within limits of bytes, time and number.

Most bodies arrive at once and are not counted. A body that must be waited for is admitted as one of a limited number;
at the limit the oldest one is rejected in favor of the newest.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Protocol

AT_ONCE = 128
EACH = 16  # of one network, and of one logged-in user
KEPT_FOR_PEOPLE = 4  # a quarter of the number and of the memory is reserved for logged-in users
MOMENT = 0.5  # seconds that a small body is waited for without being admitted
SMALL = 256 * 1024
MAY_GO = 1.0  # seconds before an admitted body may be evicted
FIRST_BYTE = 3.0
PATIENCE = 10.0
SLOWEST = 16 * 1024  # bytes a second that extend the timeout

# A body that is too large is read and dropped for a while: browsers show no response before they have sent everything.
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
    """A body that is being received."""

    network: str
    size: int
    person: str = ""  # the user's id, if it was needed
    entered: float = 0.0
    woken: threading.Event = field(default_factory=threading.Event)
    is_lost: bool = False


@dataclass
class Room:
    """Limits how many bodies and bytes are received at once, in total, for each network and for each user."""

    bodies: int = AT_ONCE
    volume: int = 64 * 1024 * 1024
    each: int = EACH
    places: list[Place] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, place: Place, person: Callable[[], str] = str) -> None:
        """Admit a body. `person` returns the user's id; it reads the session, so it is called near the limits alone."""
        if self.is_crowded(place):
            place.person = person()
        with self.lock:
            while group := self.find_full_group(place):
                self.evict_oldest(group)
            place.entered = monotonic()
            self.places.append(place)

    def leave(self, place: Place) -> None:
        with self.lock:
            if place in self.places:
                self.places.remove(place)

    def is_crowded(self, place: Place) -> bool:
        with self.lock:
            anonymous = self.anonymous()
            return (
                len(anonymous) >= self.bodies // 2
                or volume(anonymous) + place.size > self.volume // 2
                or len(self.from_network(place.network)) >= self.each // 2
            )

    def anonymous(self) -> list[Place]:
        return [place for place in self.places if not place.person]

    def from_network(self, network: str) -> list[Place]:
        return [place for place in self.anonymous() if place.network == network]

    def find_full_group(self, place: Place) -> list[Place]:
        """Return the uploads of which one has to end before this one is admitted; empty if there is room."""
        if place.person:
            theirs = [other for other in self.places if other.person == place.person]
            if len(theirs) >= self.each:
                return theirs
            is_full = len(self.places) >= self.bodies or volume(self.places) + place.size > self.volume
            return self.places if is_full else []
        anonymous, network = self.anonymous(), self.from_network(place.network)
        if len(network) >= self.each:
            return network
        most, most_volume = (number - number // KEPT_FOR_PEOPLE for number in (self.bodies, self.volume))
        return anonymous if len(anonymous) >= most or volume(anonymous) + place.size > most_volume else []

    def evict_oldest(self, group: list[Place]) -> None:
        oldest = min(group, key=lambda place: (bool(place.person), place.entered))
        if monotonic() - oldest.entered < MAY_GO:
            raise TooBusy
        oldest.is_lost = True
        oldest.woken.set()
        self.places.remove(oldest)

    def receive(
        self, stream: Stream, *, length: int | None, limit: int, network: str, person: Callable[[], str] = str
    ) -> bytes:
        """Return the whole body; `length` is that of the client's header, None without one. Raises Rejected."""
        place = Place(network, limit if length is None else min(length, limit))
        try:
            return Reading(stream, place, partial(self.enter, place, person), length, limit).read_all()
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

    def read_all(self) -> bytes:
        while piece := self.next_piece():
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

    def next_piece(self) -> bytes:
        """Return the next piece, empty at the end."""
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
