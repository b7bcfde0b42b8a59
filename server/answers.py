"""Handing an answer to the server whole, so that a slow reader keeps no thread of ours waiting."""

import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from server.bodies import TooBusy

WHOLE = 1024 * 1024
LONG_AT_ONCE = 16


class Answers:
    """A longer answer keeps its thread until it was read, and of those there may be only so many."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(LONG_AT_ONCE)

    def give(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        if isinstance(parts, list):
            return parts
        is_handed_on = False
        try:
            rest = iter(parts)
            start: list[bytes] = []
            size = 0
            for part in rest:
                start.append(part)
                size += len(part)
                if size > WHOLE:
                    break
            else:
                return [b"".join(start)]
            if not self.places.acquire(blocking=False):
                raise TooBusy
            is_handed_on = True
            return Long(chain(start, rest), parts, self.places)
        finally:
            if not is_handed_on:
                close(parts)


class Held:
    """An answer that is complete for the client and keeps its thread until something has come to an end."""

    def __init__(self, part: bytes, until: threading.Event) -> None:
        self.part, self.until = part, until

    def __iter__(self) -> Iterator[bytes]:
        yield self.part
        self.until.wait()


class Long:
    def __init__(self, parts: Iterator[bytes], source: Any, places: threading.BoundedSemaphore) -> None:
        self.parts, self.source, self.places = parts, source, places
        self.is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self.parts

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.places.release()
            close(self.source)


def close(source: Any) -> None:
    if hasattr(source, "close"):
        source.close()
