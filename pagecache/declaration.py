"""What a view declares about its page, in response headers that `PageCache` reads and removes."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.http.response import HttpResponseBase

MADE_FROM = "X-Made-From"
MADE_UNTIL = "X-Made-Until"
SITE = "site"  # every page depends on it
KEY = re.compile(r"[\w:.-]{1,64}", re.ASCII)

Response = TypeVar("Response", bound=HttpResponseBase)
Headers = list[tuple[str, str]]


def made_from(response: Response, *keys: str, ends: datetime | None = None) -> Response:
    """Mark a page that is the same for everyone: cached until one of the keys is invalidated or `expires` is reached.

    It may be called again for the same response: the keys add up, the earliest expiry counts.
    """
    if response.streaming:
        raise ValueError("A streaming response cannot be kept.")
    for key in keys:
        if not KEY.fullmatch(key):
            raise ValueError(f"Not the name of a generation: {key!r}")
    known = response.headers.get(MADE_FROM, SITE).split()
    response.headers[MADE_FROM] = " ".join(dict.fromkeys([*known, *keys]))
    if ends is not None:
        if ends.tzinfo is None:
            raise ValueError(f"The end of a page needs its time zone: {ends!r}")
        earlier = float(response.headers.get(MADE_UNTIL, "inf"))
        response.headers[MADE_UNTIL] = repr(min(earlier, ends.timestamp()))
    return response


class Declaration(NamedTuple):
    """The keys and the expiry that a view declared."""

    keys: tuple[str, ...]
    ends: float

    @classmethod
    def read(cls, headers: Iterable[tuple[str, str]]) -> "Declaration | None":
        found = {name: value for name, value in headers if name in {MADE_FROM, MADE_UNTIL}}
        if MADE_FROM not in found:
            return None
        return cls(tuple(found[MADE_FROM].split()), float(found.get(MADE_UNTIL, "inf")))
