"""Granian's RSGI requests: cached pages are sent at once, other requests are answered by a WSGI application.

Granian's own WSGI interface shows X_Forwarded_For under the name of X-Forwarded-For, and cannot give up or reject a
body that does not arrive. RSGI has the names as they were sent, and its reads can be canceled.
"""

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from time import perf_counter
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.conf import settings

from server import logs
from server.http import observing
from server.http.gateway import Gateway
from server.http.proxies import UNDERSCORED, is_forwarding
from server.http.responses import FileBody, FileWrapper

logger = logging.getLogger("rejoinder.server")

Headers = list[tuple[str, str]]
BASE_ENVIRON: WSGIEnvironment = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.errors": sys.stderr,
    "wsgi.file_wrapper": FileWrapper,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


class RequestHandler:
    """Sends cached pages in Granian's few threads, which never wait long, and answers other requests in its own."""

    def __init__(self, application: Gateway, threads: int) -> None:
        self.application = application
        self.pool = ThreadPoolExecutor(threads, "request")
        self.finds_ready = not settings.LOG_REQUESTS  # a line needs more of the request

    def handle(self, watcher: Any) -> None:
        """Answer a request of Granian's."""
        try:
            if self.finds_ready and self.send_ready(watcher.scope, watcher.proto):
                watcher.done()
                return
        except Exception:
            logger.exception("Unhandled error at %r", watcher.scope.path)
        self.pool.submit(self.handle_slowly, watcher)

    def send_ready(self, scope: Any, proto: Any) -> bool:
        """Send a cached page, if there is one for a request with nothing personal; return whether it was sent."""
        began = perf_counter()
        headers, path = scope.headers, scope.path
        if (
            scope.method != "GET"
            or "cookie" in headers
            or "authorization" in headers
            or "content-length" in headers
            or "transfer-encoding" in headers
            or "content-type" in headers
            or not path.isascii()
        ):
            return False
        scheme = scope.scheme
        if "x-forwarded-proto" in headers:
            forwarded = ",".join([value for name, value in headers.items() if name == "x-forwarded-proto"])
            scheme = self.application.proxies.scheme(client_address(scope), forwarded, scheme)
        ready = self.application.find_ready(
            (scheme, headers.get("host", ""), path, scope.query_string),
            headers.get("accept-encoding", ""),
            headers.get("if-none-match"),
        )
        if ready is None:
            return False
        proto.response_bytes(*ready)
        observing.observe_ready(ready[0], perf_counter() - began)
        return True

    def handle_slowly(self, watcher: Any) -> None:
        """Answer a request in this thread, and log an unhandled error."""
        try:
            self.respond(watcher.scope, watcher.proto)
        except Exception:
            logger.exception("Unhandled error at %r", watcher.scope.path)
        finally:
            watcher.done()  # sends 500 if there is no response yet

    def respond(self, scope: Any, proto: Any) -> None:
        """Call the application and send its response, with the request's id."""
        began = perf_counter()
        started: list[Any] = [500, []]

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Any:
            started[:] = int(status.split(" ", 1)[0]), headers

        body = Body(proto)
        environ = logs.current.environ = build_environ(scope, body)
        try:
            parts = self.application(environ, start_response)
            started[1].append(("X-Request-ID", logs.request_id(environ)))
            if isinstance(parts, FileBody):
                proto.response_file(*started, parts.path)
            else:
                proto.response_bytes(*started, b"".join(parts))
        finally:
            logs.current.environ = None
            body.close()
            observing.observe(environ, started[0], perf_counter() - began)


def build_environ(scope: Any, body: "Body") -> WSGIEnvironment:
    """Return the WSGI environ of one of Granian's requests."""
    path: str = scope.path
    found = {
        **server_environ(scope.server),
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": path if path.isascii() else path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": client_address(scope),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "HTTP_HOST": "",
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
    }
    for name, value in scope.headers.items():
        if key := environ_key(name):
            others = found.get(key)
            found[key] = f"{others},{value}" if others else value
    return found


def client_address(scope: Any) -> str:
    """Return the peer's IP address."""
    address: str = scope.client
    return address.rpartition(":")[0].strip("[]")


@lru_cache(100)
def server_environ(address: str) -> WSGIEnvironment:
    """Return the part of the environ that all requests to this address of ours share."""
    name, _, port = address.rpartition(":")
    return {**BASE_ENVIRON, "SERVER_NAME": name.strip("[]"), "SERVER_PORT": port}


@lru_cache(1000)
def environ_key(header: str) -> str:
    """Return the environ key of a header, empty for one with an underscore, which would pass for another.

    UNDERSCORED replaces forwarding headers with an underscore.
    """
    key = header.replace("-", "_").upper()
    if "_" in header:
        return UNDERSCORED if is_forwarding(key) else ""
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


class Body:
    """The request body, read piece by piece."""

    def __init__(self, proto: Any) -> None:
        self.proto = proto
        self.pieces: Any = None
        self.awaited: Any = None

    def receive(self, seconds: float, woken: threading.Event) -> bytes | None:
        """Return the next piece, empty at the end, or None if none arrives in time or `woken` is set.

        Raises ConnectionError if the connection ends before the body does.
        """
        if self.awaited is None:
            self.pieces = self.pieces or aiter(self.proto)
            self.expect(woken)
        woken.wait(seconds)
        if not self.awaited.done():
            return None
        woken.clear()
        future, self.awaited = self.awaited, None
        return bytes(future.result()) or self.end(woken)

    def expect(self, woken: threading.Event) -> None:
        """Begin to await the next piece; its arrival sets `woken`."""
        self.awaited = anext(self.pieces)
        self.awaited.add_done_callback(lambda future: woken.set())

    def end(self, woken: threading.Event) -> bytes:
        """Return the empty last piece. Granian reports no error, but after the real end there is nothing to await."""
        try:
            self.expect(woken)
        except StopAsyncIteration:
            return b""
        raise ConnectionError("The body broke off.")

    def close(self) -> None:
        """Cancel the pending read; if the body is incomplete, the connection ends with the response."""
        if self.awaited is not None:
            self.awaited.cancel()
            self.awaited = None
