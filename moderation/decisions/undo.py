"""Taking a decision back: a moderator's or a rule's, an undo too, so that all is as it was before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from comments.models import Batch, Comment, Decision, Status
from moderation.decisions.locking import AlreadyDecided, Reworded, decide_locked, lock

UNDONE_WITHIN = timedelta(days=30)


class TooOld(Exception):
    """What was decided so long ago is decided anew, not taken back."""


@transaction.atomic
def undo(decision: Decision, *, by: User, batch: Batch | None = None) -> Decision:
    """Take a decision back, an undo too, so that all is as it was before. Raises as decide() does, and TooOld.

    AlreadyDecided here: something was decided since, its words were changed, or its author removed it.
    """
    root, fresh = lock(decision.number)
    newest = Decision.objects.filter(comment=fresh).first()
    if newest != decision or fresh.status != decision.after or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    before = before_it(decision, fresh.wording.reasons if fresh.wording else [])
    if before is None:
        raise AlreadyDecided(fresh)
    if decision.created < timezone.now() - UNDONE_WITHIN:
        raise TooOld
    was = fresh.wording_id, fresh.edited
    if decision.wording_id:
        if not says_what_it_made(fresh, decision):
            raise Reworded(fresh)
        say_again(fresh, decision)
    undone = Decision(verb=Decision.Verb.UNDO, moderator=by, undoes=decision, batch=batch)
    decide_locked(root, fresh, before, undone)
    if decision.wording_id:
        reword(fresh, undone, was)
    return undone


def before_it(decision: Decision, reasons: Sequence[dict[str, Any]]) -> Status | None:
    """What a comment is once that decision is taken back; None: nothing would be another than it is.

    What a rule decided about as it came was nothing before: had it been held, it is published unless it was held for
    other `reasons` too, and anything else waits, since nobody has decided.
    """
    if decision.before:
        return Status(decision.before) if decision.before in Status.values else None
    if decision.after != Status.PENDING:
        return Status.PENDING
    is_held_besides = any(reason.get("code") != "rule" for reason in reasons)
    return None if is_held_besides else Status.APPROVED


def says_what_it_made(comment: Comment, decision: Decision) -> bool:
    """Whether a comment says still what an edit, or what took one back, made of it."""
    if decision.verb == Decision.Verb.EDIT:
        return comment.edited == decision.created
    return decision.undoes is not None and comment.edited == decision.undoes.edited


def say_again(comment: Comment, decision: Decision) -> None:
    """Put what a comment said before a decision in the place of what it says now: its newest words are what it says."""
    words = decision.wording
    if words is None:
        return
    words.pk, words.sent_as, words._state.adding = None, "", True
    comment.say(words, reasons=words.reasons)
    comment.edited = decision.edited


def reword(comment: Comment, decision: Decision, was: tuple[int | None, datetime | None]) -> None:
    """Keep with a decision what a locked comment said before it, and since when; and store what it says now."""
    decision.wording_id, decision.edited = was
    Decision.objects.filter(pk=decision.pk).update(wording=decision.wording_id, edited=decision.edited)
    Comment.objects.filter(pk=comment.pk).update(wording=comment.wording_id, edited=comment.edited)
    if comment.is_approved:
        pagecache.bump(comment.essay.cache_key, "comments")
