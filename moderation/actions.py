"""The verbs of moderators. Each is one transaction about one thread, and each is on record."""

from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from comments import akismet, disputes, notices
from comments.models import Comment, Status
from moderation import appeals, reporting
from moderation.models import Batch, Decision, Reason
from moderation.models.decision import standing

UNDONE_WITHIN = timedelta(days=30)
BACK = frozenset({Decision.Verb.UNDO, Decision.Verb.RESTORE})
REMOVED = frozenset({Status.SPAM, Status.TRASH})


class AlreadyDecided(Exception):
    """Somebody else was there first; the argument is how the comment stands."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


class Reworded(AlreadyDecided):
    """Its writer has changed the words since they were looked at."""


class TooOld(Exception):
    """What was decided so long ago is decided anew, not taken back."""


class How(TypedDict, total=False):
    """What may be said with any verb: why, between moderators; what it was looked at as, in which words; with what."""

    why: str
    seen: str | None
    words: int | None
    batch: Batch | None


class Told(How, total=False):
    """And with a refusal: a reason from the owner's list and a sentence, which its writer is told."""

    reason: Reason | None
    told: str


def approve(comment: Comment, *, by: User, **how: Unpack[How]) -> Decision:
    return decide(comment, Decision.Verb.APPROVE, Status.APPROVED, by=by, **how)


def unapprove(comment: Comment, *, by: User, **how: Unpack[How]) -> Decision:
    return decide(comment, Decision.Verb.UNAPPROVE, Status.PENDING, by=by, **how)


def mark_spam(comment: Comment, *, by: User, **how: Unpack[Told]) -> Decision:
    return decide(comment, Decision.Verb.SPAM, Status.SPAM, by=by, **how)


def trash(comment: Comment, *, by: User, **how: Unpack[Told]) -> Decision:
    return decide(comment, Decision.Verb.TRASH, Status.TRASH, by=by, **how)


@transaction.atomic
def decide(
    comment: Comment,
    verb: Decision.Verb,
    after: Status,
    *,
    by: User,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    **told: Any,
) -> Decision:
    """Change a comment's status. Whoever looked at it before deciding says as what it was `seen`, with which `words`.

    Raises AlreadyDecided when it stands otherwise by now, or like that already, Reworded when its writer has changed
    it, Comment.DoesNotExist when it is gone.
    """
    root, fresh = lock(comment.pk)
    if fresh.status == after:
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    comment.status = after
    return settle(root, fresh, verb, after, by=by, why=why, **told)


@transaction.atomic
def restore(
    comment: Comment,
    *,
    by: User,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    batch: Batch | None = None,
) -> Decision:
    """Back out of spam or trash, to what it was before it went there; one that arrived there waits.

    Raises as decide() does.
    """
    root, fresh = lock(comment.pk)
    if fresh.status not in REMOVED:
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    comment.status = before_removal(fresh)
    return settle(root, fresh, Decision.Verb.RESTORE, Status(comment.status), by=by, why=why, batch=batch)


@transaction.atomic
def keep(
    comment: Comment,
    *,
    by: User,
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    batch: Batch | None = None,
) -> Decision:
    """A reported comment stays: what readers say against it is dismissed. Raises as decide() does."""
    root, fresh = lock(comment.pk)
    if not fresh.is_approved or not fresh.reports:
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    return settle(root, fresh, Decision.Verb.KEEP, Status.APPROVED, by=by, why=why, batch=batch)


@transaction.atomic
def deny(
    comment: Comment,
    *,
    by: User,
    told: str = "",
    why: str = "",
    seen: str | None = None,
    words: int | None = None,
    batch: Batch | None = None,
) -> Decision:
    """The appeal against a refusal is refused, with what its writer is told. Raises as decide() does."""
    root, fresh = lock(comment.pk)
    if fresh.status not in REMOVED or not appeals.is_open(fresh):
        raise AlreadyDecided(fresh)
    check(fresh, seen=seen, words=words)
    return settle(root, fresh, Decision.Verb.DENY, Status(fresh.status), by=by, why=why, told=told, batch=batch)


@transaction.atomic
def undo(decision: Decision, *, by: User, batch: Batch | None = None) -> Decision:
    """Take a decision back, an undo too, so that all is as it was before. Raises as decide() does, and TooOld.

    AlreadyDecided here: something was decided since, its words were changed, or its author removed it.
    """
    root, fresh = lock(decision.number)
    newest = Decision.objects.filter(comment=fresh).first()
    if newest != decision or fresh.status != decision.after or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    if not decision.before:  # a rule's, about what had just come: there is nothing to go back to
        raise AlreadyDecided(fresh)
    if decision.created < timezone.now() - UNDONE_WITHIN:
        raise TooOld
    was = fresh.wording_id, fresh.edited
    if decision.wording_id:
        if not says_what_it_made(fresh, decision):
            raise Reworded(fresh)
        say_again(fresh, decision)
    undone = settle(root, fresh, Decision.Verb.UNDO, Status(decision.before), by=by, undoes=decision, batch=batch)
    if decision.wording_id:
        reword(fresh, undone, was)
    return undone


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


