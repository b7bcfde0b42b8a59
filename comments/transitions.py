"""The only code that changes a comment's status: counts, decision record, notifications and page cache go with it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, F, When
from django.utils import timezone
from django.utils.translation import get_language

import pagecache
import search.indexing
from blog.models import ESSAY_KEY, Essay
from comments.models import Appeal, Comment, Decision, Discussion, Report, Status
from comments.models.decision import in_force
from comments.notifications import outbox, report_notifications
from comments.spam import akismet_corrections
from search.models import Entry, Kind
from server.prepared import Parameter, PreparedUpdate

Verb = Decision.Verb
RETURNING = frozenset({Verb.UNDO, Verb.RESTORE})


def transition(
    comment: Comment,
    after: Status,
    *,
    root: Comment,
    decision: Decision | None = None,
    removed_by: str = Comment.Remover.NONE,
    notify: bool = True,
    also_invalidate: Sequence[str] = (),
) -> None:
    """Set a comment's status with all consequences. Call inside a transaction, with both rows locked and fresh.

    `root`: the thread's root, or the comment itself. A new comment has no status before its first transition.
    `decision`: unsaved; it is recorded with the state before. `notify`: whether anyone is emailed about the change.
    `also_invalidate`: keys of further pages that the caller's transaction changes.
    """
    before = comment.status
    if decision:
        decision.record_change(comment, after)
    set_status(comment, after, root=root, removed_by=removed_by)
    if decision:
        decision.save(force_insert=True)
    has_resolved = resolve_disputes(comment, decision)
    if notify and is_news(comment, before, decision):
        outbox.notify.enqueue(comment.pk, **subscribed_before(comment, decision))
    if notify and has_resolved:
        report_notifications.notify.enqueue(comment.pk)
    if decision and decision.moderator_id and settings.AKISMET_KEY:
        akismet_corrections.enqueue(comment, before=before, after=after)
    if before != after and Status.APPROVED in {before, after}:
        index(comment)
    is_shown = comment.has_replies or (before != after and Status.APPROVED in {before, after})
    keys = [*also_invalidate]
    if is_shown:  # else no page for readers has it, not even as a tombstone
        keys += [ESSAY_KEY.format(comment.essay_id), "comments"]
    pagecache.invalidate(*keys)


def index(comment: Comment) -> None:
    """Index an approved comment's current text for the search, or remove a comment that is not approved."""
    if comment.is_approved:
        search.indexing.add(build_entry(comment, comment.wording.html if comment.wording else ""))
    else:
        search.indexing.remove_comment(comment.created, comment.pk)


def build_entry(comment: Comment, html: str) -> Entry:
    """Return the entry in the search index of a comment whose current text is `html`."""
    address = comment.get_absolute_url()
    return entry_of(comment.essay, comment.pk, address, comment.commenter_id, comment.created, html)


def entry_of(essay: Essay, pk: int, address: str, commenter: int, created: datetime, html: str) -> Entry:
    """Return the entry in the search index of the comment with these values."""
    return search.indexing.build(
        Kind.COMMENT,
        time=created,
        essay=essay.pk,
        number=pk,
        address=address,
        authors=[f"c{commenter}"],
        language=essay.language or get_language() or "",
        text=search.indexing.plain(html),
    )


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
        update(*values).run(comment=comment.pk, **values)
        return
    threads = (root.readable == 0) - (root.readable + change == 0)
    root.readable += change
    if root.pk == comment.pk:
        comment.readable = root.readable
        update("readable", *values).run(comment=comment.pk, readable=root.readable, **values)
    else:
        update_with_root(*values).run(comment=comment.pk, root=root.pk, readable=root.readable, **values)
    adjust_counts(comment.essay_id, comments=change, threads=threads)


def adjust_counts(essay_id: int, *, comments: int, threads: int) -> None:
    """Add these numbers, which may be negative, to the essay's stored counts of comments and threads."""
    change = {"essay": essay_id, "comments": comments, "threads": threads}
    if not UPDATE_COUNTS.run(**change):
        Discussion.objects.bulk_create([Discussion(essay_id=essay_id)], ignore_conflicts=True)
        UPDATE_COUNTS.run(**change)


