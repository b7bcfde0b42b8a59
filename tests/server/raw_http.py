"""Callers that behave badly on the wire: what no proper client library would send, piece by piece."""

import contextlib
import http.client
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

PIECE = b"a" * 64 * 1024
QUIET = b"POST /2026/11/24/nothing/respond/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000\r\n\r\n"


class ReceivedBody:
    """A body that has arrived, as the server hands it to the application."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def receive(self, seconds: float, woken: threading.Event, /) -> bytes | None:
        return self.pieces.pop(0) if self.pieces else b""


class UnfinishedBody(ReceivedBody):
    """A body of which nothing more comes."""

    def receive(self, seconds: float, woken: threading.Event, /) -> bytes | None:
        if not self.pieces:
            woken.wait(seconds)
            return None
        return self.pieces.pop(0)


class RawConnection:
    """One connection."""

    def __init__(self, url: str, *, receives: int = 0, source: str = "") -> None:
        self.socket = socket.socket()
        if source:
            self.socket.bind((source, 0))
        if receives:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", urlsplit(url).port))

    def begin(self, path: str, *headers: str, method: str = "POST") -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Sec-Fetch-Site: same-origin", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def is_asked_for_body(self) -> bool:
        """Begun with "Expect: 100-continue": whether the server has read the headers, and asks for the body."""
        asks = b"HTTP/1.1 100 Continue\r\n\r\n"
        return self.socket.recv(len(asks), socket.MSG_WAITALL) == asks

    def send(self, count: int, *, chunked: bool = False) -> int:
        """How many bytes were taken before the server had enough."""
        sent = 0
        with contextlib.suppress(OSError):
            while sent < count:
                piece = PIECE[: count - sent]
                self.socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                sent += len(piece)
            if chunked:
                self.socket.sendall(b"0\r\n\r\n")
        return sent

    def read_response(self) -> tuple[int, str]:
        """The status, and the headers with the body; status 0 when there is none."""
        with contextlib.closing(http.client.HTTPResponse(self.socket)) as response:
            try:
                response.begin()
                return response.status, f"{response.headers}\n{response.read().decode()}"
            except (OSError, http.client.HTTPException):
                return 0, ""

    def close(self) -> None:
        self.socket.close()


@contextlib.contextmanager
def slow_senders(url: str, count: int) -> Iterator[list[RawConnection]]:
    """So many clients that have begun to send something and hold the rest back, a letter now and then."""
    over = threading.Event()
    calls = [RawConnection(url) for _ in range(count)]

    def drip() -> None:
        while not over.wait(0.1):
            for call in calls:
                with contextlib.suppress(OSError):
                    call.socket.sendall(b"a")

    for call in calls:
        call.socket.sendall(QUIET)
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield calls
    finally:
        over.set()
        thread.join()
        for call in calls:
            call.close()


def extra_waits(url: str, floor: str, count: int) -> list[float]:
    """How much longer each of so many readers waits for a page than for the floor's before or after it, in order of size.

    A moment in which the whole machine is busy delays one of those, too.
    """

    def wait(each: str) -> float:
        start = time.perf_counter()
        with urllib.request.urlopen(each, timeout=30) as answer:
            answer.read()
        return time.perf_counter() - start

    def extra_wait() -> float:
        before, waited, after = wait(floor), wait(url), wait(floor)
        return waited - max(before, after)

    return sorted(extra_wait() for _ in range(count))


def call_application(
    application: Any, path: str = "/", body: Any = b"", **environ: Any
) -> tuple[str, dict[str, str], bytes]:
    """What a WSGI application answers without a wire between: status line, headers, body."""
    stream = ReceivedBody(body) if isinstance(body, bytes) else body
    length = {"CONTENT_LENGTH": str(len(body))} if isinstance(body, bytes) and body else {}
    said: list[Any] = []
    caller = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "203.0.113.1"}
    environ = {**caller, "PATH_INFO": path, "wsgi.input": stream, **length, **environ}
    parts = application(environ, lambda status, headers, exc_info=None: said.extend([status, dict(headers)]))
    return said[-2], said[-1], b"".join(parts)
