"""The verb of writers who ask for a second look at what was refused, and what decisions make of that."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from comments.models import Comment, Rules, Status
from comments.notifications import report_notifications
from comments.threads import removals
from moderation.models import Appeal, Decision
from moderation.models.decision import REMOVED

Verb, State = Decision.Verb, Appeal.State


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
    report_notifications.tell.enqueue(pk)
    return made


def is_open(comment: Comment) -> bool:
    return Appeal.objects.open().filter(comment=comment).exists()


def settle(comment: Comment, decision: Decision, *, by: User | None) -> bool:
    """What a decision makes of the appeal against an earlier one; whether it makes anything of any."""
    if decision.undoes_id:
        found = Appeal.objects.filter(comment=comment, settled=decision.undoes_id).first()
        if found is None:
            return False
        if found.state != State.OPEN:
            open_again(found, decision)
            return True
        answer(found, decision, by, words=said_first(decision).sentence)  # an undo is taken back
        return True
    found = Appeal.objects.open().filter(comment=comment).first()
    if found is None or not is_answer(decision):
        return False
    answer(found, decision, by, words=decision.sentence)
    return True


def is_answer(decision: Decision) -> bool:
    if decision.after == Status.APPROVED or decision.verb == Verb.DENY:
        return True
    return decision.after in REMOVED and decision.before == Status.PENDING  # looked at again, refused again


def said_first(decision: Decision) -> Decision:
    """The decision that this one, at the end of a row of undoes, makes hold again."""
    while decision.undoes is not None:
        decision = decision.undoes
    return decision


def answer(appeal: Appeal, decision: Decision, by: User | None, *, words: str) -> None:
    appeal.state = State.GRANTED if decision.after == Status.APPROVED else State.DENIED
    appeal.answer, appeal.answered_by, appeal.answered = words, by, timezone.now()
    keep(appeal, decision)


def open_again(appeal: Appeal, decision: Decision) -> None:
    appeal.state, appeal.answer, appeal.answered_by, appeal.answered = State.OPEN, "", None, None
    keep(appeal, decision)


def keep(appeal: Appeal, decision: Decision) -> None:
    appeal.settled = decision
    appeal.save(update_fields=["state", "answer", "answered_by", "answered", "settled"])
