"""Error reports to Sentry, if SENTRY_DSN is set: errors with their traceback, and nothing about people."""

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings

from server.logs import current_id
from server.logs.formatting import escape, plain_path, redact

# Everything else is left out: user, cookies, headers, query, form, variables, breadcrumbs, name of the machine.
KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk", "transaction")
KEPT_OF_FRAME = (
    "context_line",
    "filename",
    "function",
    "in_app",
    "lineno",
    "module",
    "post_context",
    "pre_context",
)


def start() -> None:
    """Start reporting; sentry-sdk sends from a thread of its own."""
    import sentry_sdk  # only installed with `bin/setup --with sentry`

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"rejoinder@{settings.VERSION}",
        server_name="",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        enable_backpressure_handling=False,  # which needs a thread
        before_send=cast("Any", without_people),  # its type has a name in that package alone
        before_send_transaction=lambda event, hint: None,
    )


def without_people(event: dict[str, Any], hint: Any) -> dict[str, Any]:
    """Return a copy of an event with the fields that may be sent, and its texts redacted."""
    sent = {name: event[name] for name in KEPT if name in event}
    if isinstance(sent.get("transaction"), str):
        sent["transaction"] = redact(sent["transaction"])
    if reference := current_id():
        sent["tags"] = {"request_id": reference}
    if entry := event.get("logentry"):  # the template alone: its arguments may be anything
        sent["logentry"] = {"message": redact(str(entry.get("message", "")))}
    if (request := event.get("request", {})).get("url"):
        path = urlsplit(str(request["url"])).path
        sent["request"] = {"method": request.get("method"), "url": f"{settings.SITE_URL}{_redacted_path(path)}"}
    if values := event.get("exception", {}).get("values"):
        sent["exception"] = {"values": [_exception(value) for value in values]}
    return sent


def _redacted_path(path: str) -> str:
    return plain_path(path.encode().decode("latin-1"))


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    """Return an exception without the values of its variables."""
    frames = value.get("stacktrace", {}).get("frames", [])
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": escape(redact(str(value.get("value", "")))),
        "mechanism": {"type": "generic", "handled": False},
        "stacktrace": {"frames": [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]},
    }
