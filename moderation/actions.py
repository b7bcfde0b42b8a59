"""The verbs of moderators. Each is one transaction about one thread, and each is on record."""

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from comments import notices
from comments.models import Comment, Status
from moderation.models import Decision

REMOVED = frozenset({Status.SPAM, Status.TRASH})


class AlreadyDecided(Exception):
    """Somebody else was there first; the argument is how the comment stands."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


class Reworded(AlreadyDecided):
    """Its writer has changed the words since they were looked at."""


def approve(
    comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None
) -> Decision:
    return decide(comment, Decision.Verb.APPROVE, Status.APPROVED, by=by, why=why, seen=seen, words=words)


def unapprove(
    comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None
) -> Decision:
    return decide(comment, Decision.Verb.UNAPPROVE, Status.PENDING, by=by, why=why, seen=seen, words=words)


def mark_spam(
    comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None
) -> Decision:
    return decide(comment, Decision.Verb.SPAM, Status.SPAM, by=by, why=why, seen=seen, words=words)


def trash(comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None) -> Decision:
    return decide(comment, Decision.Verb.TRASH, Status.TRASH, by=by, why=why, seen=seen, words=words)


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
) -> Decision:
    """Change a comment's status. Whoever looked at it before deciding says as what it was `seen`, with which `words`.

    Raises AlreadyDecided when it stands otherwise by now, or like that already, Reworded when its writer has changed
    it, Comment.DoesNotExist when it is gone.
    """
    root, fresh = lock(comment.pk)
    if fresh.status == after or seen not in {None, fresh.status}:
        raise AlreadyDecided(fresh)
    if words not in {None, fresh.wording_id}:
        raise Reworded(fresh)
    comment.status = after
    return settle(root, fresh, verb, after, by=by, why=why)


@transaction.atomic
def restore(
    comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None
) -> Decision:
    """Back out of spam or trash, to what it was before it went there; one that arrived there waits.

    Raises as decide() does.
    """
    root, fresh = lock(comment.pk)
    if fresh.status not in REMOVED or seen not in {None, fresh.status}:
        raise AlreadyDecided(fresh)
    if words not in {None, fresh.wording_id}:
        raise Reworded(fresh)
    comment.status = before_removal(fresh)
    return settle(root, fresh, Decision.Verb.RESTORE, Status(comment.status), by=by, why=why)


@transaction.atomic
def undo(decision: Decision, *, by: User) -> Decision:
    """Take a decision back, an undo too, so that all is as it was before. Raises as decide() does.

    AlreadyDecided here: something was decided since, or its author removed it.
    """
    root, fresh = lock(decision.number)
    newest = Decision.objects.filter(comment=fresh).first()
    if newest != decision or fresh.status != decision.after:
        raise AlreadyDecided(fresh)
    return settle(root, fresh, Decision.Verb.UNDO, Status(decision.before), by=by, undoes=decision)


def lock(pk: int) -> tuple[Comment, Comment]:
    """The root of a comment's thread, and the comment, as they are once nobody else can change them."""
    root, fresh = Comment.objects.lock_thread(pk)
    if root is None or fresh is None:
        raise Comment.DoesNotExist(f"There is no comment {pk}.")
    return root, fresh


def before_removal(comment: Comment) -> Status:
    """The last status on record in which it was no spam and not in the trash.

    Nobody decided about words that came later: those wait.
    """
    for decision in Decision.objects.in_force(comment):
        if comment.edited and decision.created < comment.edited:
            break
        for status in (decision.after, decision.before):
            if status and status not in REMOVED:
                return Status(status)
    return Status.PENDING


def settle(
    root: Comment,
    comment: Comment,
    verb: Decision.Verb,
    after: Status,
    *,
    by: User,
    why: str = "",
    undoes: Decision | None = None,
) -> Decision:
    """Change the status of a locked comment with all that is counted, and write down who did it."""
    decision = Decision.objects.create(
        comment=comment,
        number=comment.pk,
        essay=comment.essay,
        moderator=by,
        verb=verb,
        why=why,
        before=comment.status,
        after=after,
        removed_by=comment.removed_by,
        undoes=undoes,
    )
    if undoes:
        comment.removed_by = undoes.removed_by
    else:
        comment.removed_by = Comment.Remover.MODERATOR if after in REMOVED else Comment.Remover.NOBODY
    comment.status = after
    comment.changed = timezone.now()
    Comment.objects.filter(pk=comment.pk).update(status=after, removed_by=comment.removed_by, changed=comment.changed)
    change = (after == Status.APPROVED) - (decision.before == Status.APPROVED)
    if change:
        comment.count(change, root=root)
    if decision.before == Status.PENDING or (after == Status.APPROVED and is_news(decision)):
        notices.tell.enqueue(comment.pk)  # its writer, if they asked; and of one that appears all who have not heard
    if change or comment.rght - comment.lft > 1:  # else no reader's page shows it, not even its place
        pagecache.bump(comment.essay.cache_key, "comments")
    return decision


def is_news(decision: Decision) -> bool:
    """Whether a comment that is approved now may be one that nobody has heard of.

    What comes back as it was published before is none, but an approval may have been undone before its mail went out.
    """
    if decision.verb == Decision.Verb.APPROVE:
        return True
    return Decision.objects.filter(number=decision.number, verb=Decision.Verb.APPROVE).exists()
