"""Periodic jobs of moderation."""

from django.utils import timezone

from comments.jobs import NETWORK_MAX_AGE, latest_digest_time
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
    digest.build_digests(timezone.now(), daily=False)
    digest.build_digests(latest_digest_time(), daily=True)
    outbox.send()


@every(days=1)
@job()
def erase_report_networks() -> None:
    """Erase the networks of old reports, as for comments and likes."""
    old = Report.objects.filter(created__lt=timezone.now() - NETWORK_MAX_AGE).exclude(network="")
    old.update(network="")
