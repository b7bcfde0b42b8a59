"""The verbs of moderators. Each is one transaction about one thread, and each is on record."""

from typing import Any, TypedDict, Unpack

from django.db import transaction

from accounts.models import User
from comments.models import Comment, Status
from moderation import appeals
from moderation.models import Batch, Decision, Reason
from moderation.models.decision import REMOVED
from moderation.settling import AlreadyDecided, check, lock, settle


class How(TypedDict, total=False):
    """What may be said with any verb: why, between moderators; what it was looked at as, in which words; with what."""

    why: str
    seen: str | None
    words: int | None
    batch: Batch | None


class Told(How, total=False):
    """And with a refusal: a reason from the owner's list and a sentence, which its writer is told."""

    reason: Reason | None
    told: str


def approve(comment: Comment, *, by: User, **how: Unpack[How]) -> Decision:
    return decide(comment, Decision.Verb.APPROVE, Status.APPROVED, by=by, **how)


def unapprove(comment: Comment, *, by: User, **how: Unpack[How]) -> Decision:
    return decide(comment, Decision.Verb.UNAPPROVE, Status.PENDING, by=by, **how)


def mark_spam(comment: Comment, *, by: User, **how: Unpack[Told]) -> Decision:
    return decide(comment, Decision.Verb.SPAM, Status.SPAM, by=by, **how)


def trash(comment: Comment, *, by: User, **how: Unpack[Told]) -> Decision:
    return decide(comment, Decision.Verb.TRASH, Status.TRASH, by=by, **how)


@transaction.atomic
def decide(
    comment: Comment,
    verb: Decision.Verb,
    after: Status,
    *,
    by: User,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    **told: Any,
) -> Decision:
    """Change a comment's status. Whoever looked at it before deciding says as what it was `seen`, with which `words`.

    Raises AlreadyDecided when it stands otherwise by now, or like that already, Reworded when its writer has changed
    it, Comment.DoesNotExist when it is gone.
    """
    root, fresh = lock(comment.pk)
    if fresh.status == after:
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    comment.status = after
    return settle(root, fresh, verb, after, by=by, why=why, **told)


@transaction.atomic
def restore(
    comment: Comment,
    *,
    by: User,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    batch: Batch | None = None,
) -> Decision:
    """Back out of spam or trash, to what it was before it went there; one that arrived there waits.

    Raises as decide() does.
    """
    root, fresh = lock(comment.pk)
    if fresh.status not in REMOVED:
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    comment.status = before_removal(fresh)
    return settle(root, fresh, Decision.Verb.RESTORE, Status(comment.status), by=by, why=why, batch=batch)


@transaction.atomic
def keep(
    comment: Comment,
    *,
    by: User,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    batch: Batch | None = None,
) -> Decision:
    """A reported comment stays: what readers say against it is dismissed. Raises as decide() does."""
    root, fresh = lock(comment.pk)
    if not fresh.is_approved or not fresh.reports:
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    return settle(root, fresh, Decision.Verb.KEEP, Status.APPROVED, by=by, why=why, batch=batch)


@transaction.atomic
def deny(
    comment: Comment,
    *,
    by: User,
    told: str = "",
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    batch: Batch | None = None,
) -> Decision:
    """The appeal against a refusal is refused, with what its writer is told. Raises as decide() does."""
    root, fresh = lock(comment.pk)
    if fresh.status not in REMOVED or not appeals.is_open(fresh):
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    return settle(root, fresh, Decision.Verb.DENY, Status(fresh.status), by=by, why=why, told=told, batch=batch)


def before_removal(comment: Comment) -> Status:
    """The last status on record in which it was no spam and not in the trash.

    Nobody decided about words that came later: those wait.
    """
    edited = comment.edited
    for decision in Decision.objects.in_force(comment):
        if decision.verb == Decision.Verb.EDIT and decision.created == edited:
            edited = decision.edited  # these words a moderator put there
        if edited and decision.created < edited:
            break
        for status in (decision.after, decision.before):
            if status and status not in REMOVED:
                return Status(status)
    return Status.PENDING
