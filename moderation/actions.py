"""The verbs of moderators. Each is one transaction about one thread, and each is on record."""

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from comments import notices
from comments.models import Comment, Status
from moderation.models import Decision

REMOVED = {Status.SPAM, Status.TRASH}


class AlreadyDecided(Exception):
    """Somebody else was there first; the argument is how the comment stands."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


def approve(comment: Comment, *, by: User, why: str = "") -> Decision:
    return decide(comment, Decision.Verb.APPROVE, Status.APPROVED, by=by, why=why)


def unapprove(comment: Comment, *, by: User, why: str = "") -> Decision:
    return decide(comment, Decision.Verb.UNAPPROVE, Status.PENDING, by=by, why=why)


def mark_spam(comment: Comment, *, by: User, why: str = "") -> Decision:
    return decide(comment, Decision.Verb.SPAM, Status.SPAM, by=by, why=why)


def trash(comment: Comment, *, by: User, why: str = "") -> Decision:
    return decide(comment, Decision.Verb.TRASH, Status.TRASH, by=by, why=why)


@transaction.atomic
def restore(comment: Comment, *, by: User, why: str = "") -> Decision:
    """Back out of spam or trash, to what it was before it went there; one that arrived there waits."""
    last = Decision.objects.filter(comment=comment, after__in=REMOVED).exclude(before__in=REMOVED).first()
    before = Status(last.before) if last else Status.PENDING
    return decide(comment, Decision.Verb.RESTORE, before, by=by, why=why)


@transaction.atomic
def undo(decision: Decision, *, by: User) -> Decision:
    """Take a decision back, unless something was decided since. Raises AlreadyDecided then."""
    latest = Decision.objects.filter(comment=decision.comment_id).first()
    if latest is None or latest.pk != decision.pk:
        raise AlreadyDecided(Comment.objects.select_related("commenter").get(pk=decision.comment_id))
    return decide(decision.comment, Decision.Verb.UNDO, Status(decision.before), by=by, undoes=decision)


@transaction.atomic
def decide(
    comment: Comment, verb: Decision.Verb, after: Status, *, by: User, why: str = "", undoes: Decision | None = None
) -> Decision:
    """Change a comment's status under its thread's lock, with all that is counted, and write down who did it.

    Raises AlreadyDecided when it stands like that already, and Comment.DoesNotExist when it is gone.
    """
    root, fresh = Comment.objects.lock_thread(comment.pk)
    if fresh is None or root is None:
        raise Comment.DoesNotExist
    before = Status(fresh.status)
    if before == after:
        raise AlreadyDecided(fresh)
    removed_by = Comment.Remover.MODERATOR if after in REMOVED else Comment.Remover.NOBODY
    Comment.objects.filter(pk=fresh.pk).update(status=after, removed_by=removed_by, changed=timezone.now())
    if change := (after == Status.APPROVED) - (before == Status.APPROVED):
        fresh.count(change, root=root)
    decision = Decision.objects.create(
        comment=fresh, moderator=by, verb=verb, why=why, before=before, after=after, undoes=undoes
    )
    comment.status = after
    pagecache.bump(fresh.essay.cache_key, "comments")
    if after == Status.APPROVED:
        notices.tell.enqueue(fresh.pk)  # the essay's authors, unless they have heard of it already
    return decision
