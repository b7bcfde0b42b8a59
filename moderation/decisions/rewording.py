"""Moderators' edits, replies and deletions. Each is one transaction and is recorded as a Decision."""

from django.db import transaction
from django.utils import timezone

from accounts.models import Commenter, User
from blog import markup
from comments.models import Comment, Decision, Status, Wording
from comments.posting import actions as posting
from comments.screening.screening import Sender
from comments.transitions import transition
from moderation.decisions import actions, locking, undo


class Unchanged(Exception):
    """The new text equals the current one."""


class TooLong(Exception):
    """The text exceeds the size limit of comments."""


class Empty(Exception):
    """The text has no visible content."""


@transaction.atomic
def edit(comment: Comment, *, by: User, text: str, why: str = "", words: int | None = None) -> Decision:
    """Replace a comment's text and keep the old one as an earlier version; readers see that it was edited.

    Raises Unchanged, Empty, and what actions.decide() raises.
    """
    _root, fresh = locking.lock(comment.pk)
    locking.check(fresh, seen=None, words=words)
    old = fresh.wording
    if old is None or old.text == text:
        raise Unchanged
    html = markup.comment(text)
    if not markup.plain(html):
        raise Empty
    was, now = (fresh.wording_id, fresh.edited), timezone.now()
    decision = Decision(verb=Decision.Verb.EDIT, moderator=by, why=why, created=now)
    decision.describe(fresh, fresh.status)
    decision.save(force_insert=True)
    wording = Wording(text=text, html=html, likeness=old.likeness, network=old.network, created=now)
    fresh.say(wording, reasons=old.reasons)
    fresh.edited = fresh.changed = now
    Comment.objects.filter(pk=fresh.pk).update(changed=now)
    undo.reword(fresh, decision, was)
    return decision


@transaction.atomic
def reply(
    comment: Comment,
    *,
    by: User,
    sender: Sender,
    text: str,
    key: str = "",
    seen: str | None = None,
    words: int | None = None,
) -> list[Decision]:
    """Approve a comment if necessary and reply to it; return the decisions, the approval first.

    Raises what actions.decide() and comments.posting.actions.post() raise; then nothing is saved.
    """
    decisions = []
    if not comment.is_approved:
        decisions.append(actions.approve(comment, by=by, seen=seen, words=words))
    posted = posting.post(
        essay=comment.essay,
        commenter=Commenter.objects.of(by),
        sender=sender,
        text=text,
        parent=comment.pk,
        is_trusted=True,
        is_moderator=True,
        key=key,
    )
    decision = Decision(verb=Decision.Verb.REPLY, moderator=by)
    decision.describe(posted, Status.APPROVED)
    decision.before, decision.removed_by = Status.TRASH, Comment.Remover.UNDONE  # what undoing the decision restores
    decision.save(force_insert=True)
    return [*decisions, decision]


@transaction.atomic
def delete(comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None) -> Decision:
    """Permanently delete a comment's texts and networks; an empty row stays if it has replies.

    Its decisions are kept. Raises what actions.decide() raises.
    """
    root, fresh = locking.lock(comment.pk)
    locking.check(fresh, seen=seen, words=words)
    decision = Decision(verb=Decision.Verb.DELETE, moderator=by, why=why)
    transition(fresh, Status.TRASH, root=root, decision=decision, removed_by=Comment.Remover.MODERATOR, notify=False)
    if fresh.has_replies:
        Comment.objects.filter(pk=fresh.pk).update(wording=None, reports=0)
        Wording.objects.filter(comment=fresh).delete()
        fresh.reported.all().delete()
        fresh.liked_by.update(network="")
    else:
        fresh.delete()  # type: ignore[no-untyped-call]
        decision.comment = None
    return decision
