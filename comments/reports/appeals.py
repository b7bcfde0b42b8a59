"""Appeal against the removal of a comment, as its author."""

from django.db import transaction

from comments.models import Appeal, Comment, Decision, Rules
from comments.notifications import report_notifications
from comments.threads import removals


class AppealsClosed(Exception):
    """The comment was not rejected, the time for an appeal is over, or appeals are off."""


class AlreadyAppealed(Exception):
    """A comment can be appealed once; the argument is that appeal."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__(appeal)
        self.appeal = appeal


@transaction.atomic
def submit_appeal(pk: int, *, words: str, rules: Rules) -> Appeal:
    """Appeal the rejection of a comment. Raises AppealsClosed or AlreadyAppealed."""
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is None:
        raise AppealsClosed
    if created := Appeal.objects.filter(comment=comment).first():
        raise AlreadyAppealed(created)
    rejection = next(Decision.objects.latest_in_force([pk], is_rejection=True), None)
    removal = removals.for_comments([pk]).get(pk)
    if rejection is None or removal is None or not removal.may_appeal(comment, rules):
        raise AppealsClosed
    created = Appeal.objects.create(comment=comment, decision=rejection, text=words)
    report_notifications.notify.enqueue(pk)
    return created


def has_open_appeal(comment: Comment) -> bool:
    """Return whether an appeal about this comment awaits a decision."""
    return Appeal.objects.open().filter(comment=comment).exists()
