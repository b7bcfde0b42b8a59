"""Client of Akismet, or of a service with the same API; off without a key."""

import time
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.core.cache import cache

from comments.models import Comment, Wording
from server.http import fetch

TIMEOUT, VERIFY_TIMEOUT = 10.0, 3.0
MAX_BYTES = 16 * 1024  # a response is one word
CODE = "akismet"
STATE, STATE_LASTS = "akismet-state", 60 * 60 * 24 * 7
VALID, INVALID, AWAY = "valid", "invalid", "away"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class WrongKey(fetch.PermanentFetchError):
    """The service rejects the API key."""


def is_on() -> bool:
    """Return whether the owner has set an API key."""
    return bool(settings.AKISMET_KEY)


def host() -> str:
    """Return the service's host name, for messages."""
    return urlsplit(settings.AKISMET_URL).hostname or settings.AKISMET_URL


def call_api(method: str, fields: dict[str, str], *, seconds: float = TIMEOUT) -> str:
    """Call an API method and return the response body, one word. Raises fetch.FetchError, including WrongKey."""
    url = urljoin(settings.AKISMET_URL.rstrip("/") + "/", method)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise fetch.PermanentFetchError("AKISMET_URL must be an https address")
    key = settings.AKISMET_KEY
    body = urlencode({"api_key": key, "key": key, "blog": f"{settings.SITE_URL}/", **fields}, errors="replace")
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    deadline = time.monotonic() + seconds
    with fetch.send_request("POST", url, deadline=deadline, headers=headers, body=body.encode()) as response:
        word = fetch.read_body(response, MAX_BYTES).decode("ascii", errors="replace").strip()
    if word == INVALID:
        cache.set(STATE, INVALID, STATE_LASTS)
        raise WrongKey("the service rejects the API key")
    return word


def verify_key() -> str:
    """Check the API key now: `valid`, `invalid`, or `away` without a usable response in time."""
    try:
        state = VALID if call_api("verify-key", {}, seconds=VERIFY_TIMEOUT) == VALID else AWAY
    except WrongKey:
        return INVALID
    except fetch.FetchError:
        state = AWAY
    cache.set(STATE, state, STATE_LASTS)
    return state


def last_key_state() -> str:
    """The last known state of the key, without a request; empty if never checked."""
    return str(cache.get(STATE, ""))


def check_comment(comment: Comment) -> bool:
    """Whether the service calls a comment spam. Raises fetch.FetchError, also for an unusable response."""
    word = call_api("comment-check", api_fields(comment))
    if word not in {"true", "false"}:
        raise fetch.FetchError(f"expected true or false, got {word[:60]!r}")
    cache.set(STATE, VALID, STATE_LASTS)
    return word == "true"


def api_fields(comment: Comment) -> dict[str, str]:
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


def comment_for_api(pk: int) -> Comment | None:
    """A comment with all relations that api_fields() reads, or None if it or its text is gone."""
    rows = Comment.objects.select_related("commenter", "essay", "wording").filter(pk=pk, wording__isnull=False)
    comment: Comment | None = rows.first()
    return comment


def is_called_spam(wording: Wording | None) -> bool:
    """Whether the service called this text spam."""
    return any(reason.get("code") == CODE for reason in (wording.reasons if wording else ()))
