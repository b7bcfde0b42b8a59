"""What the log shows: everything but the signed part of an address, by which whoever reads it could act for others."""

import logging
import re
import threading
from collections import Counter

logger = logging.getLogger("rejoinder.server")
HOST = "DisallowedHost"

# As Django signs: what is signed, when, and the mark; as it stands in an address, or escaped. What is signed is looked
# for at the beginning of a word alone: at each of its letters, a path of 60,000 would be read 60,000 times.
PROOF = re.compile(
    r"(?:(?<![\w.%-])[\w.%-]*)?(?:(?::|%3A)[\w-]+)?(?::|%3A)[\w-]{43}(?![\w-])",
    re.IGNORECASE,
)

# The part after a name by which somebody without an account may read.
SECRET = re.compile(r"(/preview/)[\w-]+")


class WithoutProofs(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub(r"\1…", PROOF.sub("…", super().format(record)))


class WithoutTraceback(logging.Filter):
    """Anyone can send a request that is refused, so its log line has no traceback: only our own faults have."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


class CountedRefusals(logging.Handler):
    """Count the requests that Django refuses as suspicious, and log at most one line a minute about each kind.

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
        kind = record.name.rpartition(".")[2]
        is_first = kind not in self.counts
        self.counts[kind] += 1
        self.latest[kind] = _subject(kind, record)[: self.LONGEST]
        if is_first:
            self._report(kind)

    def report(self, kind: str) -> None:
        """At the end of a minute: log what came in it, and begin the next one only if anything did."""
        with self.lock or threading.RLock():
            if self.counts[kind]:
                self._report(kind)
            else:
                self.counts.pop(kind, None)
                self.latest.pop(kind, None)

    def _report(self, kind: str) -> None:
        logger.warning("%s", _in_words(kind, self.counts[kind], self.latest[kind]))
        self.counts[kind] = 0
        timer = threading.Timer(self.SECONDS, self.report, [kind])
        timer.daemon = True
        timer.start()


def _subject(kind: str, record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if kind == HOST and request is not None:
        return str(request.META.get("HTTP_HOST", ""))
    return record.getMessage()


def _in_words(kind: str, count: int, latest: str) -> str:
    requests = f"{count} request{'' if count == 1 else 's'}"
    if kind == HOST:
        return (
            f"{requests} with an unknown Host header in the last minute, latest: {latest!a}. "
            "If readers use that address, set SITE_URL to it."
        )
    return f"{requests} refused as suspicious ({kind}) in the last minute, latest: {latest!a}."
