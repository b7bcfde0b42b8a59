"""What every decision has in common: a locked comment that stands as it was looked at, is counted, and is on record."""

from datetime import datetime

from django.utils import timezone

import pagecache
from accounts.models import User
from comments.models import Comment, Status
from comments.notifications import outbox, report_notifications
from comments.spam import akismet
from moderation.models import Batch, Decision, Reason
from moderation.models.decision import REMOVED, standing
from moderation.reports import appeals, reporting

BACK = frozenset({Decision.Verb.UNDO, Decision.Verb.RESTORE})


class AlreadyDecided(Exception):
    """Somebody else was there first; the argument is how the comment stands."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


class Reworded(AlreadyDecided):
    """Its writer has changed the words since they were looked at."""


def check(fresh: Comment, *, seen: str | None, words: int | None) -> None:
    """Raises AlreadyDecided or Reworded where it is not what whoever decides has looked at."""
    if seen not in {None, fresh.status} or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    if words not in {None, fresh.wording_id}:
        raise Reworded(fresh)


def lock(pk: int) -> tuple[Comment, Comment]:
    """The root of a comment's thread, and the comment, as they are once nobody else can change them."""
    root, fresh = Comment.objects.lock_thread(pk)
    if root is None or fresh is None:
        raise Comment.DoesNotExist(f"There is no comment {pk}.")
    return root, fresh


def settle(
    root: Comment,
    comment: Comment,
    verb: Decision.Verb,
    after: Status,
    *,
    by: User,
    why: str = "",
    undoes: Decision | None = None,
    batch: Batch | None = None,
    reason: Reason | None = None,
    told: str = "",
) -> Decision:
    """Change the status of a locked comment with all that is counted, and write down who did it."""
    decision = Decision.objects.record(
        comment, verb, after, moderator=by, why=why, reason=reason, told=told, batch=batch, undoes=undoes
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
    if is_news(decision):
        # its writer, if they asked; and of one that appears all who have not heard
        outbox.tell.enqueue(comment.pk, **as_of(decision, comment))
    if reporting.settle(comment, decision) | appeals.settle(comment, decision, by=by):
        report_notifications.tell.enqueue(comment.pk)
    akismet.decided(comment, before=decision.before, after=after)
    if change or comment.rght - comment.lft > 1:  # else no reader's page shows it, not even its place
        pagecache.bump(comment.essay.cache_key, "comments")
    return decision


def is_news(decision: Decision) -> bool:
    """Whether there may be something in it that nobody has heard of.

    What comes back as it was published before is none, but an approval may have been undone before its mail went out;
    and what waits again may have been elsewhere just when its mails were due.
    """
    if decision.before == Status.PENDING:
        return True
    if decision.after == Status.APPROVED:
        is_approval = decision.verb == Decision.Verb.APPROVE
        return is_approval or Decision.objects.filter(number=decision.number, verb=Decision.Verb.APPROVE).exists()
    return decision.after == Status.PENDING and decision.verb in BACK and Decision.Verb.UNAPPROVE not in held(decision)


def as_of(decision: Decision, comment: Comment) -> dict[str, str]:
    """Up to when somebody must have asked to hear of it: of what comes back, before it first stood there."""
    if decision.after != Status.APPROVED or decision.verb not in BACK:
        return {}
    return {"asked_before": held(decision).get(Decision.Verb.APPROVE, comment.created).isoformat()}


def held(decision: Decision) -> dict[str, datetime]:
    """What else was decided about its comment and holds: when each was last."""
    rows = Decision.objects.filter(number=decision.number).order_by("-pk")
    return {one.verb: one.created for one in reversed(list(standing(rows))) if one.pk != decision.pk}
