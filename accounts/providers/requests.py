"""Requests to providers through the guarded HTTP client, with one deadline per login."""

import io
import time
from typing import Any

import requests
from allauth.core import context
from allauth.socialaccount import app_settings
from django.conf import settings
from requests.adapters import BaseAdapter

from server.http import fetch

TIMEOUT = 5.0  # for all requests of a login together
MAX_BYTES = 1024 * 1024


class FromSettings:
    """A URL of an adapter that the provider's settings may override."""

    def __init__(self, name: str, default: str) -> None:
        self.name = name
        self.default = default

    def __get__(self, adapter: Any, owner: Any) -> str:
        return str(app_settings.PROVIDERS.get(owner.provider_id, {}).get(self.name, self.default))


class Transport(BaseAdapter):
    """Sends allauth's requests through the guarded client, which limits time, bytes and addresses."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request through server.http.fetch and return its response. Raises requests.ConnectionError."""
        body: Any = request.body.encode() if isinstance(request.body, str) else request.body
        response = requests.Response()
        try:
            with fetch.send_request(
                request.method or "GET",
                request.url or "",
                deadline=self.deadline,
                headers={name: str(value) for name, value in request.headers.items()},
                body=body,
                allowed=settings.FETCH_ALLOWED_ORIGINS,
            ) as received:
                response.status_code = received.status
                response.headers.update(received.headers.items())
                response.raw = io.BytesIO(fetch.read_limited(received, MAX_BYTES))
        except fetch.FetchError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        response.url, response.request, response.reason = request.url or "", request, received.reason
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        return response

    def close(self) -> None:
        """Do nothing: no connection is kept open."""


def get_json(url: str, **options: Any) -> Any:
    """Return the JSON of a URL of a provider. Raises requests.RequestException."""
    with create_session() as session:
        response = session.get(url, **options)
        response.raise_for_status()
        return response.json()


def create_session() -> requests.Session:
    """Return a session for a provider's requests; all requests of a login share a deadline."""
    deadline = getattr(context.request, "providers_deadline", None)
    if deadline is None:
        deadline = time.monotonic() + TIMEOUT
        if context.request is not None:
            context.request.providers_deadline = deadline
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, Transport(deadline))
    return session
