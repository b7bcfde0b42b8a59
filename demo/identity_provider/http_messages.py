"""Requests and responses of the imitated services."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # without the service's prefix: /x/2/users/me is /2/users/me
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case

    @property
    def bearer_token(self) -> str:
        """The access token in the Authorization header, or nothing."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    @property
    def basic_credentials(self) -> tuple[str, str] | None:
        """Client id and secret of HTTP Basic, each form-encoded (RFC 6749, 2.3.1)."""
        kind, _, credentials = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            identity, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (unquote(identity), unquote(secret)) if colon else None


@dataclass(frozen=True)
class Response:
    status: int = HTTPStatus.OK
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class ErrorResponse(Exception):
    """An error response to the site's server, in the service's own format."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def json_response(
    payload: Any, status: int = HTTPStatus.OK, kind: str = "application/json; charset=utf-8", **headers: str
) -> Response:
    """Return a JSON response; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, json.dumps(payload).encode(), kind, named)


def redirect(location: str) -> Response:
    return Response(HTTPStatus.FOUND, headers={"Location": location})
