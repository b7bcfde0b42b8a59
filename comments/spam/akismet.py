"""A service elsewhere that speaks as Akismet does, where there is a key: asked by jobs, told where it was wrong."""

import time
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

import pagecache
from comments.models import Block, Comment, Status, Wording
from comments.notifications import outbox
from server.http import fetch
from server.jobs.tasks import job

SECONDS, VERIFIED_WITHIN = 10.0, 3.0
BYTES = 16 * 1024  # an answer is a word
ASKED_ABOUT = (Status.APPROVED, Status.PENDING)
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


# What is asked of it


def said(verb: str, fields: dict[str, str], *, seconds: float = SECONDS) -> str:
    """Its word. Raises fetch.Failed, WrongKey too."""
    url = urljoin(settings.AKISMET_URL.rstrip("/") + "/", verb)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise fetch.Refused("AKISMET_URL is no https address")
    key = settings.AKISMET_KEY
    body = urlencode({"api_key": key, "key": key, "blog": f"{settings.SITE_URL}/", **fields}, errors="replace")
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    deadline = time.monotonic() + seconds
    with fetch.exchange("POST", url, deadline=deadline, headers=headers, body=body.encode()) as response:
        word = fetch.body_of(response, BYTES).decode("ascii", errors="replace").strip()
    if word == INVALID:
        cache.set(STATE, INVALID, REMEMBERED)
        raise WrongKey("the key is not taken")
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
            raise fetch.Failed(f"neither true nor false but {word[:60]!r}")


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


# A comment that was posted or edited


def owe(comment: Comment, *, is_vouched_for: bool) -> None:
    """Have it asked about a comment, in the transaction that wrote it; the answer may come when it likes."""
    if is_on() and not is_vouched_for and comment.status in ASKED_ABOUT:
        ask.enqueue(comment.pk)


@job(retry=True)
def ask(pk: int) -> None:
    comment = found(pk)
    if comment is None or not is_on() or comment.status not in ASKED_ABOUT or is_by_hand(comment):
        return
    if is_trusted(comment):
        return
    try:
        if is_spam(comment):
            hold(comment)
    except fetch.Refused:
        return  # asking again would not help; the doctor tells of a key that is not taken


def found(pk: int) -> Comment | None:
    rows = Comment.objects.select_related("commenter", "essay", "wording").filter(pk=pk, wording__isnull=False)
    comment: Comment | None = rows.first()
    return comment


def is_by_hand(comment: Comment) -> bool:
    """Whether a moderator has spoken about these words."""
    since = comment.wording.created if comment.wording else comment.created
    decided: Any = comment.decisions
    return bool(decided.filter(moderator__isnull=False, created__gte=since).exists())


def is_trusted(comment: Comment) -> bool:
    address = comment.wording.network.partition("/")[0] if comment.wording else ""
    block: Block | None = Block.objects.on(comment.commenter, address).first()
    return block is not None and block.kind == Block.Kind.TRUST


@transaction.atomic
def hold(comment: Comment) -> bool:
    """What it calls spam waits for a moderator, unless one has decided meanwhile, or the words are others by now."""
    root, fresh = Comment.objects.lock_thread(comment.pk)
    if root is None or fresh is None or fresh.wording_id != comment.wording_id:
        return False
    if fresh.status not in ASKED_ABOUT or is_by_hand(fresh):
        return False
    wording = Wording.objects.get(pk=fresh.wording_id or 0)
    if is_called_spam(wording):
        return False
    Wording.objects.filter(pk=wording.pk).update(reasons=[*wording.reasons, {"code": CODE}])
    if fresh.is_approved:
        fresh.status, fresh.changed = Status.PENDING, timezone.now()
        Comment.objects.filter(pk=fresh.pk).update(status=fresh.status, changed=fresh.changed)
        fresh.count(-1, root=root)
        outbox.tell.enqueue(fresh.pk)
        pagecache.bump(fresh.essay.cache_key, "comments")
    return True


# What moderators say


def is_called_spam(wording: Wording | None) -> bool:
    return any(reason.get("code") == CODE for reason in (wording.reasons if wording else ()))


def means(status: str, *, is_called: bool) -> bool:
    """Whether a comment that stands like this is spam to those who read here; else it is what the service said."""
    return {Status.SPAM: True, Status.APPROVED: False}.get(Status(status), is_called)


def decided(comment: Comment, *, before: str, after: str) -> None:
    """Tell it where moderators disagree, and where an undo takes that back. Call inside the decision's transaction."""
    if not is_on() or after == Status.TRASH or not before or not after:
        return
    is_called = is_called_spam(Wording.objects.filter(pk=comment.wording_id or 0).first())
    now = means(after, is_called=is_called)
    if before == Status.TRASH:
        before = before_trash(comment)
    if means(before, is_called=is_called) != now:
        correct.enqueue(comment.pk, now)


def before_trash(comment: Comment) -> str:
    """What it went to the trash as: of that it was told, and of the trash nothing."""
    decided: Any = comment.decisions
    into = decided.filter(after=Status.TRASH, before__in=Status.values).exclude(before=Status.TRASH).order_by("-pk")
    return str(into.values_list("before", flat=True).first() or Status.TRASH)


@job(retry=True)
def correct(pk: int, now: bool) -> None:
    comment = found(pk)
    if comment is None or not is_on():
        return
    if means(comment.status, is_called=is_called_spam(comment.wording)) != now:
        return  # decided otherwise since; of that another job tells
    try:
        said("submit-spam" if now else "submit-ham", described(comment))
    except fetch.Refused:
        return
