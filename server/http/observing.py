"""Counts each request that was answered, and logs it if LOG_REQUESTS is on."""

from wsgiref.types import WSGIEnvironment

from server.logs.request_lines import RequestLines
from server.metrics import CACHED, FILE, KINDS, RENDERED, counters

CHECKS = frozenset({"/healthz", "/readyz", "/metrics"})  # asked by machines every few seconds
FILES = ("/static/", "/media/")
IS_CACHED = "rejoinder.cached"  # environ key that the page cache sets

_lines: RequestLines | None = None


def log_requests(*, is_json: bool) -> None:
    """Log a line for each request from now on; called in a server process."""
    global _lines
    _lines = RequestLines(is_json=is_json)


def observe(environ: WSGIEnvironment, status: int, seconds: float) -> None:
    """Count a request, and add its line to the log."""
    if IS_CACHED in environ:
        kind = CACHED
    else:
        path = environ["PATH_INFO"]
        if path in CHECKS:
            return
        kind = FILE if path.startswith(FILES) else RENDERED
    counters.count(kind, status, seconds)
    if _lines is not None:
        _lines.add(environ, status, seconds, KINDS[kind])


def observe_ready(status: int, seconds: float) -> None:
    """Count a request that was answered with a cached page; its line is not logged."""
    counters.count(CACHED, status, seconds)


def write_rest() -> None:
    """Write the request lines that wait; called before a server process ends."""
    if _lines is not None:
        _lines.write()
