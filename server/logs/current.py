"""The request that this thread is answering: its id connects log lines, the response and the error page."""

import re
import threading
from random import getrandbits as random_bits  # fast, and seeded again in each process; an id is no secret
from wsgiref.types import WSGIEnvironment

REQUEST_ID = "rejoinder.request_id"  # environ key
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Current(threading.local):
    environ: WSGIEnvironment | None = None


current = Current()


def request_id(environ: WSGIEnvironment) -> str:
    """Return the request's id, generated unless a trusted proxy has sent one."""
    found: str | None = environ.get(REQUEST_ID)
    if found is None:
        environ[REQUEST_ID] = found = random_bits(64).to_bytes(8, "big").hex()
    return found


def accept_id(environ: WSGIEnvironment) -> None:
    """Use the X-Request-ID of a trusted proxy if it is short and plain."""
    if ACCEPTED.fullmatch(sent := environ.get("HTTP_X_REQUEST_ID", "")):
        environ[REQUEST_ID] = sent


def current_id() -> str:
    """Return the id of the request that this thread is answering, or "" outside of one."""
    return request_id(current.environ) if current.environ is not None else ""
