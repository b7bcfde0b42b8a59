"""What is logged, and where."""

from typing import Any


def configure(level: str, form: str) -> dict[str, Any]:
    """Return Django's `LOGGING`: our own lines from `level` on, as `text` or `json`, to standard error."""
    others = "ERROR" if level == "ERROR" else "WARNING"  # libraries' lines below that would show SQL and its values
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "server.logs.TextFormatter"},
            "json": {"()": "server.logs.JsonFormatter"},
        },
        "filters": {
            "our_errors": {"()": "server.logs.OurErrors"},
            "not_repeated": {"()": "server.logs.RepeatLimiter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["our_errors", "not_repeated"],
            },
            "counted": {"class": "server.logs.SuspiciousRequestCounter"},
        },
        "root": {"handlers": ["stderr"], "level": others},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": others, "propagate": False},
            "django.request": {"handlers": ["stderr", "counted"], "level": others, "propagate": False},
            "django.security": {"handlers": ["counted"], "level": others, "propagate": False},
            "rejoinder": {"handlers": ["stderr"], "level": level, "propagate": False},
            "rejoinder.refused": {"handlers": ["counted"], "propagate": False},
        },
    }
