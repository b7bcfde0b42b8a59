"""Undo of decisions made by moderators or rules, including earlier undos."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from comments.models import Batch, Comment, Decision, Status
from comments.transitions import index
from moderation.decisions.actions import AlreadyDecided, Edited, apply_decision, lock_comment

UNDO_PERIOD = timedelta(days=30)


class TooOld(Exception):
    """The decision is older than UNDO_PERIOD; moderators make a new decision instead."""


@transaction.atomic
def undo(decision: Decision, *, by: User, batch: Batch | None = None) -> Decision:
    """Restore a comment's status and text from before a decision. Raises what decide() raises, and TooOld.

    AlreadyDecided also means that the author has removed the comment or that the decision changed nothing.
    """
    root, fresh = lock_comment(decision.comment_number)
    newest = Decision.objects.filter(comment=fresh).first()
    if newest != decision or fresh.status != decision.after or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    before = status_before(decision, fresh.wording.reasons if fresh.wording else [])
    if before is None:
        raise AlreadyDecided(fresh)
    if decision.created < timezone.now() - UNDO_PERIOD:
        raise TooOld
    previous = fresh.wording_id, fresh.edited
    if decision.wording_id:
        if not has_text_from(fresh, decision):
            raise Edited(fresh)
        restore_wording(fresh, decision)
    undo_decision = Decision(verb=Decision.Verb.UNDO, moderator=by, undoes=decision, batch=batch)
    apply_decision(root, fresh, before, undo_decision)
    if decision.wording_id:
        if fresh.is_approved:
            index(fresh)
        save_wording(fresh, undo_decision, previous)
    return undo_decision


def status_before(decision: Decision, reasons: Sequence[dict[str, Any]]) -> Status | None:
    """Return a comment's status after undoing a decision, or None if nothing would change.

    A rule's decision on a new comment has no status before it: a comment that only the rule held is published (None if
    it was also held for other `reasons`); one that the rule published or marked as spam becomes pending.
    """
    if decision.before:
        return Status(decision.before) if decision.before in Status.values else None
    if decision.after != Status.PENDING:
        return Status.PENDING
    has_other_reasons = any(reason.get("code") != "rule" for reason in reasons)
    return None if has_other_reasons else Status.APPROVED


def has_text_from(comment: Comment, decision: Decision) -> bool:
    """Return whether a comment still has the text that an edit, or its undo, gave it."""
    if decision.verb == Decision.Verb.EDIT:
        return comment.edited == decision.created
    return decision.undoes is not None and comment.edited == decision.undoes.edited


def restore_wording(comment: Comment, decision: Decision) -> None:
    """Give a comment its text from before a decision, as a new Wording because the newest one is current."""
    wording = decision.wording
    if wording is None:
        return
    wording.pk, wording.submission_key, wording._state.adding = None, "", True
    comment.set_wording(wording, reasons=wording.reasons)
    comment.edited = decision.edited


def save_wording(comment: Comment, decision: Decision, previous: tuple[int | None, datetime | None]) -> None:
    """Save a locked comment's new text and edit time, and keep the `previous` ones with the decision."""
    decision.wording_id, decision.edited = previous
    Decision.objects.filter(pk=decision.pk).update(wording=decision.wording_id, edited=decision.edited)
    Comment.objects.filter(pk=comment.pk).update(wording=comment.wording_id, edited=comment.edited)
    if comment.is_approved:
        pagecache.invalidate(comment.essay.cache_key, "comments")
