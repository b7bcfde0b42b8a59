"""What somebody was writing when they left to log in: it waits in their session for an hour, 256 KiB at most."""

import json
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.login import redirects
from blog.models import Essay

FIELDS = ("text", "parent", "name", "email", "website", "remember", "notify_replies", "notify_about", "notify_essays")
BYTES = 256 * 1024


def keep(request: HttpRequest, essay: Essay) -> None:
    """Put what the form held aside, by essay and comment answered; the oldest goes when there is no more room."""
    drafts = waiting(request)
    fields = {name: request.POST[name] for name in FIELDS if request.POST.get(name)}
    place = place_of(essay, fields.get("parent", ""))
    drafts.pop(place, None)
    if fields.get("text") or len(fields) > 1:
        drafts[place] = {"fields": fields, "at": time.time()}
    while drafts and len(json.dumps(drafts, ensure_ascii=False).encode()) > BYTES:
        del drafts[next(iter(drafts))]
    redirects.carry(request, drafts)


def kept(request: HttpRequest, essay: Essay, parent: int | None) -> Mapping[str, Any]:
    """The form's fields as they were left; nothing for somebody without a session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return {}
    drafts = waiting(request)
    if drafts != (request.session.get(redirects.CARRIED) or {}):
        redirects.carry(request, drafts)  # what is too old goes now
    draft = drafts.get(place_of(essay, str(parent or "")))
    return draft["fields"] if draft else {}


def drop(request: HttpRequest, essay: Essay, parent: int | None) -> None:
    """The words were taken."""
    drafts = waiting(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else {}
    if drafts.pop(place_of(essay, str(parent or "")), None):
        redirects.carry(request, drafts)


def waiting(request: HttpRequest) -> dict[str, Any]:
    drafts = request.session.get(redirects.CARRIED) or {}
    return {place: draft for place, draft in drafts.items() if time.time() - draft["at"] < redirects.CARRIED_FOR}


def place_of(essay: Essay, parent: str) -> str:
    return f"{essay.pk}/{parent}"
