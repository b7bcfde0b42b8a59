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

MAX_UPLOADS = 128
MAX_PER_SENDER = 16  # of one network, and of one logged-in user
RESERVED_SHARE = 4  # a quarter of the number and of the memory is reserved for logged-in users
SHORT_WAIT = 0.5  # seconds that a small body is waited for without being admitted
SMALL = 256 * 1024
GUARANTEED = 1.0  # seconds before an admitted body may be evicted
FIRST_BYTE_TIMEOUT = 3.0
TIMEOUT = 10.0
MIN_BYTES_PER_SECOND = 16 * 1024  # bytes a second that extend the timeout

# A body that is too large is read and dropped for a while: browsers show no response before they have sent everything.
MAX_DRAINED = 64 * 1024 * 1024
DRAIN_TIMEOUT = 20.0


class Stream(Protocol):
    def receive(self, seconds: float, woken: threading.Event, /) -> bytes | None:
        """Return the next piece, empty at the end, or None if none arrives in time or `woken` is set."""


class Rejected(Exception): ...


class TooLarge(Rejected): ...


class TooSlow(Rejected): ...


class CutShort(Rejected): ...


class TooBusy(Rejected): ...


@dataclass(eq=False)
class Upload:
    """A body that is being received."""

    network: str
    size: int
    user_id: str = ""  # if it was needed
    entered: float = 0.0
    woken: threading.Event = field(default_factory=threading.Event)
    is_lost: bool = False


@dataclass
class UploadLimiter:
    """Limits how many bodies and bytes are received at once, in total, for each network and for each user."""

    bodies: int = MAX_UPLOADS
    volume: int = 64 * 1024 * 1024
    each: int = MAX_PER_SENDER
    uploads: list[Upload] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, upload: Upload, get_user_id: Callable[[], str] = str) -> None:
        """Admit a body. `get_user_id` reads the session, so it is called only when the limits are near."""
        if self.is_crowded(upload):
            upload.user_id = get_user_id()
        with self.lock:
            while group := self.find_full_group(upload):
                self.evict_oldest(group)
            upload.entered = monotonic()
            self.uploads.append(upload)

    def release(self, upload: Upload) -> None:
        """Stop counting a body that has ended."""
        with self.lock:
            if upload in self.uploads:
                self.uploads.remove(upload)

    def is_crowded(self, upload: Upload) -> bool:
        """Return whether half of a limit is used, so that it matters who sends the body."""
        with self.lock:
            anonymous = self.anonymous_uploads()
            return (
                len(anonymous) >= self.bodies // 2
                or volume(anonymous) + upload.size > self.volume // 2
                or len(self.anonymous_uploads_from(upload.network)) >= self.each // 2
            )

    def anonymous_uploads(self) -> list[Upload]:
        return [upload for upload in self.uploads if not upload.user_id]

    def anonymous_uploads_from(self, network: str) -> list[Upload]:
        return [upload for upload in self.anonymous_uploads() if upload.network == network]

    def find_full_group(self, upload: Upload) -> list[Upload]:
        """Return the uploads of which one has to end before this one is admitted; empty if there is room."""
        if upload.user_id:
            theirs = [other for other in self.uploads if other.user_id == upload.user_id]
            if len(theirs) >= self.each:
                return theirs
            is_full = len(self.uploads) >= self.bodies or volume(self.uploads) + upload.size > self.volume
            return self.uploads if is_full else []
        anonymous, network = self.anonymous_uploads(), self.anonymous_uploads_from(upload.network)
        if len(network) >= self.each:
            return network
        most, most_volume = (number - number // RESERVED_SHARE for number in (self.bodies, self.volume))
        return anonymous if len(anonymous) >= most or volume(anonymous) + upload.size > most_volume else []

    def evict_oldest(self, group: list[Upload]) -> None:
        """Reject the oldest of these uploads, an anonymous one first. Raises TooBusy if it has just begun."""
        oldest = min(group, key=lambda upload: (bool(upload.user_id), upload.entered))
        if monotonic() - oldest.entered < GUARANTEED:
            raise TooBusy
        oldest.is_lost = True
        oldest.woken.set()
        self.uploads.remove(oldest)

    def receive(
        self, stream: Stream, *, length: int | None, limit: int, network: str, get_user_id: Callable[[], str] = str
    ) -> bytes:
        """Return the body, at most `limit` bytes; `length` is its Content-Length, None without one. Raises Rejected."""
        upload = Upload(network, limit if length is None else min(length, limit))
        try:
            return UploadReader(stream, upload, partial(self.admit, upload, get_user_id), length, limit).read_all()
        finally:
            self.release(upload)


def volume(uploads: Iterable[Upload]) -> int:
    """Return the size of all uploads together, in bytes."""
    return sum(upload.size for upload in uploads)


@dataclass
class UploadReader:
    """Reads one body; `admit` counts it among the uploads as soon as it has to be waited for."""

    stream: Stream
    upload: Upload
    admit: Callable[[], None]
    length: int | None
    limit: int
    began: float = field(default_factory=monotonic)
    pieces: list[bytes] = field(default_factory=list)
    received: int = 0

    @property
    def is_too_large(self) -> bool:
        return max(self.received, self.length or 0) > self.limit

    @property
    def timeout(self) -> float:
        """Return after how many seconds the body is rejected as too slow."""
        if self.is_too_large:
            return DRAIN_TIMEOUT
        return TIMEOUT + self.received / MIN_BYTES_PER_SECOND if self.received else FIRST_BYTE_TIMEOUT

    @property
    def short_wait(self) -> float:
        """Return for how many seconds the body is awaited before it has to be admitted."""
        return SHORT_WAIT if max(self.upload.size, self.received) <= SMALL else 0.0

    def read_all(self) -> bytes:
        """Return the whole body. Raises Rejected."""
        while piece := self.next_piece():
            self.received += len(piece)
            self.pieces.append(piece)
            if self.is_too_large:
                self.pieces.clear()
            if self.received > self.limit + MAX_DRAINED:
                break
        if self.is_too_large:
            raise TooLarge
        if self.length is not None and self.received < self.length:
            raise CutShort
        return b"".join(self.pieces)

    def next_piece(self) -> bytes:
        """Return the next piece, empty at the end. Raises Rejected."""
        piece = None
        while piece is None:
            passed = monotonic() - self.began
            if passed >= self.timeout or self.upload.is_lost:
                raise TooLarge if self.is_too_large else TooSlow
            if not self.upload.entered and passed >= self.short_wait:
                self.admit()
            until = self.timeout if self.upload.entered else min(self.timeout, self.short_wait)
            try:
                piece = self.stream.receive(until - passed, self.upload.woken)
            except ConnectionError as error:
                raise CutShort from error
        return piece
