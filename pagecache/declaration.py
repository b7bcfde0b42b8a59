"""What a view declares about its page, in response headers that `PageCache` reads and removes."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

KEYS_HEADER = "X-Made-From"
EXPIRES_HEADER = "X-Made-Until"
SITE = "site"  # every page depends on it
KEY = re.compile(r"[\w:.-]{1,64}", re.ASCII)

Response = TypeVar("Response", bound=HttpResponseBase)
Headers = list[tuple[str, str]]


def mark_cacheable(response: Response, *keys: str, expires: datetime | None = None) -> Response:
    """Mark a page that is the same for everyone: cached until one of the keys is invalidated or `expires` is reached.

    It may be called again for the same response: the keys add up, the earliest expiry counts.
    """
    if response.streaming:
        raise ValueError("A streaming response cannot be kept.")
    for key in keys:
        if not KEY.fullmatch(key):
            raise ValueError(f"Not the name of a generation: {key!r}")
    known = response.headers.get(KEYS_HEADER, SITE).split()
    response.headers[KEYS_HEADER] = " ".join(dict.fromkeys([*known, *keys]))
    if expires is not None:
        if expires.tzinfo is None:
            raise ValueError(f"The end of a page needs its time zone: {expires!r}")
        earlier = float(response.headers.get(EXPIRES_HEADER, "inf"))
        response.headers[EXPIRES_HEADER] = repr(min(earlier, expires.timestamp()))
    return response


def expire_page_at(request: HttpRequest, moment: datetime | None) -> None:
    """Let the cached page for this request expire at a time; the earliest of several counts, None changes nothing."""
    known = getattr(request, "expires", None)
    request.expires = min(filter(None, (known, moment)), default=None)  # type: ignore[attr-defined]


class Declaration(NamedTuple):
    """The keys and the expiry that a view declared."""

    keys: tuple[str, ...]
    expires: float

    @classmethod
    def read(cls, headers: Iterable[tuple[str, str]]) -> "Declaration | None":
        """Read the headers of a response; None if its view declared nothing."""
        found = {name: value for name, value in headers if name in {KEYS_HEADER, EXPIRES_HEADER}}
        if KEYS_HEADER not in found:
            return None
        return cls(tuple(found[KEYS_HEADER].split()), float(found.get(EXPIRES_HEADER, "inf")))