def check(fresh: Comment, *, seen: str | None, words: int | None) -> None:
    """Raises AlreadyDecided or Reworded where it is not what whoever decides has looked at."""
    if seen not in {None, fresh.status} or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    if words not in {None, fresh.wording_id}:
        raise Reworded(fresh)


def lock(pk: int) -> tuple[Comment, Comment]:
    """The root of a comment's thread, and the comment, as they are once nobody else can change them."""
    root, fresh = Comment.objects.lock_thread(pk)
    if root is None or fresh is None:
        raise Comment.DoesNotExist(f"There is no comment {pk}.")
    return root, fresh


def before_removal(comment: Comment) -> Status:
    """The last status on record in which it was no spam and not in the trash.

    Nobody decided about words that came later: those wait.
    """
    edited = comment.edited
    for decision in Decision.objects.in_force(comment):
        if decision.verb == Decision.Verb.EDIT and decision.created == edited:
            edited = decision.edited  # these words a moderator put there
        if edited and decision.created < edited:
            break
        for status in (decision.after, decision.before):
            if status and status not in REMOVED:
                return Status(status)
    return Status.PENDING


def settle(
    root: Comment,
    comment: Comment,
    verb: Decision.Verb,
    after: Status,
    *,
    by: User,
    why: str = "",
    undoes: Decision | None = None,
    batch: Batch | None = None,
    reason: Reason | None = None,
    told: str = "",
) -> Decision:
    """Change the status of a locked comment with all that is counted, and write down who did it."""
    decision = Decision.objects.create(
        comment=comment,
        number=comment.pk,
        essay=comment.essay,
        moderator=by,
        verb=verb,
        why=why,
        reason=reason,
        told=told,
        batch=batch,
        before=comment.status,
        after=after,
        removed_by=comment.removed_by,
        undoes=undoes,
    )
    if undoes:
        comment.removed_by = undoes.removed_by
    else:
        comment.removed_by = Comment.Remover.MODERATOR if after in REMOVED else Comment.Remover.NOBODY
    comment.status = after
    comment.changed = timezone.now()
    Comment.objects.filter(pk=comment.pk).update(status=after, removed_by=comment.removed_by, changed=comment.changed)
    change = (after == Status.APPROVED) - (decision.before == Status.APPROVED)
    if change:
        comment.count(change, root=root)
    if is_news(decision):
        # its writer, if they asked; and of one that appears all who have not heard
        notices.tell.enqueue(comment.pk, **as_of(decision, comment))
    if reporting.settle(comment, decision) | appeals.settle(comment, decision, by=by):
        disputes.tell.enqueue(comment.pk)
    akismet.decided(comment, before=decision.before, after=after)
    if change or comment.rght - comment.lft > 1:  # else no reader's page shows it, not even its place
        pagecache.bump(comment.essay.cache_key, "comments")
    return decision


def is_news(decision: Decision) -> bool:
    """Whether there may be something in it that nobody has heard of.

    What comes back as it was published before is none, but an approval may have been undone before its mail went out;
    and what waits again may have been elsewhere just when its mails were due.
    """
    if decision.before == Status.PENDING:
        return True
    if decision.after == Status.APPROVED:
        is_approval = decision.verb == Decision.Verb.APPROVE
        return is_approval or Decision.objects.filter(number=decision.number, verb=Decision.Verb.APPROVE).exists()
    return decision.after == Status.PENDING and decision.verb in BACK and Decision.Verb.UNAPPROVE not in held(decision)


def as_of(decision: Decision, comment: Comment) -> dict[str, str]:
    """Up to when somebody must have asked to hear of it: of what comes back, before it first stood there."""
    if decision.after != Status.APPROVED or decision.verb not in BACK:
        return {}
    return {"asked_before": held(decision).get(Decision.Verb.APPROVE, comment.created).isoformat()}


def held(decision: Decision) -> dict[str, datetime]:
    """What else was decided about its comment and holds: when each was last."""
    rows = Decision.objects.filter(number=decision.number).order_by("-pk")
    return {one.verb: one.created for one in reversed(list(standing(rows))) if one.pk != decision.pk}
