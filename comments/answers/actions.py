"""Store, change and remove what an author of an essay says about a comment, and the comments that they pick."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from blog.models import Essay, Revision
from comments.answers import notifications
from comments.models import AuthorAnswer, Comment, Discussion
from comments.posting.actions import CommentGone

CORRECTED = AuthorAnswer.Label.CORRECTED


@dataclass(frozen=True)
class Choice:
    """What an author chooses for a comment. `revision`: the first with the correction; None if it is still to come."""

    label: str = ""
    revision: Revision | None = None
    is_picked: bool = False
    is_strongest: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.label or self.is_picked or self.is_strongest)


@transaction.atomic
def save(pk: int, choice: Choice, *, by: User) -> None:
    """Store an author's choice for a comment; an empty one removes the answer. Raises CommentGone.

    Another comment on the essay is no longer its strongest objection if this one becomes it.
    """
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is None or not comment.is_approved:
        raise CommentGone
    Discussion.objects.save_settings(comment.essay, has_passages=True)  # this locks it: one strongest for each essay
    if choice.is_strongest:
        others = AuthorAnswer.objects.filter(essay=comment.essay_id, is_strongest=True).exclude(pk=pk)
        others.update(is_strongest=False)
        others.model.objects.filter(essay=comment.essay_id).empty().delete()
    stored = AuthorAnswer.objects.filter(pk=pk).first()
    if choice.is_empty:
        if stored is None:
            return
        stored.delete()
    else:
        answer = stored or AuthorAnswer(comment=comment, essay=comment.essay)
        before = answer.shown, answer.is_to_come
        answer.label, answer.is_picked, answer.is_strongest = choice.label, choice.is_picked, choice.is_strongest
        answer.revision = choice.revision if choice.label == CORRECTED else None
        answer.by = by
        if (answer.shown, answer.is_to_come) != before:
            answer.created = timezone.now()
            notifications.notify.enqueue(pk)
        answer.save()
    mark_changed(comment.essay, [pk])


@transaction.atomic
def complete_corrections(essay: Essay) -> list[int]:
    """Give the corrections that are still to come the version that readers see now; return their comments."""
    shown = Revision.objects.public(essay).first()
    if shown is None or shown.version is None:
        return []
    first = essay.revisions.filter(version=shown.version).order_by("pk").first()
    rows = AuthorAnswer.objects.filter(essay=essay).to_come().select_for_update(of=("self",)).order_by("pk")
    # Those chosen after this text was published are about the next one.
    due = [row for row in rows if first and first.public_from and row.created < first.public_from]
    for row in due:
        row.revision, row.created = first, timezone.now()
    AuthorAnswer.objects.bulk_update(due, ["revision", "created"])
    if due:
        mark_changed(essay, [row.pk for row in due])
    for row in due:
        notifications.notify.enqueue(row.pk)
    return [row.pk for row in due]


def mark_changed(essay: Essay, comments: list[int]) -> None:
    """Renew the pages that show the answers to these comments, and let the replies pages of their writers look."""
    Comment.objects.filter(pk__in=comments).update(changed=timezone.now())
    pagecache.invalidate(essay.cache_key, "comments")
