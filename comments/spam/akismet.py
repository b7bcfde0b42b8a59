"""Client of Akismet, or of a service with the same API; off without a key."""

import time
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.core.cache import cache

from comments.models import Comment, Wording
from server.http import fetch

SECONDS, VERIFIED_WITHIN = 10.0, 3.0
BYTES = 16 * 1024  # a response is one word
CODE = "akismet"
STATE, REMEMBERED = "akismet-state", 60 * 60 * 24 * 7
VALID, INVALID, AWAY = "valid", "invalid", "away"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class WrongKey(fetch.Refused):
    """The service rejects the API key."""


def is_on() -> bool:
    return bool(settings.AKISMET_KEY)


def host() -> str:
    return urlsplit(settings.AKISMET_URL).hostname or settings.AKISMET_URL


def said(verb: str, fields: dict[str, str], *, seconds: float = SECONDS) -> str:
    """Call an API method and return the response body, one word. Raises fetch.Failed, including WrongKey."""
    url = urljoin(settings.AKISMET_URL.rstrip("/") + "/", verb)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise fetch.Refused("AKISMET_URL must be an https address")
    key = settings.AKISMET_KEY
    body = urlencode({"api_key": key, "key": key, "blog": f"{settings.SITE_URL}/", **fields}, errors="replace")
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    deadline = time.monotonic() + seconds
    with fetch.exchange("POST", url, deadline=deadline, headers=headers, body=body.encode()) as response:
        word = fetch.body_of(response, BYTES).decode("ascii", errors="replace").strip()
    if word == INVALID:
        cache.set(STATE, INVALID, REMEMBERED)
        raise WrongKey("the service rejects the API key")
    return word


def verify() -> str:
    """Check the API key now: `valid`, `invalid`, or `away` without a usable response in time."""
    try:
        state = VALID if said("verify-key", {}, seconds=VERIFIED_WITHIN) == VALID else AWAY
    except WrongKey:
        return INVALID
    except fetch.Failed:
        state = AWAY
    cache.set(STATE, state, REMEMBERED)
    return state


def state() -> str:
    """The last known state of the key, without a request; empty if never checked."""
    found = cache.get(STATE, "")
    return str(found)


def is_spam(comment: Comment) -> bool:
    """Whether the service calls a comment spam. Raises fetch.Failed, also for an unusable response."""
    match said("comment-check", described(comment)):
        case "true":
            cache.set(STATE, VALID, REMEMBERED)
            return True
        case "false":
            cache.set(STATE, VALID, REMEMBERED)
            return False
        case word:
            raise fetch.Failed(f"expected true or false, got {word[:60]!r}")


def described(comment: Comment) -> dict[str, str]:
    """The API fields for a comment: the text as typed, and the stored part of the sender's address."""
    wording, who = comment.wording or Wording(), comment.commenter
    return {
        "user_ip": wording.network.partition("/")[0],
        "permalink": f"{settings.SITE_URL}{comment.essay.get_absolute_url()}",
        "comment_type": "reply" if comment.parent_id else "comment",
        "comment_author": who.name,
        "comment_author_email": who.email,
        "comment_author_url": who.website,
        "comment_content": wording.text,
        "comment_date_gmt": wording.created.isoformat(timespec="seconds"),
        "blog_charset": "UTF-8",
        **({"is_test": "1"} if settings.DEBUG else {}),
    }


def comment_to_describe(pk: int) -> Comment | None:
    """A comment with all relations that api_fields() reads, or None if it or its text is gone."""
    rows = Comment.objects.select_related("commenter", "essay", "wording").filter(pk=pk, wording__isnull=False)
    comment: Comment | None = rows.first()
    return comment


def is_called_spam(wording: Wording | None) -> bool:
    """Whether the service called this text spam."""
    return any(reason.get("code") == CODE for reason in (wording.reasons if wording else ()))
