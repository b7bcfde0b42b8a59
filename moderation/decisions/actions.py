"""The verbs of moderators. Each is one transaction about one thread, and each is on record."""

from collections.abc import Callable
from typing import Any, TypedDict, Unpack

from django.db import transaction

from accounts.models import User
from comments.models import Appeal, Batch, Comment, Decision, Reason, Status
from comments.models.decision import REMOVED
from moderation.decisions.locking import AlreadyDecided, check, decide_locked, lock


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


def restore(comment: Comment, *, by: User, **how: Unpack[How]) -> Decision:
    """Back out of spam or trash, to what it was before it went there; one that arrived there waits."""
    return decide(comment, Decision.Verb.RESTORE, before_removal, may=is_removed, by=by, **how)


def keep(comment: Comment, *, by: User, **how: Unpack[How]) -> Decision:
    """A reported comment stays: what readers say against it is dismissed."""
    return decide(comment, Decision.Verb.KEEP, Status.APPROVED, may=is_reported, by=by, **how)


def deny(comment: Comment, *, by: User, told: str = "", **how: Unpack[How]) -> Decision:
    """The appeal against a refusal is refused, with what its writer is told."""
    return decide(comment, Decision.Verb.DENY, as_it_is, may=is_appealed, by=by, told=told, **how)


@transaction.atomic
def decide(
    comment: Comment,
    verb: Decision.Verb,
    after: Status | Callable[[Comment], Status],
    *,
    by: User,
    may: Callable[[Comment], bool] | None = None,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    **told: Any,
) -> Decision:
    """Change a comment's status. Whoever looked at it before deciding says as what it was `seen`, with which `words`.

    Raises AlreadyDecided when it stands otherwise by now, or like that already (`may` says what else to ask), Reworded
    when its writer has changed it, Comment.DoesNotExist when it is gone.
    """
    root, fresh = lock(comment.pk)
    if fresh.status == after if may is None else not may(fresh):
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    comment.status = after if isinstance(after, Status) else after(fresh)
    return decide_locked(root, fresh, Status(comment.status), Decision(verb=verb, moderator=by, why=why, **told))


def is_removed(comment: Comment) -> bool:
    return comment.status in REMOVED


def is_reported(comment: Comment) -> bool:
    return comment.is_approved and bool(comment.reports)


def is_appealed(comment: Comment) -> bool:
    return is_removed(comment) and Appeal.objects.open().filter(comment=comment).exists()


def as_it_is(comment: Comment) -> Status:
    return Status(comment.status)


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
