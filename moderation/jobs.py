"""What the clock does for moderators."""

from django.utils import timezone

from comments.jobs import NETWORKS_KEPT, newest_morning
from comments.models import Report
from comments.notifications import outbox
from moderation.decisions import digest
from moderation.insights import learning
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
