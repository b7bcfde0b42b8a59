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

from demo.identity_provider.http_messages import Response, json_response

JSON = "application/json"
CHUNK = b"x" * 64 * 1024
MAX_SECONDS = 600.0  # even an endless response ends
ANNOUNCED_LENGTH = 100_000
SERVER_ERROR = Response(HTTPStatus.INTERNAL_SERVER_ERROR, b"<h1>Internal Server Error</h1>", "text/html")
ID_KEYS = {"id", "ID", "sub"}


class Step(Enum):
    BACK = _("On return to the site")
    TOKEN = _("When the site requests a token")
    ME = _("When the site requests your profile")


@dataclass(frozen=True)
class EndlessResponse:
    """A response whose body is sent piece by piece until the client or the server stops."""

    head: bytes
    piece: bytes
    pause: float
    length: int | None = None

    def pieces(self, is_over: Event) -> Iterator[bytes]:
        """Yield the parts of the body, with pauses, until the server ends."""
        yield self.head
        deadline = time.monotonic() + MAX_SECONDS
        while not is_over.wait(self.pause) and time.monotonic() < deadline:
            yield self.piece


Outcome = Response | EndlessResponse


@dataclass(frozen=True)
class Fault:
    name: str
    label: str
    step: Step
    respond: Callable[[Any], Outcome] = json_response  # makes the response of a call from its payload


def truncated_json(payload: Any) -> Outcome:
    """Return the first two thirds of the JSON."""
    text = json.dumps(payload).encode()
    return Response(HTTPStatus.OK, text[: len(text) * 2 // 3], JSON)


def strings_to_numbers(value: Any) -> Any:
    """Replace every string by a number."""
    match value:
        case str():
            return len(value)
        case dict():
            return {key: strings_to_numbers(item) for key, item in value.items()}
        case list():
            return [strings_to_numbers(item) for item in value]
    return value


def remove_ids(value: Any) -> Any:
    """Remove the ids from an object and the objects in it."""
    if not isinstance(value, dict):
        return value
    return {key: remove_ids(item) for key, item in value.items() if key not in ID_KEYS}


SLOW, WRONG_STATE, NO_STATE, REPLAYED, ERROR, VERY_SLOW = (
    *("slow", "wrong-state", "no-state", "replayed-code", "error", "very-slow"),
)
RESPONSES: tuple[tuple[str, str, Callable[[Any], Outcome]], ...] = (
    ("error", _("Server error"), lambda payload: SERVER_ERROR),
    ("broken", _("Broken JSON"), truncated_json),
    ("list", _("List instead of an object"), lambda payload: json_response([payload])),
    ("null", _("null"), lambda payload: json_response(None)),
    ("numbers", _("Numbers instead of text"), lambda payload: json_response(strings_to_numbers(payload))),
    ("endless", _("Endless response"), lambda payload: EndlessResponse(b'{"id": "', CHUNK, 0.01)),
    ("dripping", _("Response byte by byte"), lambda payload: EndlessResponse(b"{", b" ", 0.5, ANNOUNCED_LENGTH)),
)
BACK, TOKEN, ME = Step.BACK, Step.TOKEN, Step.ME
FAULTS = (
    Fault(SLOW, _("Slow: 10 seconds"), BACK),
    Fault(WRONG_STATE, _("Wrong state"), BACK),
    Fault(NO_STATE, _("No state"), BACK),
    Fault(REPLAYED, _("Code already used"), BACK),
    Fault(ERROR, _("Service error"), BACK),
    Fault(VERY_SLOW, _("Very slow: 30 seconds"), TOKEN),
    *(Fault(f"token-{name}", label, TOKEN, respond) for name, label, respond in RESPONSES),
    *(Fault(f"me-{name}", label, ME, respond) for name, label, respond in RESPONSES),
    Fault("me-nobody", _("No ID"), ME, lambda payload: json_response(remove_ids(payload))),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


def respond_with(name: str, step: Step, payload: dict[str, Any]) -> Outcome:
    """Return the JSON response of a step, or the chosen error if it belongs to this step."""
    fault = BY_NAME.get(name)
    return fault.respond(payload) if fault and fault.step is step else json_response(payload)
