"""Limits on log lines: what strangers can cause is counted, and summed up in at most one line a minute."""

import logging
import threading
from collections import Counter

from server.logs.formatting import redact

logger = logging.getLogger("rejoinder.server")
HOST, UNAVAILABLE, OTHER_SITE, NOT_FOUND = "DisallowedHost", "unavailable", "origin", "404"
COUNTED = ("django.security.", "rejoinder.refused.")  # loggers whose last part is the kind


class OurErrors(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Drop responses that anyone can cause: `SuspiciousRequestCounter` counts them."""
        status = getattr(record, "status_code", 500)
        return bool(status >= 500 and status != 503)


class RepeatLimiter(logging.Filter):
    """Drops further lines of a kind (same logger and same message but for its arguments) after MOST in a minute.

    The next line after that minute says how many were dropped. Each process counts its own.
    """

    MOST, SECONDS = 30, 60.0

    def __init__(self) -> None:
        super().__init__()
        self.minute = 0.0
        self.counts: Counter[tuple[str, str]] = Counter()
        self.lock = threading.RLock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the record; first log how many were dropped in the minute before it."""
        with self.lock:
            if record.created >= self.minute + self.SECONDS:
                dropped = sum(max(0, count - self.MOST) for count in self.counts.values())
                self.counts.clear()
                self.minute = record.created
                if dropped:
                    logger.warning("%d repeated lines were left out of the log.", dropped)
            kind = (record.name, str(record.msg)[:100])
            self.counts[kind] += 1
            return self.counts[kind] <= self.MOST


class SuspiciousRequestCounter(logging.Handler):
    """Counts the requests that are rejected, and logs at most one line a minute for each kind.

    The first is logged immediately, so that an owner with a wrong SITE_URL sees why nothing works; those that follow
    within a minute are logged together at its end. Each process counts its own.
    """

    SECONDS = 60.0
    LONGEST = 100

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.latest: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Count a rejected request; log it if none of its kind came in the last minute."""
        kind = _kind(record)
        if not kind:
            return
        is_first = kind not in self.counts
        self.counts[kind] += 1
        self.latest[kind] = redact(_subject(kind, record))[: self.LONGEST]
        if is_first:
            self._report(kind)

    def report(self, kind: str) -> None:
        """Log the requests of the last minute and begin another one, only if there were any."""
        with self.lock or threading.RLock():
            if self.counts[kind]:
                self._report(kind)
            else:
                self.counts.pop(kind, None)
                self.latest.pop(kind, None)

    def _report(self, kind: str) -> None:
        """Log the requests that were counted, and call report() in a minute."""
        logger.warning("%s", _describe(kind, self.counts[kind], self.latest[kind]))
        self.counts[kind] = 0
        timer = threading.Timer(self.SECONDS, self.report, [kind])
        timer.daemon = True
        timer.start()


def _kind(record: logging.LogRecord) -> str:
    """Return the kind of a refused request, such as its status, or "" for an error of ours."""
    if record.name.startswith(COUNTED):
        return record.name.rpartition(".")[2]
    status = getattr(record, "status_code", 500)
    return str(status) if status < 500 else ""


def _subject(kind: str, record: logging.LogRecord) -> str:
    """Return the Host header of an unknown host, the log message of other kinds."""
    request = getattr(record, "request", None)
    if kind == HOST and request is not None:
        return str(request.META.get("HTTP_HOST", ""))
    return record.getMessage()


def _describe(kind: str, count: int, latest: str) -> str:
    """Return the log line for this many requests; `latest` is what `_subject` returned for the last one."""
    requests = f"{count} request{'' if count == 1 else 's'}"
    if kind == HOST:
        return (
            f"{requests} with an unknown Host header in the last minute, latest: {latest!a}. "
            "If readers use that address, set SITE_URL to it."
        )
    if kind == UNAVAILABLE:
        return f"{requests} not served in the last minute because the database is unavailable, latest: {latest!a}."
    if kind == OTHER_SITE:
        return f"{requests} sent from other sites refused in the last minute, latest: {latest!a}."
    if kind == NOT_FOUND:
        return f"{requests} for unknown pages in the last minute, latest: {latest!a}."
    if kind.isdigit():
        return f"{requests} refused with status {kind} in the last minute, latest: {latest!a}."
    return f"{requests} refused as suspicious ({kind}) in the last minute, latest: {latest!a}."
