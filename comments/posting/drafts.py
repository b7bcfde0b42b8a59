"""Drafts of replies, kept in the session while their author logs in: for an hour, 256 KiB at most."""

import json
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.login import redirects
from blog.models import Essay

FIELDS = (
    "text", "parent", "on", "name", "email", "website", "remember", "notify_replies", "notify_about", "notify_essays",
)  # fmt: skip
MAX_BYTES = 256 * 1024


def save(request: HttpRequest, essay: Essay) -> None:
    """Save the form's fields by essay and parent comment; the oldest drafts are deleted to stay within the limit."""
    drafts = unexpired(request)
    fields = {name: request.POST[name] for name in FIELDS if request.POST.get(name)}
    key = draft_key(essay, fields.get("parent", ""))
    drafts.pop(key, None)
    if fields.get("text") or len(fields) > 1:
        drafts[key] = {"fields": fields, "at": time.time()}
    while drafts and len(json.dumps(drafts, ensure_ascii=False).encode()) > MAX_BYTES:
        del drafts[next(iter(drafts))]
    redirects.store_drafts(request, drafts)


def load(request: HttpRequest, essay: Essay, parent: int | None) -> Mapping[str, Any]:
    """Return the saved fields of the form; empty without a session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return {}
    drafts = unexpired(request)
    if drafts != (request.session.get(redirects.DRAFTS_KEY) or {}):
        redirects.store_drafts(request, drafts)  # delete expired drafts now
    draft = drafts.get(draft_key(essay, str(parent or "")))
    return draft["fields"] if draft else {}


def discard(request: HttpRequest, essay: Essay, parent: int | None) -> None:
    """Delete the draft of a comment that was posted."""
    drafts = unexpired(request)
    if drafts.pop(draft_key(essay, str(parent or "")), None):
        redirects.store_drafts(request, drafts)


def unexpired(request: HttpRequest) -> dict[str, Any]:
    """Return the session's drafts of the last hour by draft_key()."""
    drafts = request.session.get(redirects.DRAFTS_KEY) or {}
    return {key: draft for key, draft in drafts.items() if time.time() - draft["at"] < redirects.DRAFTS_SECONDS}


def draft_key(essay: Essay, parent: str) -> str:
    """Return the key of a draft in the session; `parent` is empty for a comment on the essay itself."""
    return f"{essay.pk}/{parent}"
