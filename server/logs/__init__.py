"""The log: what a line shows, what it must not show, and how often strangers may cause one."""

from server.logs.counting import OurErrors, RepeatLimiter, SuspiciousRequestCounter
from server.logs.current import current, current_id, request_id
from server.logs.formatting import JsonFormatter, TextFormatter

__all__ = [
    "JsonFormatter",
    "OurErrors",
    "RepeatLimiter",
    "SuspiciousRequestCounter",
    "TextFormatter",
    "current",
    "current_id",
    "request_id",
]
