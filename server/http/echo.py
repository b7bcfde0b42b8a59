"""What the site sees of a request by its own doctor: a token signed with SECRET_KEY asks for it at /healthz."""

import json
from typing import Any

from django.core import signing
from django.http import HttpResponse

HEADER = "X-Rejoinder-Doctor"
ENVIRON_KEY = f"HTTP_{HEADER.upper().replace('-', '_')}"
MAX_AGE = 300  # seconds; the clocks of two hosts may differ
MAX_LENGTH = 200


def make_token() -> str:
    return _signer().sign("doctor")


def describe(environ: dict[str, Any]) -> HttpResponse | None:
    """Return the client's address and scheme as JSON, or None without a valid token."""
    token = environ.get(ENVIRON_KEY, "")
    try:
        if len(token) > MAX_LENGTH or _signer().unsign(token, max_age=MAX_AGE) != "doctor":
            return None
    except signing.BadSignature:
        return None
    seen = {"address": environ.get("REMOTE_ADDR", ""), "scheme": environ.get("wsgi.url_scheme", "")}
    return HttpResponse(json.dumps(seen), content_type="application/json", headers={"Cache-Control": "no-store"})


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="server.http.echo")
