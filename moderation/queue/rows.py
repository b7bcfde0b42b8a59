"""Rows of a queue page; the number of queries does not depend on the number of rows."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from django.db.models.functions import Left

from comments.models import Appeal, Comment, Decision, Report, Wording
from comments.models.passage import quotation_of
from moderation.queue import filters
from moderation.queue.history import comment_histories
from moderation.queue.query import QueueState
from moderation.queue.row import Row
from moderation.queue.undo_line import UndoLine

EXCERPT_HTML = 600  # characters of HTML, enough for an excerpt
T = TypeVar("T", Wording, Report)


def build_rows(keys: Collection[int], state: QueueState) -> list[Row]:
    """Return the queue rows of these comments, by their keys, with everything that they show; unsorted."""
    found = filters.sorted_by(Comment.objects.filter(pk__in=keys), state.order).order_by()
    found = found.select_related("commenter__user", "essay", "wording", "parent__commenter")
    found = found.defer("essay__body", "essay__excerpt", "wording__text")
    answered = Left("parent__wording__html", EXCERPT_HTML)
    comments = list(found.annotate(answered_html=answered, quotation=quotation_of()))
    people = comment_histories({comment.commenter_id for comment in comments})
    newest = Decision.objects.latest_for(keys).select_related("moderator", "rule", "reason")
    decisions = {decision.comment_number: decision for decision in newest}
    earlier = earlier_wordings(comment for comment in comments if comment.edited)
    reports = group_by_comment(Report.objects.filter(comment__in=keys, state=Report.State.OPEN).order_by("pk"))
    appeals = {row.comment_id: row for row in Appeal.objects.filter(comment__in=keys, state=Appeal.State.OPEN)}
    undone_by = state.replies | {
        decision.comment_number: decision.pk
        for decision in decisions.values()
        if decision.verb == Decision.Verb.EDIT and decision.pk in state.decided
    }
    return [
        Row(
            comment,
            people.get(comment.commenter_id),
            decisions.get(comment.pk),
            earlier.get(comment.pk, ()),
            reports.get(comment.pk, ()),
            appeals.get(comment.pk),
            next((each for each in earlier.get(comment.pk, ()) if each.pk in state.seen_wordings), None),
            state.query(),
            undoable=undone_by.get(comment.pk),
            shows_contact=state.rights.is_site_wide,
        )
        for comment in comments
    ]


def undo_lines(state: QueueState) -> dict[int, UndoLine]:
    """Return undo entries for the decisions made on this page that are still in force, by comment."""
    if not state.decided:
        return {}
    kept_in_list = (Decision.Verb.UNDO, Decision.Verb.EDIT, Decision.Verb.REPLY)  # these keep a row in the list
    replies = state.replies
    weights = {}
    if state.order in filters.SORT_WEIGHTS:
        weighed = filters.sorted_by(Comment.objects.filter(decisions__in=state.decided), state.order)
        weights = dict(weighed.values_list("pk", "weight"))
    lines = {
        decision.comment_number: UndoLine(
            decision,
            weights.get(decision.comment_number, 0),
            [replies[decision.comment_number]] if decision.comment_number in replies else [],
        )
        for decision in state.decisions_in_force
        if decision.verb not in kept_in_list
    }
    return lines | {line.pk: replace(line, is_of_batch=True) for line in lines_of_batches(state, lines.values())}


def lines_of_batches(state: QueueState, lines: Collection[UndoLine]) -> Iterable[UndoLine]:
    """Return those of the undo entries whose action decided several comments."""
    for action in state.actions:
        found = [line for line in lines if line.decision.pk in action]
        yield from found if len(found) > 1 else ()


def group_by_comment(rows: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for row in rows:
        found.setdefault(row.comment_id, []).append(row)
    return found


def earlier_wordings(edited: Iterable[Comment]) -> dict[int, list[Wording]]:
    """Return the earlier wordings of edited comments, by comment, the newest first; no query without comments."""
    current = {comment.pk: comment.wording_id or 0 for comment in edited}
    rows = Wording.objects.filter(comment__in=current).order_by("-pk").defer("text") if current else ()
    return group_by_comment(wording for wording in rows if wording.pk < current[wording.comment_id])
