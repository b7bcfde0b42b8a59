"""What the clock does for moderators."""

from django.utils import timezone

from accounts.models import User
from comments.jobs import NETWORKS_KEPT, newest_morning
from comments.models import Batch, Report
from comments.notifications import outbox
from moderation.decisions import digest
from moderation.decisions.rights import rights_of
from moderation.insights import learning
from moderation.queue import bulk
from server.jobs.tasks import every, job


@every(hours=1)
@job()
def learn() -> None:
    """The spam filter learns what was decided, and forgets what was undone or is gone."""
    learning.learn()


@every(hours=1)
@job()
def send_digests() -> None:
    """Each hour what came in it; in the morning, where the site is, what came in a day."""
    digest.gather(timezone.now(), daily=False)
    digest.gather(newest_morning(), daily=True)
    outbox.send()


@every(days=1)
@job()
def forget_networks() -> None:
    """Where a report came from, as of comments and likes."""
    old = Report.objects.filter(created__lt=timezone.now() - NETWORKS_KEPT).exclude(network="")
    old.update(network="")


@job()
def decide_all(batch_pk: int) -> None:
    """After a spell another job takes over, so that others have their turn."""
    batch = Batch.objects.select_related("moderator").filter(pk=batch_pk).first()
    if batch and not bulk.decide_all(batch):
        decide_all.enqueue(batch_pk)


@job(is_first=True)
def undo_all(batch_pk: int, by: int) -> None:
    """Before the mails that tell of what is taken back."""
    batch, user = Batch.objects.filter(pk=batch_pk).first(), User.objects.filter(pk=by).first()
    rights = rights_of(user) if user else None
    if batch and rights and not bulk.undo_all(batch, rights):
        undo_all.enqueue(batch_pk, by)
