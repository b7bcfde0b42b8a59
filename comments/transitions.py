"""The only code that changes a comment's status: counts, decision record, notifications and page cache go with it."""

from datetime import datetime
from typing import Any

from django.db.models import Case, F, Value, When
from django.utils import timezone

import pagecache
from comments.models import Appeal, Comment, Decision, Discussion, Report, Status
from comments.models.decision import in_force
from comments.notifications import outbox, report_notifications
from comments.spam import akismet_corrections

Verb = Decision.Verb
RETURNING = frozenset({Verb.UNDO, Verb.RESTORE})


def transition(
    comment: Comment,
    after: Status,
    *,
    root: Comment,
    decision: Decision | None = None,
    removed_by: str = Comment.Remover.NOBODY,
    notify: bool = True,
) -> None:
    """Set a comment's status, and do all that follows. Call inside a transaction, with both rows locked and fresh.

    `root`: of its thread, or itself. A new comment has no status before its first transition. `decision`: not saved;
    it is recorded together with what was before. `notify`: whether anyone is emailed because of the change.
    """
    before = comment.status
    if decision:
        decision.describe(comment, after)
    set_status(comment, after, root=root, removed_by=removed_by)
    if decision:
        decision.save(force_insert=True)
    is_settled = resolve(comment, decision)
    if notify and is_news(comment, before, decision):
        outbox.notify.enqueue(comment.pk, **subscribed_before(comment, decision))
    if notify and is_settled:
        report_notifications.notify.enqueue(comment.pk)
    if decision and decision.moderator_id:
        akismet_corrections.enqueue(comment, before=before, after=after)
    is_shown = comment.has_replies or (before != after and Status.APPROVED in {before, after})
    if is_shown:  # else no page for readers has it, not even as a tombstone
        pagecache.bump(comment.essay.cache_key, "comments")


def set_status(comment: Comment, after: Status, *, root: Comment, removed_by: str) -> None:
    """Store the status with the counts of its thread, in one statement, and those of its essay."""
    is_new, change = not comment.status, (after == Status.APPROVED) - comment.is_approved
    comment.status, comment.removed_by = after, removed_by
    values: dict[str, Any] = {"status": after, "removed_by": removed_by}
    if is_new:
        values["wording"] = comment.wording_id
    else:
        comment.changed = values["changed"] = timezone.now()
    if not change:
        Comment.objects.filter(pk=comment.pk).update(**values)
        return
    threads = (root.readable == 0) - (root.readable + change == 0)
    root.readable += change
    if root.pk == comment.pk:
        comment.readable = root.readable
        Comment.objects.filter(pk=comment.pk).update(readable=root.readable, **values)
    else:
        both = {name: only_of(comment, name, value) for name, value in values.items()}
        both["readable"] = only_of(root, "readable", root.readable)
        Comment.objects.filter(pk__in=[root.pk, comment.pk]).update(**both)
    Discussion.objects.recount(comment.essay_id, responses=change, threads=threads)


def only_of(comment: Comment, name: str, value: Any) -> Case:
    """A value for one of two rows that are updated together; the other keeps its own."""
    column: Any = Comment._meta.get_field(name)
    column = getattr(column, "target_field", column)
    return Case(When(pk=comment.pk, then=Value(value, column)), default=F(name), output_field=column)


def resolve(comment: Comment, decision: Decision | None) -> bool:
    """Close, or open again, the reports and the appeal that this concerns; return whether there were any."""
    if decision and decision.moderator_id:
        return Report.objects.resolve(comment, decision) | Appeal.objects.resolve(comment, decision)
    return comment.removed_by == Comment.Remover.AUTHOR and comment.reported.uphold(comment)


def is_news(comment: Comment, before: str, decision: Decision | None) -> bool:
    """Whether there may be something in it that someone should be notified about.

    What returns as it was published before is no news, but its approval may have been undone before the emails were
    sent; and what is pending again may have been elsewhere just when its emails were due.
    """
    if decision is None or not decision.moderator_id:
        return before in {"", Status.APPROVED} and comment.removed_by != Comment.Remover.AUTHOR
    if before == Status.PENDING:
        return True
    if comment.status == Status.APPROVED:
        approvals = Decision.objects.filter(number=decision.number, verb=Verb.APPROVE)
        return decision.verb == Verb.APPROVE or approvals.exists()
    is_back = comment.status == Status.PENDING and decision.verb in RETURNING
    return is_back and Verb.UNAPPROVE not in other_decisions(decision)


def subscribed_before(comment: Comment, decision: Decision | None) -> dict[str, str]:
    """Of a comment that returns, notify only those who had subscribed before it first appeared."""
    if decision is None or comment.status != Status.APPROVED or decision.verb not in RETURNING:
        return {}
    appeared = other_decisions(decision).get(Verb.APPROVE, comment.created)
    return {"subscribed_before": appeared.isoformat()}


def other_decisions(decision: Decision) -> dict[str, datetime]:
    """The other decisions about its comment that are in force: by verb, when the latest was made."""
    rows = Decision.objects.filter(number=decision.number).order_by("-pk")
    return {one.verb: one.created for one in reversed(list(in_force(rows))) if one.pk != decision.pk}
