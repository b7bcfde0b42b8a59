"""The verbs of moderators who write: in somebody's place, or an answer. Each is one transaction, and on record."""

from django.db import transaction
from django.utils import timezone

from accounts.models import Commenter, User
from blog import markup
from comments.models import Comment, Decision, Status, Wording
from comments.posting import actions as speaking
from comments.screening.screening import Sender
from comments.transitions import transition
from moderation.decisions import actions, locking, undo


class Unchanged(Exception):
    """These are the words that stand there."""


class TooLong(Exception):
    """More than a comment may have."""


class Empty(Exception):
    """Nothing of these words would be seen."""


@transaction.atomic
def edit(comment: Comment, *, by: User, text: str, why: str = "", words: int | None = None) -> Decision:
    """Put other words in the place of somebody's, which stay as history; readers see that it was edited.

    Raises Unchanged, Empty, or as actions.decide() does.
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
    words_now = Wording(text=text, html=html, likeness=old.likeness, network=old.network, created=now)
    fresh.say(words_now, reasons=old.reasons)
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
    """Answer a comment, which is approved by that: what was decided, the comment first.

    Raises as actions.decide() and comments.posting.actions.post() do; then nothing is kept.
    """
    made = []
    if not comment.is_approved:
        made.append(actions.approve(comment, by=by, seen=seen, words=words))
    answer = speaking.post(
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
    decision.describe(answer, Status.APPROVED)
    decision.before, decision.removed_by = Status.TRASH, Comment.Remover.UNDONE  # what an undo makes of it
    decision.save(force_insert=True)
    return [*made, decision]


@transaction.atomic
def delete(comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None) -> Decision:
    """For good: no words are left, nor where they came from; and a place only where answers hang from it.

    The record stays. Raises as actions.decide() does.
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
