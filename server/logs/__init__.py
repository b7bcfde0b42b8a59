"""The log: what a line shows, what it must not show, and how often strangers may cause one."""

from server.logs.counting import OurErrors, RepeatLimiter, SuspiciousRequestCounter
from server.logs.current import current, current_id, request_id
from server.logs.formatting import JsonFormatter, RedactingFormatter, TextFormatter

__all__ = [
    "JsonFormatter",
    "OurErrors",
    "RedactingFormatter",
    "RepeatLimiter",
    "SuspiciousRequestCounter",
    "TextFormatter",
    "current",
    "current_id",
    "request_id",
]
