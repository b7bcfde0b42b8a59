"""Log lines as text or JSON. No signature, preview token or email address, and no line that a visitor can forge."""

import json
import logging
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from server.logs.current import current, request_id

# Django's signatures: value, time and signature, plain or percent-encoded. The value is only matched
# from the start of a word: tried at each character, a path of 60,000 would be read 60,000 times.
SIGNATURE = re.compile(r"(?:(?<![\w.%-])[\w.%-]*)?(?:(?::|%3A)[\w-]+)?(?::|%3A)[\w-]{43}(?![\w-])", re.IGNORECASE)

# The token of a preview link, which lets people without an account read a draft.
SECRET = re.compile(r"(/preview/)[\w-]+")

# The domain stays: it shows which mail server refuses emails.
EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]+(@|%40)(?=[\w-]+\.)", re.IGNORECASE)

# Values of a row that PostgreSQL rejected.
DETAIL = re.compile(r"^(\s*DETAIL:).*$", re.MULTILINE)

# Characters that begin a new line, move the cursor or reverse the text.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
LONGEST_PATH = 500
PATH_CHARACTERS = "/:@!$&'()*+,;=~"


class RedactingFormatter(logging.Formatter):
    """Base class: collects what a line says."""

    def entry(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the fields of a line, in order."""
        entry: dict[str, Any] = {
            "time": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": escape(redact(record.getMessage())),
        }
        if (environ := current.environ) is not None:
            entry |= {
                "request_id": request_id(environ),
                "method": plain_path(environ["REQUEST_METHOD"][:20]),
                "path": plain_path(environ["PATH_INFO"][:LONGEST_PATH]),
            }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            entry["exception"] = redact(record.exc_text)
        return entry


class TextFormatter(RedactingFormatter):
    """Formats lines such as `2026-12-01T09:30:00.000Z WARNING rejoinder.server [4be0…] POST /page/: message`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = self.entry(record)
        line = f"{text_start(entry)}: {entry['message']}"
        if "exception" in entry:  # indented, so that no text in it passes for a line of its own
            line += "".join(f"\n  {escape(each)}" for each in entry["exception"].splitlines())
        return line


class JsonFormatter(RedactingFormatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return the line as one JSON object, in ASCII."""
        return json.dumps(self.entry(record))


def text_start(entry: dict[str, Any]) -> str:
    """Return the part of a text line before the message."""
    start = f"{entry['time']} {entry['level']} {entry['logger']}"
    return f"{start} [{entry['request_id']}] {entry['method']} {entry['path']}" if "request_id" in entry else start


def timestamp(seconds: float) -> str:
    """Return the time in UTC, to the millisecond."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03}Z"


@lru_cache(10)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def redact(text: str) -> str:
    """Remove signatures, preview tokens, the names in email addresses and the values of rejected rows."""
    text = SECRET.sub(r"\1…", SIGNATURE.sub("…", text))
    if "@" in text or "%40" in text:
        text = EMAIL.sub(r"…\1", text)
    return DETAIL.sub(r"\1 …", text) if "DETAIL:" in text else text


def escape(text: str) -> str:
    """Replace control characters by their escapes."""
    return text if text.isascii() and text.isprintable() else CONTROL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


@lru_cache(1000)
def plain_path(path: str) -> str:
    """Return a path of a WSGI environ without secrets, percent-encoded: in ASCII, without spaces and quotes."""
    return redact(quote(path.encode("latin-1", "replace"), safe=PATH_CHARACTERS)).replace("…", "...")
