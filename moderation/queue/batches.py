"""Jobs that carry out and undo batches: one action on everything that matches a filter."""

from time import monotonic
from typing import Any

from django.db.models import Max, Q
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from comments.models import Batch, Decision
from moderation.decisions import undo
from moderation.decisions.rights import Rights, rights_of
from moderation.queue.deciding import Outcome, attempt, get_verb
from moderation.queue.query import QueueState
from server.jobs.tasks import job

CHUNK_SIZE = 100
TIME_LIMIT = 4.0  # seconds


def queue_state_of(batch: Batch, rights: Rights) -> QueueState:
    """Return the queue as it was filtered when the batch was started."""
    return QueueState.from_query(QueryDict(batch.requested.get("query", "").lstrip("?")), rights)


def decide_all(batch: Batch) -> bool:
    """Continue a batch for TIME_LIMIT seconds; return whether it is done. Comments changed since its start are skipped.

    Progress is saved after each chunk, so another worker can continue after a crash.
    """
    rights, deadline = rights_of(batch.moderator) if batch.moderator else None, monotonic() + TIME_LIMIT
    if rights is None or batch.state != Batch.State.RUNNING:
        return finish(batch, Batch.State.FAILED if batch.state == Batch.State.RUNNING else batch.state)
    verb, state = get_verb(batch.verb), queue_state_of(batch, rights)
    unchanged = Q(changed__lte=batch.created) & (Q(edited=None) | Q(edited__lte=batch.created))
    requested = batch.requested
    if "since" in requested:  # a batch about one person is limited to the chosen days and statuses
        unchanged &= Q(created__gte=requested["since"], status__in=requested["statuses"])
    listed = state.comments().filter(unchanged, pk__lte=requested["up_to"]).order_by("pk").select_related("commenter")
    while found := list(listed.filter(pk__gt=requested["after"])[:CHUNK_SIZE]):
        outcome = Outcome([])
        for comment in found:
            expected = {"expected_status": comment.status, "expected_wording": comment.wording_id}
            attempt(outcome, verb, comment, by=rights.user, batch=batch, note=batch.note, **expected)
        requested["after"] = found[-1].pk
        save_progress(batch)
        if monotonic() > deadline:
            return False
    save_progress(batch)
    batch.missed = max(0, batch.total - batch.done)
    return finish(batch, Batch.State.DONE)


def undo_all(batch: Batch, rights: Rights) -> bool:
    """Continue the undo of a batch for TIME_LIMIT seconds; return whether it is done."""
    deadline = monotonic() + TIME_LIMIT
    decisions = batch.decisions.filter(comment__in=rights.comments()).exclude(verb=Decision.Verb.UNDO)
    before: Any = batch.requested.get("undone_to") or Decision.objects.aggregate(newest=Max("pk"))["newest"] + 1
    while found := list(decisions.filter(pk__lt=before).order_by("-pk")[:CHUNK_SIZE]):
        outcome = Outcome([])
        for decision in found:
            attempt(outcome, undo.undo, decision, by=rights.user, batch=batch)
        before = batch.requested["undone_to"] = found[-1].pk
        save_progress(batch)
        if monotonic() > deadline:
            return False
    save_progress(batch)
    return finish(batch, Batch.State.UNDONE)


def save_progress(batch: Batch) -> None:
    """Save progress, counted from the recorded decisions so that nothing counts twice."""
    undone = batch.decisions.filter(verb=Decision.Verb.UNDO).count()
    batch.done, batch.undone = batch.decisions.count() - undone, undone
    batch.save(update_fields=["requested", "done", "undone"])


def finish(batch: Batch, state: str) -> bool:
    """Save a batch's final state and the time; return True: it is done."""
    batch.state, batch.ended = state, timezone.now()
    batch.save(update_fields=["state", "ended", "missed"])
    return True


@job()
def decide_batch(batch_pk: int) -> None:
    """Continue a batch for a few seconds and leave the rest to another job, so that other jobs have their turn."""
    batch = Batch.objects.select_related("moderator").filter(pk=batch_pk).first()
    if batch and not decide_all(batch):
        decide_batch.enqueue(batch_pk)


@job(is_urgent=True)
def undo_batch(batch_pk: int, by: int) -> None:
    """Undo a batch, before other jobs so that emails about its decisions are not sent."""
    batch, user = Batch.objects.filter(pk=batch_pk).first(), User.objects.filter(pk=by).first()
    rights = rights_of(user) if user else None
    if batch and rights and not undo_all(batch, rights):
        undo_batch.enqueue(batch_pk, by)
