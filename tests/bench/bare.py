"""The baseline of the page cache's benchmark: the same server with a single fixed response."""

import os
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

BODY = [Path(os.environ["BARE_BODY"]).read_bytes()]
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Encoding", "gzip"),
    ("Content-Length", str(len(BODY[0]))),
]


def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    start_response("200 OK", HEADERS)
    return BODY
