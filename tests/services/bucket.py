"""A server with the part of S3 that the site needs: files are put, read, listed and deleted."""

import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

CHANGED = "Thu, 26 Nov 2026 07:00:00 GMT"


class Bucket:
    """The address of the server and the files of all its buckets, by path."""

    def __init__(self, url: str, files: dict[str, bytes]) -> None:
        self.url = url
        self.files = files


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    """Start a server without files."""
    files: dict[str, bytes] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"files": files}))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Bucket(f"http://127.0.0.1:{server.server_port}", files)
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    files: dict[str, bytes]

    @property
    def place(self) -> str:
        return unquote(urlsplit(self.path).path)

    def do_PUT(self) -> None:
        self.files[self.place] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200)

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if self.place.count("/") == 1:
            self.answer(200, self.listing(query.get("prefix", [""])[0]))
        elif self.place in self.files:
            self.answer(200, self.files[self.place])
        else:
            self.answer(404)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.files.pop(self.place, None)
        self.answer(204)

    def listing(self, prefix: str) -> bytes:
        """List the files of a bucket; none of ours has folders where it is listed."""
        keys = (path.removeprefix(f"{self.place}/") for path in self.files if path.startswith(f"{self.place}/{prefix}"))
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>1</Size><LastModified>2026-11-26T07:00:00Z</LastModified></Contents>"
            for key in sorted(keys)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", CHANGED)
        self.send_header("ETag", '"x"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...
