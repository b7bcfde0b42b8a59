"""The application's response, held back until the cache has decided what to do with it."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from pagecache.declaration import EXPIRES_HEADER, KEYS_HEADER, Headers

PRIVATE = ("Cache-Control", "private, no-store")
ALLOWED_VARY = frozenset({"accept-encoding", "cookie"})  # the parts of Vary that the cache handles


class AppResponse(NamedTuple):
    status: str
    headers: Headers
    chunks: Iterable[bytes]

    @classmethod
    def from_application(cls, application: WSGIApplication, environ: WSGIEnvironment) -> "AppResponse":
        """Call the application and hold its response back."""
        started: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            started.append((status, headers))
            return unsupported_write

        chunks = application(environ, start)
        return cls(*started[-1], chunks)

    def is_shareable(self) -> bool:
        """Return whether the headers allow what the view declared: other visitors may get the same bytes."""
        if not self.status.startswith("200 "):
            return False
        for name, value in ((name.lower(), value.lower()) for name, value in self.headers):
            if name in {"set-cookie", "content-encoding"} or "'nonce-" in value:
                return False
            if name == "cache-control" and ("private" in value or "no-store" in value):
                return False
            if name == "vary" and not {part.strip() for part in value.split(",")} <= ALLOWED_VARY:
                return False
        return True

    def body(self) -> bytes:
        try:
            return b"".join(self.chunks)
        finally:
            self.close()

    def close(self) -> None:
        if close := getattr(self.chunks, "close", None):
            close()

    def pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the response, private if its view declared it cacheable."""
        start_response(self.status, make_private(self.headers))
        if environ["REQUEST_METHOD"] != "HEAD":
            return self.chunks
        self.close()
        return []


def unsupported_write(data: bytes) -> object:
    """Stand in for WSGI's write(), which Django never calls."""
    raise NotImplementedError("Django's handler returns its body.")


def without_declaration(headers: Headers) -> Headers:
    """Return the headers without those that declare what the page depends on."""
    return [(name, value) for name, value in headers if name not in {KEYS_HEADER, EXPIRES_HEADER}]


def make_private(headers: Headers) -> Headers:
    """Return headers that forbid others to store a page, if its view declared it; it was rendered for one request."""
    if all(name != KEYS_HEADER for name, _ in headers):
        return headers
    return [*(pair for pair in without_declaration(headers) if pair[0].lower() != "cache-control"), PRIVATE]
