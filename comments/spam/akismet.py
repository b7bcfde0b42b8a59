"""The client of Akismet, or of a service with the same interface; off without a key."""

import time
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.core.cache import cache

from comments.models import Comment, Wording
from server.http import fetch

SECONDS, VERIFIED_WITHIN = 10.0, 3.0
BYTES = 16 * 1024  # an answer is a word
CODE = "akismet"
STATE, REMEMBERED = "akismet-state", 60 * 60 * 24 * 7
VALID, INVALID, AWAY = "valid", "invalid", "away"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class WrongKey(fetch.Refused):
    """The service does not take the key."""


def is_on() -> bool:
    return bool(settings.AKISMET_KEY)


def host() -> str:
    return urlsplit(settings.AKISMET_URL).hostname or settings.AKISMET_URL


def said(verb: str, fields: dict[str, str], *, seconds: float = SECONDS) -> str:
    """Its word. Raises fetch.Failed, WrongKey too."""
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
    """Whether the key is taken now: `valid`, `invalid`, or `away` when nothing sensible is answered in time."""
    try:
        state = VALID if said("verify-key", {}, seconds=VERIFIED_WITHIN) == VALID else AWAY
    except WrongKey:
        return INVALID
    except fetch.Failed:
        state = AWAY
    cache.set(STATE, state, REMEMBERED)
    return state


def state() -> str:
    """What was last heard of the key, without asking; empty: nothing yet."""
    found = cache.get(STATE, "")
    return str(found)


def is_spam(comment: Comment) -> bool:
    """What it says about a comment. Raises fetch.Failed, also where the answer is none."""
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
    """What it is told: what was typed, and of the sender's address the part that is kept."""
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
    """A comment with all that described() reads; None when it or its text is gone."""
    rows = Comment.objects.select_related("commenter", "essay", "wording").filter(pk=pk, wording__isnull=False)
    comment: Comment | None = rows.first()
    return comment


def is_called_spam(wording: Wording | None) -> bool:
    """Whether the service called this text spam."""
    return any(reason.get("code") == CODE for reason in (wording.reasons if wording else ()))
