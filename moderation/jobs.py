"""Periodic jobs of moderation."""

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
    """Train the spam filter from the current decisions."""
    learning.learn()


@every(hours=1)
@job()
def send_digests() -> None:
    """Send hourly digests, and daily ones in the morning of the site's time zone."""
    digest.gather(timezone.now(), daily=False)
    digest.gather(newest_morning(), daily=True)
    outbox.send()


@every(days=1)
@job()
def forget_networks() -> None:
    """Erase the networks of old reports, as for comments and likes."""
    old = Report.objects.filter(created__lt=timezone.now() - NETWORKS_KEPT).exclude(network="")
    old.update(network="")
