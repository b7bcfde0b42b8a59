"""The actions of moderators. Each is one transaction on one thread and is recorded as a Decision."""

from collections.abc import Callable
from typing import TypedDict, Unpack

from django.db import transaction

from accounts.models import User
from comments.models import Appeal, Batch, Comment, Decision, Reason, Status
from comments.models.decision import REMOVED
from comments.transitions import transition


class AlreadyDecided(Exception):
    """The comment is no longer what the moderator saw; `comment` is its current row."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


class Edited(AlreadyDecided):
    """The commenter has edited the text since the moderator saw it."""


class DecisionOptions(TypedDict, total=False):
    """Options of every action: a note for moderators, the status and wording they saw, the batch it belongs to."""

    note: str
    expected_status: str | None
    expected_wording: int | None
    batch: Batch | None


class RejectionOptions(DecisionOptions, total=False):
    """Options of a rejection: a reason from the owner's list and a message, both shown to the commenter."""

    reason: Reason | None
    message: str


def approve(comment: Comment, *, by: User, **options: Unpack[DecisionOptions]) -> Decision:
    return decide(comment, Decision.Verb.APPROVE, Status.APPROVED, by=by, **options)


def unapprove(comment: Comment, *, by: User, **options: Unpack[DecisionOptions]) -> Decision:
    return decide(comment, Decision.Verb.UNAPPROVE, Status.PENDING, by=by, **options)


def mark_spam(comment: Comment, *, by: User, **options: Unpack[RejectionOptions]) -> Decision:
    return decide(comment, Decision.Verb.SPAM, Status.SPAM, by=by, **options)


def trash(comment: Comment, *, by: User, **options: Unpack[RejectionOptions]) -> Decision:
    return decide(comment, Decision.Verb.TRASH, Status.TRASH, by=by, **options)


def restore(comment: Comment, *, by: User, **options: Unpack[DecisionOptions]) -> Decision:
    """Take a comment out of spam or trash, back to its status before; one that arrived there becomes pending."""
    return decide(comment, Decision.Verb.RESTORE, status_before_removal, may=is_removed, by=by, **options)


def keep(comment: Comment, *, by: User, **options: Unpack[DecisionOptions]) -> Decision:
    """Keep a reported comment approved and dismiss its reports."""
    return decide(comment, Decision.Verb.KEEP, Status.APPROVED, may=is_reported, by=by, **options)


def deny(comment: Comment, *, by: User, message: str = "", **options: Unpack[DecisionOptions]) -> Decision:
    """Reject an appeal, with an optional message to the commenter; the status stays."""
    return decide(comment, Decision.Verb.DENY, current_status, may=is_appealed, by=by, message=message, **options)


@transaction.atomic
def decide(
    comment: Comment,
    verb: Decision.Verb,
    new_status: Status | Callable[[Comment], Status],
    *,
    by: User,
    may: Callable[[Comment], bool] | None = None,
    note: str = "",
    message: str = "",
    reason: Reason | None = None,
    batch: Batch | None = None,
    expected_status: str | None = None,
    expected_wording: int | None = None,
) -> Decision:
    """Change a comment's status and record the decision.

    Raises AlreadyDecided when the comment no longer has the expected status or already has the new one (`may` replaces
    this check), Edited when it no longer has the expected wording, Comment.DoesNotExist when it has been deleted.
    """
    root, fresh = lock_comment(comment.pk)
    if fresh.status == new_status if may is None else not may(fresh):
        raise AlreadyDecided(fresh)
    check_unchanged(fresh, expected_status=expected_status, expected_wording=expected_wording)
    if comment.wording_id == fresh.wording_id and Comment._meta.get_field("wording").is_cached(comment):
        fresh.wording = comment.wording  # read before the lock, but the text of a wording never changes
    comment.status = new_status if isinstance(new_status, Status) else new_status(fresh)
    decision = Decision(verb=verb, moderator=by, note=note, message=message, reason=reason, batch=batch)
    return apply_decision(root, fresh, Status(comment.status), decision)


def check_unchanged(fresh: Comment, *, expected_status: str | None, expected_wording: int | None) -> None:
    """Raise AlreadyDecided or Edited unless a locked comment has the status and wording that the moderator saw."""
    if expected_status not in {None, fresh.status} or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    if expected_wording not in {None, fresh.wording_id}:
        raise Edited(fresh)


def lock_comment(pk: int) -> tuple[Comment, Comment]:
    """Lock a comment's thread and return its root and the comment, both read after the lock."""
    root, fresh = Comment.objects.lock_thread(pk)
    if root is None or fresh is None:
        raise Comment.DoesNotExist(f"There is no comment {pk}.")
    return root, fresh


def apply_decision(root: Comment, comment: Comment, new_status: Status, decision: Decision) -> Decision:
    """Change the status of a comment in the locked thread of `root`, and save a moderator's decision about it."""
    removed_by = Comment.Remover.MODERATOR if new_status in REMOVED else Comment.Remover.NONE
    if decision.undoes:
        removed_by = Comment.Remover(decision.undoes.removed_by)
    transition(comment, new_status, root=root, decision=decision, removed_by=removed_by)
    return decision


def is_removed(comment: Comment) -> bool:
    """Return whether a comment is in spam or trash."""
    return comment.status in REMOVED


def is_reported(comment: Comment) -> bool:
    """Return whether a comment is approved and has open reports."""
    return comment.is_approved and bool(comment.reports)


def is_appealed(comment: Comment) -> bool:
    """Return whether a comment is in spam or trash and its commenter's appeal is open."""
    return is_removed(comment) and Appeal.objects.open().filter(comment=comment).exists()


def current_status(comment: Comment) -> Status:
    return Status(comment.status)


def status_before_removal(comment: Comment) -> Status:
    """Return the last recorded status other than spam or trash; pending if the commenter edited the text after it."""
    edited = comment.edited
    for decision in Decision.objects.in_force(comment):
        if decision.verb == Decision.Verb.EDIT and decision.created == edited:
            edited = decision.edited  # a moderator made this edit
        if edited and decision.created < edited:
            break
        for status in (decision.after, decision.before):
            if status and status not in REMOVED:
                return Status(status)
    return Status.PENDING
