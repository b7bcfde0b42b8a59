"""Moderators' edits, replies and deletions. Each is one transaction and is recorded as a Decision."""

from typing import Unpack

from django.db import transaction
from django.utils import timezone

from accounts.models import Commenter, User
from blog import markup
from comments.models import AuthorAnswer, Comment, Decision, Passage, Status, Wording
from comments.posting import actions as posting
from comments.screening.screening import Sender
from comments.transitions import index, transition
from moderation.decisions import actions, undo
from moderation.decisions.actions import DecisionOptions


class Unchanged(Exception):
    """The new text equals the current one."""


class TooLong(Exception):
    """The text exceeds the size limit of comments."""


class Empty(Exception):
    """The text has no visible content."""


@transaction.atomic
def edit(comment: Comment, *, by: User, text: str, note: str = "", expected_wording: int | None = None) -> Decision:
    """Replace a comment's text and keep the old one as an earlier version; readers see that it was edited.

    Raises Unchanged, Empty, and what actions.decide() raises.
    """
    _root, fresh = actions.lock_comment(comment.pk)
    old = fresh.wording
    if old is not None and old.text == text:  # also if the form was sent twice
        raise Unchanged
    actions.check_unchanged(fresh, expected_status=None, expected_wording=expected_wording)
    if old is None:
        raise Unchanged
    html = markup.clean_comment(text)
    if not markup.plain_text(html):
        raise Empty
    was, now = (fresh.wording_id, fresh.edited), timezone.now()
    decision = Decision(verb=Decision.Verb.EDIT, moderator=by, note=note, created=now)
    decision.record_change(fresh, fresh.status)
    decision.save(force_insert=True)
    wording = Wording(text=text, html=html, network=old.network, created=now)
    fresh.set_wording(wording, reasons=old.reasons)
    fresh.edited = fresh.changed = now
    Comment.objects.filter(pk=fresh.pk).update(changed=now)
    if fresh.is_approved:
        index(fresh)
    undo.save_wording(fresh, decision, was)
    return decision


@transaction.atomic
def reply(
    comment: Comment, *, by: User, sender: Sender, text: str, key: str = "", **expected: Unpack[DecisionOptions]
) -> list[Decision]:
    """Approve a comment if necessary and reply to it; return the decisions, the approval first.

    `expected` has the status and wording that the moderator saw; `key` identifies the form, so that it posts once.
    Raises what actions.decide() and comments.posting.actions.post() raise; then nothing is saved.
    """
    decisions = [] if comment.is_approved else [actions.approve(comment, by=by, **expected)]
    posted = posting.post(
        essay=comment.essay,
        commenter=Commenter.objects.for_user(by),
        sender=sender,
        text=text,
        parent=comment.pk,
        is_trusted=True,
        key=key,
    )
    decision = Decision(verb=Decision.Verb.REPLY, moderator=by)
    decision.record_change(posted, Status.APPROVED)
    decision.before, decision.removed_by = Status.TRASH, Comment.Remover.UNDONE  # what undoing the decision restores
    decision.save(force_insert=True)
    return [*decisions, decision]


@transaction.atomic
def delete(
    comment: Comment,
    *,
    by: User,
    note: str = "",
    expected_status: str | None = None,
    expected_wording: int | None = None,
) -> Decision:
    """Permanently delete a comment's texts and networks; an empty row stays if it has replies.

    Its decisions are kept. Raises what actions.decide() raises.
    """
    root, fresh = actions.lock_comment(comment.pk)
    actions.check_unchanged(fresh, expected_status=expected_status, expected_wording=expected_wording)
    decision = Decision(verb=Decision.Verb.DELETE, moderator=by, note=note)
    transition(fresh, Status.TRASH, root=root, decision=decision, removed_by=Comment.Remover.MODERATOR, notify=False)
    if fresh.has_replies:
        Comment.objects.filter(pk=fresh.pk).update(wording=None, reports=0)
        Wording.objects.filter(comment=fresh).delete()
        Passage.objects.filter(comment=fresh).delete()
        AuthorAnswer.objects.filter(comment=fresh).delete()
        fresh.reported.all().delete()
        fresh.liked_by.update(network="")
    else:
        fresh.delete()  # type: ignore[no-untyped-call]
        decision.comment = None
    return decision
