"""The verbs of moderators who write: in somebody's place, or an answer. Each is one transaction, and on record."""

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import Commenter, User
from blog import markup
from comments.models import Comment, Status, Wording
from comments.posting import actions as speaking
from comments.screening.screening import Sender
from moderation.decisions import actions, transitions, undo
from moderation.models import Decision


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
    _root, fresh = transitions.lock(comment.pk)
    transitions.check(fresh, seen=None, words=words)
    old = fresh.wording
    if old is None or old.text == text:
        raise Unchanged
    html = markup.comment(text)
    if not markup.plain(html):
        raise Empty
    was, now = (fresh.wording_id, fresh.edited), timezone.now()
    decision = Decision.objects.record(fresh, Decision.Verb.EDIT, fresh.status, moderator=by, why=why, created=now)
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
    made.append(
        Decision.objects.record(
            answer,
            Decision.Verb.REPLY,
            Status.APPROVED,
            moderator=by,
            before=Status.TRASH,  # where it goes when this is taken back
            removed_by=Comment.Remover.UNDONE,
        )
    )
    return made


@transaction.atomic
def delete(comment: Comment, *, by: User, why: str = "", seen: str | None = None, words: int | None = None) -> Decision:
    """For good: no words are left, nor where they came from; and a place only where answers hang from it.

    The record stays. Raises as actions.decide() does.
    """
    root, fresh = transitions.lock(comment.pk)
    transitions.check(fresh, seen=seen, words=words)
    decision = Decision.objects.record(fresh, Decision.Verb.DELETE, Status.TRASH, moderator=by, why=why)
    is_seen = fresh.is_approved or fresh.has_readable_replies()
    if fresh.is_approved:
        fresh.count(-1, root=root)
    if fresh.rght - fresh.lft > 1:
        Comment.objects.filter(pk=fresh.pk).update(
            status=Status.TRASH, removed_by=Comment.Remover.MODERATOR, changed=timezone.now(), wording=None, reports=0
        )
        Wording.objects.filter(comment=fresh).delete()
        fresh.reported.all().delete()
        fresh.liked_by.update(network="")
    else:
        fresh.delete()  # type: ignore[no-untyped-call]
        decision.comment = None
    if is_seen:
        pagecache.bump(fresh.essay.cache_key, "comments")
    return decision
