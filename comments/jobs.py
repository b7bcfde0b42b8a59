"""Periodic jobs: sending emails and deleting expired data."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from blog.models import Site
from comments.models import Address, Like, Notice, Status, Subscription, Wording
from comments.models.subscription import WAITS_FOR
from comments.notifications import outbox
from comments.notifications.subscribing import CONFIRMATION_WINDOW
from server.jobs.tasks import every, job

NETWORK_MAX_AGE = ENDED_SUBSCRIPTION_MAX_AGE = timedelta(days=30)
DAILY_HOUR = 7
SUBMISSION_KEY_MAX_AGE = timedelta(days=1)


@every(minutes=1)
@job()
def send_due() -> None:
    """Send emails that are due for a retry or were left by a dead worker, and announce new essays."""
    outbox.announce_essays()
    outbox.send()


@every(hours=1)
@job()
def send_daily() -> None:
    """Send the daily digests, at 7 a.m. in the site's time zone."""
    outbox.build_digests(latest_digest_time())
    outbox.send()


def latest_digest_time() -> datetime:
    """Return when the latest daily digest was due, in the site's time zone."""
    zone = ZoneInfo(Site.objects.current().time_zone)
    now = timezone.localtime(timezone=zone)
    latest = now.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return latest if latest <= now else latest - timedelta(days=1)


@every(days=1)
@job()
def delete_expired_subscriptions() -> None:
    """Delete unconfirmed, ended and decided subscriptions, then addresses without any, then the notices to them.

    The notice of a confirmation email outlives an erased commenter by a day, so that the daily limit still counts it.
    """
    now = timezone.now()
    decided = Q(kind=Subscription.Kind.DECISION) & ~Q(comment__status=Status.PENDING)
    decided |= Q(kind=Subscription.Kind.REPORT, comment__reports=0)
    decided |= Q(kind=Subscription.Kind.APPEAL) & ~Q(comment__appeal__state="open")
    decided &= Q(created__lt=now - ENDED_SUBSCRIPTION_MAX_AGE)
    unconfirmed = Q(confirmed=None, created__lt=now - WAITS_FOR)
    Subscription.objects.filter(unconfirmed | Q(stopped__lt=now - ENDED_SUBSCRIPTION_MAX_AGE) | decided).delete()
    # Suppressed addresses stay, or emails to them would bounce again.
    Address.objects.filter(suppressed=None).drop_idle()
    known = Address.objects.filter(email=OuterRef("email"))
    erased = Q(kind=Notice.Kind.CONFIRM, subscription=None, created__lt=now - CONFIRMATION_WINDOW)
    old = Q(created__lt=now - WAITS_FOR) | erased
    Notice.objects.filter(old, ~Exists(known), recipient=None).delete()


@every(days=1)
@job()
def clear_old_networks() -> None:
    """Delete the IP networks stored with comments and likes after 30 days."""
    for model in (Wording, Like):
        old = model._default_manager.filter(created__lt=timezone.now() - NETWORK_MAX_AGE).exclude(network="")
        old.update(network="")


@every(days=1)
@job()
def clear_submission_keys() -> None:
    """Clear the keys of old submissions: a browser repeats a submission only soon after a lost response."""
    old = Wording.objects.filter(created__lt=timezone.now() - SUBMISSION_KEY_MAX_AGE)
    old.exclude(submission_key="").update(submission_key="")
