"""Edit, remove and erase comments, as their author. Each is one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone

import pagecache
from accounts.models import Commenter, User
from blog import markup
from blog.models import Authorship
from comments.models import AuthorAnswer, Comment, Decision, Passage, Rules, Status, Wording
from comments.models.permissions import moderators
from comments.posting import akismet_check
from comments.posting.actions import RateLimited
from comments.screening import screening
from comments.screening.history import history_of_comment
from comments.screening.screening import Draft, Sender
from comments.threads.viewer import Viewer
from comments.transitions import index, transition
from server.http import ratelimit

HOUR, EDITS_AN_HOUR = 60 * 60, 20
EDITABLE = frozenset({Status.APPROVED, Status.PENDING})


class NotAuthor(Exception):
    """The visitor is not known to be the author, or the comment was deleted."""


class Removed(Exception):
    """The comment is spam or was removed."""


@dataclass
class TooLate(Exception):
    """The time for editing ended at `ended`; None: editing is turned off."""

    ended: datetime | None


class AlreadyAnswered(Exception):
    """The comment has a reply."""


class EditConflict(Exception):
    """The comment was edited since the form was opened; the argument is the current comment."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


def find(pk: int, user: User | AnonymousUser) -> Comment | None:
    """Load a comment for its pages; `is_trusted` on it: the user wrote it, and is the essay's author or a moderator."""
    rows = Comment.objects.select_related("essay__discussion__rules", "commenter", "wording", "parent__commenter")
    is_trusted: Any = Value(False)
    if isinstance(user, User):
        writes = Exists(Authorship.objects.filter(essay=OuterRef("essay"), author=user))
        moderates = Exists(User.objects.filter(moderators(), pk=user.pk))
        is_trusted = Q(commenter__user=user) & (writes | moderates)
    comment: Comment | None = rows.annotate(is_trusted=is_trusted).filter(pk=pk).first()
    return comment


def editable_until(comment: Comment, rules: Rules) -> datetime:
    """Return when the time to edit a comment ends."""
    end: datetime = comment.created + timedelta(minutes=rules.edit_minutes)
    return end


def ensure_editable(comment: Comment, rules: Rules) -> None:
    """Check that the text can still be edited. Raises Removed, TooLate or AlreadyAnswered."""
    if comment.status not in EDITABLE:
        raise Removed
    if timezone.now() >= editable_until(comment, rules):
        raise TooLate(editable_until(comment, rules) if rules.edit_minutes else None)
    if rules.edit_until_answered and comment.is_answered():
        raise AlreadyAnswered


@transaction.atomic
def edit(
    pk: int, *, by: Viewer, text: str, sender: Sender, rules: Rules, seen: str = "", is_trusted: bool = False
) -> Comment:
    """Replace the text; the old one stays in the history. `seen`: the wording that the author started from.

    A pending comment stays pending. A published one becomes pending or spam if a new comment with this text would.
    Raises NotAuthor, EditConflict, RateLimited, screening.Rejected, or as ensure_editable(); then nothing is saved.
    """
    root, comment = lock_own_comment(pk, by)
    ensure_editable(comment, rules)
    old = comment.wording
    if old and old.text == text:
        return comment
    if old and seen and seen != str(old.pk):
        raise EditConflict(comment)
    if wait := ratelimit.acquire("edit", f"commenter:{comment.commenter_id}", HOUR, count=EDITS_AN_HOUR):
        raise RateLimited(wait)
    wording = Wording(text=text, html=markup.clean_comment(text), network=sender.network)
    searched = text if rules.rule_stamp else ""
    history = history_of_comment(comment, text=searched, address=sender.address)
    draft = Draft(comment.commenter, sender, wording, rules, comment.essay, history, comment.reports)
    verdict = screening.screen(draft, is_trusted=is_trusted)
    was_public = comment.is_approved
    is_held = not was_public or verdict.status != Status.APPROVED
    after = Status.SPAM if verdict.status == Status.SPAM else Status.PENDING if is_held else Status.APPROVED
    comment.set_wording(wording, reasons=verdict.reasons or (old.reasons if old and is_held else []))
    comment.edited = comment.changed = timezone.now()
    comment.spam_score = draft.stored_score
    Comment.objects.filter(pk=pk).update(edited=comment.edited, changed=comment.changed, spam_score=comment.spam_score)
    if after != comment.status:
        decision = Decision(verb=Decision.Verb.RULE, rule_id=verdict.rule) if verdict.rule else None
        transition(comment, after, root=root, decision=decision)
    elif was_public:
        index(comment)
        pagecache.invalidate(comment.essay.cache_key, "comments")
    if settings.AKISMET_KEY and not is_trusted:
        akismet_check.enqueue(comment)
    return comment


@transaction.atomic
def remove(pk: int, *, by: Viewer) -> Comment:
    """Remove a comment; if it has replies, a tombstone stays. Moderators can restore it. A repetition changes nothing.

    Raises NotAuthor, or Removed if someone else removed it before.
    """
    root, comment = lock_own_comment(pk, by)
    if comment.status == Status.TRASH:
        if comment.removed_by == Comment.Remover.AUTHOR:
            return comment
        raise Removed
    transition(comment, Status.TRASH, root=root, removed_by=Comment.Remover.AUTHOR)
    return comment


@transaction.atomic
def erase_all(commenter: Commenter) -> None:
    """Erase every comment of a person: no text is kept, and a tombstone only where there are replies."""
    for pk in Comment.objects.filter(commenter=commenter).order_by("tree_id", "pk").values_list("pk", flat=True):
        root, comment = Comment.objects.lock_thread(pk)
        if root and comment:
            transition(comment, Status.TRASH, root=root, removed_by=Comment.Remover.AUTHOR, notify=False)
            Comment.objects.filter(pk=pk).update(wording=None)
            Wording.objects.filter(comment=comment).delete()
            Passage.objects.filter(comment=comment).delete()
            AuthorAnswer.objects.filter(comment=comment).delete()


def lock_own_comment(pk: int, by: Viewer) -> tuple[Comment, Comment]:
    """Lock the thread; return its root and the comment. Raises NotAuthor."""
    root, comment = Comment.objects.lock_thread(pk)
    if root is None or comment is None or not by.is_author_of(comment):
        raise NotAuthor
    return root, comment
