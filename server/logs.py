"""Log formatting: signatures in URLs are removed, because anyone who reads them could act for others."""

import logging
import re
import threading
from collections import Counter

logger = logging.getLogger("rejoinder.server")
HOST = "DisallowedHost"

# Django's signatures: value, time and signature, plain or percent-encoded. The value is only matched
# from the start of a word: tried at each character, a path of 60,000 would be read 60,000 times.
SIGNATURE = re.compile(r"(?:(?<![\w.%-])[\w.%-]*)?(?:(?::|%3A)[\w-]+)?(?::|%3A)[\w-]{43}(?![\w-])", re.IGNORECASE)

# The token of a preview link, which lets people without an account read a draft.
SECRET = re.compile(r"(/preview/)[\w-]+")


class RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Remove signatures and preview tokens from the line."""
        return SECRET.sub(r"\1…", SIGNATURE.sub("…", super().format(record)))


class WithoutTraceback(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback of a rejected request, which anyone can send; only our own errors keep theirs."""
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


class SuspiciousRequestCounter(logging.Handler):
    """Counts the requests that Django rejects as suspicious, and logs at most one line a minute for each kind.

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
        kind = record.name.rpartition(".")[2]
        is_first = kind not in self.counts
        self.counts[kind] += 1
        self.latest[kind] = _subject(kind, record)[: self.LONGEST]
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
    return f"{requests} refused as suspicious ({kind}) in the last minute, latest: {latest!a}."
