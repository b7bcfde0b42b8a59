"""Errors that can be chosen instead of a person; the authorization page or a later response then causes them."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from threading import Event
from typing import Any

from django.utils.translation import gettext_noop as _

from demo.identity_provider.wire import Answer, as_json

JSON = "application/json"
PIECE = b"x" * 64 * 1024
LONGEST = 600.0  # seconds; even an endless response ends
PROMISED = 100_000
IDENTITIES = {"id", "ID", "sub"}


class Place(Enum):
    BACK = _("On return to the site")
    TOKEN = _("When the site requests a token")
    ME = _("When the site requests your profile")


@dataclass(frozen=True)
class Endless:
    """A response whose body is sent piece by piece until the client or the server stops."""

    head: bytes
    piece: bytes
    pause: float
    length: int | None = None

    def pieces(self, is_over: Event) -> Iterator[bytes]:
        yield self.head
        deadline = time.monotonic() + LONGEST
        while not is_over.wait(self.pause) and time.monotonic() < deadline:
            yield self.piece


Outcome = Answer | Endless


@dataclass(frozen=True)
class Trouble:
    name: str
    label: str
    place: Place
    spoil: Callable[[Any], Outcome] = as_json  # makes the response of a call from its payload


def broken(payload: Any) -> Outcome:
    text = json.dumps(payload).encode()
    return Answer(HTTPStatus.OK, text[: len(text) * 2 // 3], JSON)


def server_error(payload: Any) -> Outcome:
    return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"<h1>Internal Server Error</h1>", "text/html")


def endless(payload: Any) -> Outcome:
    return Endless(b'{"id": "', PIECE, 0.01)


def dripping(payload: Any) -> Outcome:
    return Endless(b"{", b" ", 0.5, PROMISED)


def numbered(value: Any) -> Any:
    """Replace every string by a number."""
    match value:
        case str():
            return len(value)
        case dict():
            return {key: numbered(item) for key, item in value.items()}
        case list():
            return [numbered(item) for item in value]
    return value


def nameless(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: nameless(item) for key, item in value.items() if key not in IDENTITIES}


SLOW, WRONG_STATE, NO_STATE, REPLAYED, ERROR, VERY_SLOW = (
    *("slow", "wrong-state", "no-state", "replayed-code", "error", "very-slow"),
)
BACK, TOKEN, ME = Place.BACK, Place.TOKEN, Place.ME
TROUBLES = (
    Trouble(SLOW, _("Slow: 10 seconds"), BACK),
    Trouble(WRONG_STATE, _("Wrong state"), BACK),
    Trouble(NO_STATE, _("No state"), BACK),
    Trouble(REPLAYED, _("Code already used"), BACK),
    Trouble(ERROR, _("Service error"), BACK),
    Trouble(VERY_SLOW, _("Very slow: 30 seconds"), TOKEN),
    Trouble("token-error", _("Server error"), TOKEN, server_error),
    Trouble("token-broken", _("Broken JSON"), TOKEN, broken),
    Trouble("token-list", _("List instead of an object"), TOKEN, lambda payload: as_json([payload])),
    Trouble("token-null", _("null"), TOKEN, lambda payload: as_json(None)),
    Trouble("token-numbers", _("Numbers instead of text"), TOKEN, lambda payload: as_json(numbered(payload))),
    Trouble("token-endless", _("Endless response"), TOKEN, endless),
    Trouble("token-dripping", _("Response byte by byte"), TOKEN, dripping),
    Trouble("me-error", _("Server error"), ME, server_error),
    Trouble("me-broken", _("Broken JSON"), ME, broken),
    Trouble("me-list", _("List instead of an object"), ME, lambda payload: as_json([payload])),
    Trouble("me-null", _("null"), ME, lambda payload: as_json(None)),
    Trouble("me-numbers", _("Numbers instead of text"), ME, lambda payload: as_json(numbered(payload))),
    Trouble("me-nobody", _("No id"), ME, lambda payload: as_json(nameless(payload))),
    Trouble("me-endless", _("Endless response"), ME, endless),
    Trouble("me-dripping", _("Response byte by byte"), ME, dripping),
)
BY_NAME = {trouble.name: trouble for trouble in TROUBLES}


def spoilt(name: str, place: Place, payload: dict[str, Any]) -> Outcome:
    """Return the response of a call, with the chosen error if it belongs to this step."""
    trouble = BY_NAME.get(name)
    return trouble.spoil(payload) if trouble and trouble.place is place else as_json(payload)
