"""Appeal against the removal of a comment, as its author."""

from django.db import transaction

from comments.models import Appeal, Comment, Decision, Rules
from comments.notifications import report_notifications
from comments.threads import removals


class Closed(Exception):
    """It was not refused by anybody, or too long ago, or nobody appeals here."""


class AppealedAlready(Exception):
    """Once is what there is; the argument is the appeal."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__(appeal)
        self.appeal = appeal


@transaction.atomic
def appeal(pk: int, *, words: str, rules: Rules) -> Appeal:
    """Bring a refused comment back before those who decide. Raises Closed or AppealedAlready."""
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is None:
        raise Closed
    if made := Appeal.objects.filter(comment=comment).first():
        raise AppealedAlready(made)
    refusal = next(Decision.objects.refusals([pk]), None)
    removal = removals.of([pk]).get(pk)
    if refusal is None or removal is None or not removal.may_appeal(comment, rules):
        raise Closed
    made = Appeal.objects.create(comment=comment, decision=refusal, words=words)
    report_notifications.notify.enqueue(pk)
    return made


def is_open(comment: Comment) -> bool:
    return Appeal.objects.open().filter(comment=comment).exists()
