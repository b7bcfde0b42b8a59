"""What writers do with their own: change the words for a while, take the comment away. Each is one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone

import pagecache
from accounts.models import Commenter, User
from blog import markup
from blog.models import Authorship
from comments.models import Comment, Decision, Rules, Status, Wording
from comments.models.permissions import moderators
from comments.posting import akismet_check
from comments.posting.actions import Flooded
from comments.screening import screening
from comments.screening.history import history_of_comment
from comments.screening.screening import Draft, Sender
from comments.threads.viewer import Viewer
from comments.transitions import transition
from server.http import ratelimit

AN_HOUR, EDITS_AN_HOUR = 60 * 60, 20
SHOWN = frozenset({Status.APPROVED, Status.PENDING})


class NotYours(Exception):
    """Whoever asks is not known as its writer, or it is gone."""


class Removed(Exception):
    """It is taken for spam, or was taken away."""


@dataclass
class TooLate(Exception):
    """The time in which it could be changed is over; None: nobody changes anything here."""

    ended: datetime | None


class Answered(Exception):
    """Somebody has answered what stands there."""


class Changed(Exception):
    """It was edited since the form was drawn; the argument is the comment as it is now."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


def find(pk: int, user: User | AnonymousUser) -> Comment | None:
    """A comment with all that its pages show; `is_trusted`: the user wrote it, and the essay or keeps order here."""
    found = Comment.objects.select_related("essay__discussion__rules", "commenter", "wording", "parent__commenter")
    if isinstance(user, User):
        writes = Exists(Authorship.objects.filter(essay=OuterRef("essay"), author=user))
        keeps = Exists(User.objects.filter(moderators(), pk=user.pk))
        found = found.annotate(is_trusted=Q(commenter__user=user) & (writes | keeps))
    else:
        found = found.annotate(is_trusted=Value(False))
    comment: Comment | None = found.filter(pk=pk).first()
    return comment


def ends(comment: Comment, rules: Rules) -> datetime:
    moment: datetime = comment.created + timedelta(minutes=rules.edit_minutes)
    return moment


def check(comment: Comment, rules: Rules) -> None:
    """Raises Removed, TooLate or Answered where the words stand as they are."""
    if comment.status not in SHOWN:
        raise Removed
    if timezone.now() >= ends(comment, rules):
        raise TooLate(ends(comment, rules) if rules.edit_minutes else None)
    if rules.edit_until_answered and comment.is_answered():
        raise Answered


@transaction.atomic
def edit(
    pk: int, *, by: Viewer, text: str, sender: Sender, rules: Rules, seen: str = "", is_trusted: bool = False
) -> Comment:
    """Put new words in the place of the old, which stay as history. `seen`: the wording that the writer started from.

    What waits goes on waiting; what is published waits again if a first post of these words would, and goes under Spam
    if that would.
    Raises NotYours, Changed, Flooded, screening.Refused, or as check() does; then nothing is kept.
    """
    root, comment = owned(pk, by)
    check(comment, rules)
    old = comment.wording
    if old and old.text == text:
        return comment
    if old and seen and seen != str(old.pk):
        raise Changed(comment)
    if wait := ratelimit.take("edit", f"commenter:{comment.commenter_id}", AN_HOUR, count=EDITS_AN_HOUR):
        raise Flooded(wait)
    wording = Wording(text=text, html=markup.comment(text), network=sender.network)
    asked = text if rules.rule_stamp else ""
    history = history_of_comment(comment, text=asked, address=sender.address)
    draft = Draft(comment.commenter, sender, wording, rules, comment.essay, history, comment.reports)
    verdict = screening.judge(draft, is_trusted=is_trusted)
    wording.likeness = draft.likeness
    was_public = comment.is_approved
    waits = not was_public or verdict.status != Status.APPROVED
    after = Status.SPAM if verdict.status == Status.SPAM else Status.PENDING if waits else Status.APPROVED
    comment.say(wording, reasons=verdict.reasons or (old.reasons if old and waits else []))
    comment.edited = comment.changed = timezone.now()
    Comment.objects.filter(pk=pk).update(edited=comment.edited, changed=comment.changed)
    if after != comment.status:
        decision = Decision(verb=Decision.Verb.RULE, rule_id=verdict.rule) if verdict.rule else None
        transition(comment, after, root=root, decision=decision)
    elif was_public:
        pagecache.bump(comment.essay.cache_key, "comments")
    akismet_check.enqueue(comment, is_vouched_for=is_trusted)
    return comment


@transaction.atomic
def remove(pk: int, *, by: Viewer) -> Comment:
    """Take a comment away: nothing stays to be read but, under answers, its place. Moderators can restore it.

    Raises NotYours, and Removed where somebody else took it away before; a second time it changes nothing.
    """
    root, comment = owned(pk, by)
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


def owned(pk: int, by: Viewer) -> tuple[Comment, Comment]:
    """The root of the thread and the comment, locked, if it is theirs still."""
    root, comment = Comment.objects.lock_thread(pk)
    if root is None or comment is None or not by.wrote(comment):
        raise NotYours
    return root, comment
