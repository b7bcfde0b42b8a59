"""Decisions at one stroke over all that a filter finds: done by a job, and taken back by one."""

from time import monotonic
from typing import Any

from django.db.models import Max, Q
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from comments.models import Batch, Decision
from moderation.decisions import undo
from moderation.decisions.rights import Rights, rights_of
from moderation.queue.deciding import attempt, verb_of
from moderation.queue.outcome import Outcome
from moderation.queue.query import Place
from server.jobs.tasks import job

AT_A_TIME = 100
SPELL = 4.0  # seconds


def place_of(batch: Batch, rights: Rights) -> Place:
    return Place.of(QueryDict(batch.asked.get("query", "").lstrip("?")), rights)


def decide_all(batch: Batch) -> bool:
    """Decide about what is left, for a spell; whether all of it is done. What changed since it was asked for is missed.

    A worker that takes over from one that died goes on where that one was.
    """
    rights, over = rights_of(batch.moderator) if batch.moderator else None, monotonic() + SPELL
    if rights is None or batch.state != Batch.State.RUNNING:
        return ended(batch, Batch.State.FAILED if batch.state == Batch.State.RUNNING else batch.state)
    verb, place = verb_of(batch.verb), place_of(batch, rights)
    unchanged = Q(changed__lte=batch.created) & (Q(edited=None) | Q(edited__lte=batch.created))
    unchanged &= of_days(batch)
    listed = place.comments().filter(unchanged, pk__lte=batch.asked["up_to"]).order_by("pk").select_related("commenter")
    while found := list(listed.filter(pk__gt=batch.asked["after"])[:AT_A_TIME]):
        outcome = Outcome([])
        for comment in found:
            seen = {"seen": comment.status, "words": comment.wording_id}
            attempt(outcome, verb, comment, by=rights.user, batch=batch, why=batch.why, **seen)
        batch.asked["after"] = found[-1].pk
        count(batch)
        if monotonic() > over:
            return False
    count(batch)
    batch.missed = max(0, batch.total - batch.done)
    return ended(batch, Batch.State.DONE)


def of_days(batch: Batch) -> Q:
    """What was asked for of one person: said since then, and standing so."""
    asked = batch.asked
    return Q(created__gte=asked["since"], status__in=asked["statuses"]) if "since" in asked else Q()


def undo_all(batch: Batch, rights: Rights) -> bool:
    """As decide_all(), the other way."""
    over = monotonic() + SPELL
    theirs = batch.decisions.filter(comment__in=rights.comments()).exclude(verb=Decision.Verb.UNDO)
    before: Any = batch.asked.get("undone_to") or Decision.objects.aggregate(newest=Max("pk"))["newest"] + 1
    while found := list(theirs.filter(pk__lt=before).order_by("-pk")[:AT_A_TIME]):
        outcome = Outcome([])
        for decision in found:
            attempt(outcome, undo.undo, decision, by=rights.user, batch=batch)
        before = batch.asked["undone_to"] = found[-1].pk
        count(batch)
        if monotonic() > over:
            return False
    count(batch)
    return ended(batch, Batch.State.UNDONE)


def count(batch: Batch) -> None:
    """From what is on record, so that nothing counts twice."""
    undone = batch.decisions.filter(verb=Decision.Verb.UNDO).count()
    batch.done, batch.undone = batch.decisions.count() - undone, undone
    batch.save(update_fields=["asked", "done", "undone"])


def ended(batch: Batch, state: str) -> bool:
    batch.state, batch.ended = state, timezone.now()
    batch.save(update_fields=["state", "ended", "missed"])
    return True


@job()
def decide_batch(batch_pk: int) -> None:
    """Decide for a few seconds, then leave the rest to another job, so that other jobs have their turn."""
    batch = Batch.objects.select_related("moderator").filter(pk=batch_pk).first()
    if batch and not decide_all(batch):
        decide_batch.enqueue(batch_pk)


@job(is_first=True)
def undo_batch(batch_pk: int, by: int) -> None:
    """Undo before the emails about those decisions are sent."""
    batch, user = Batch.objects.filter(pk=batch_pk).first(), User.objects.filter(pk=by).first()
    rights = rights_of(user) if user else None
    if batch and rights and not undo_all(batch, rights):
        undo_batch.enqueue(batch_pk, by)
