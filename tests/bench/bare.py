"""The floor of the page cache's bench: the same server, which knows one answer and nothing else."""

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
