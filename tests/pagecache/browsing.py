"""Calls a WSGI application as a server would, and a small application with configurable responses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from pagecache.declaration import KEYS_HEADER

Headers = list[tuple[str, str]]
Invalidate = Callable[..., None]


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


def get_response(
    application: WSGIApplication, address: str = "/essay/", method: str = "GET", **headers: str
) -> Response:
    path, _, query = address.partition("?")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.7",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": headers.pop("scheme", "http"),
        "wsgi.input": BytesIO(),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    started: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda data: None

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if close := getattr(chunks, "close", None):
            close()
    status, header_list = started[-1]
    names = [name.lower() for name, _ in header_list if name.lower() != "set-cookie"]
    assert len(names) == len(set(names)), f"a header stands twice: {header_list}"
    return Response(int(status.split()[0]), {name.lower(): value for name, value in header_list}, body)


def get_text(cached: WSGIApplication, address: str = "/essay/", **headers: str) -> str:
    return get_response(cached, address, **headers).body.decode()[:8]


class Body(list[bytes]):
    """Records whether it was closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Application:
    """Responds with `text` and records its requests; without `keys` it declares no cache keys."""

    text: Callable[[WSGIEnvironment], str] = lambda environ: "words " * 500
    keys: str = "site essay:1"
    status: str = "200 OK"
    headers: Headers = field(default_factory=list)
    requests: list[WSGIEnvironment] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.requests.append(environ.copy())
        body = Body([self.text(environ).encode()])
        self.bodies.append(body)
        key_headers = [(KEYS_HEADER, self.keys)] if self.keys else []
        length = ("Content-Length", str(sum(map(len, body))))
        start_response(self.status, [("Content-Type", "text/html; charset=utf-8"), length, *key_headers, *self.headers])
        return body