NUMBER = BigIntegerField()
UPDATE_COUNTS = PreparedUpdate(
    lambda essay, comments, threads: (
        Discussion.objects.filter(essay_id=essay),
        {"comment_count": F("comment_count") + comments, "threads": F("threads") + threads},
    ),
    essay=NUMBER,
    comments=NUMBER,
    threads=NUMBER,
)


@cache
def update(*names: str) -> PreparedUpdate:
    """Return the update of these fields of a comment."""

    def build(comment: Parameter, **values: Parameter) -> Any:
        return Comment.objects.filter(pk=comment), values

    return PreparedUpdate(build, comment=NUMBER, **{name: field_for(name) for name in names})


@cache
def update_with_root(*names: str) -> PreparedUpdate:
    """Return the update of these fields of a comment together with the root's count."""
    fields = {name: field_for(name) for name in (*names, "readable")}

    def build(comment: Parameter, root: Parameter, readable: Parameter, **values: Parameter) -> Any:
        changes = {name: value_for_row(comment, name, value) for name, value in values.items()}
        changes["readable"] = value_for_row(root, "readable", readable)
        return Comment.objects.filter(pk__in=[root, comment]), changes

    return PreparedUpdate(build, comment=NUMBER, root=NUMBER, **fields)


def field_for(name: str) -> Any:
    """Return the field of a comment's value with this name, for a foreign key that of the other row's key."""
    field: Any = Comment._meta.get_field(name)
    return getattr(field, "target_field", field)


def value_for_row(pk: Parameter, name: str, value: Parameter) -> Case:
    """An expression that changes one of two rows updated together; the other keeps its value."""
    return Case(When(pk=pk, then=value), default=F(name), output_field=field_for(name))


def resolve_disputes(comment: Comment, decision: Decision | None) -> bool:
    """Close, or open again, the reports and the appeal that this concerns; return whether there were any."""
    if decision and decision.moderator_id:
        is_appealed = Appeal.objects.filter(comment=comment, state=Appeal.State.OPEN)
        if not (decision.undoes_id or comment.reports or is_appealed.exists()):
            return False
        return Report.objects.resolve(comment, decision) | Appeal.objects.resolve(comment, decision)
    return comment.removed_by == Comment.Remover.AUTHOR and comment.reported.uphold(comment)


def is_news(comment: Comment, before: str, decision: Decision | None) -> bool:
    """Whether someone may have to be notified of this change.

    A comment that returns as it was published is not news, but its approval may have been undone before the emails were
    sent; and one that is pending again may have been removed just when its emails were due.
    """
    if decision is None or not decision.moderator_id:
        return before in {"", Status.APPROVED} and comment.removed_by != Comment.Remover.AUTHOR
    if before == Status.PENDING:
        return True
    if comment.status == Status.APPROVED:
        approvals = Decision.objects.filter(comment_number=decision.comment_number, verb=Verb.APPROVE)
        return decision.verb == Verb.APPROVE or approvals.exists()
    is_back = comment.status == Status.PENDING and decision.verb in RETURNING
    return is_back and Verb.UNAPPROVE not in other_decisions(decision)


def subscribed_before(comment: Comment, decision: Decision | None) -> dict[str, str]:
    """For a comment that returns, a task argument that limits notifications to those who subscribed before."""
    if decision is None or comment.status != Status.APPROVED or decision.verb not in RETURNING:
        return {}
    appeared = other_decisions(decision).get(Verb.APPROVE, comment.created)
    return {"subscribed_before": appeared.isoformat()}


def other_decisions(decision: Decision) -> dict[str, datetime]:
    """Times of the latest other decisions in force about the same comment, by verb."""
    rows = Decision.objects.filter(comment_number=decision.comment_number).order_by("-pk")
    return {one.verb: one.created for one in reversed(list(in_force(rows))) if one.pk != decision.pk}
