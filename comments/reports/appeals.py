"""Appeal against the removal of a comment, as its author."""

from django.db import transaction

from comments.models import Appeal, Comment, Decision, Rules
from comments.notifications import report_notifications
from comments.threads import removals


class Closed(Exception):
    """The comment was not rejected, the time for an appeal is over, or appeals are off."""


class AppealedAlready(Exception):
    """A comment can be appealed once; the argument is that appeal."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__(appeal)
        self.appeal = appeal


@transaction.atomic
def appeal(pk: int, *, words: str, rules: Rules) -> Appeal:
    """Appeal the rejection of a comment. Raises AppealsClosed or AlreadyAppealed."""
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is None:
        raise Closed
    if created := Appeal.objects.filter(comment=comment).first():
        raise AppealedAlready(created)
    rejection = next(Decision.objects.refusals([pk]), None)
    removal = removals.of([pk]).get(pk)
    if rejection is None or removal is None or not removal.may_appeal(comment, rules):
        raise Closed
    created = Appeal.objects.create(comment=comment, decision=rejection, words=words)
    report_notifications.notify.enqueue(pk)
    return created


def is_open(comment: Comment) -> bool:
    return Appeal.objects.open().filter(comment=comment).exists()
