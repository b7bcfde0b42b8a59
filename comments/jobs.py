"""What the clock does for discussions."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from blog.models import Site
from comments.models import Address, Like, Notice, Status, Subscription, Wording
from comments.models.subscription import WAITS_FOR
from comments.notifications import outbox
from comments.notifications.subscribing import ASKED_WITHIN
from server.jobs.tasks import every, job

NETWORKS_KEPT = STOPPED_KEPT = timedelta(days=30)
DAILY_AT = 7
SENDINGS_KEPT = timedelta(days=1)


@every(minutes=1)
@job()
def send_due() -> None:
    """What was put off, or left by a worker that died; and every essay that has just appeared."""
    outbox.announce()
    outbox.send()


@every(hours=1)
@job()
def send_daily() -> None:
    """At seven in the morning, where the site is."""
    outbox.gather(newest_morning())
    outbox.send()


def newest_morning() -> datetime:
    zone = ZoneInfo(Site.objects.current().time_zone)
    now = timezone.localtime(timezone=zone)
    latest = now.replace(hour=DAILY_AT, minute=0, second=0, microsecond=0)
    return latest if latest <= now else latest - timedelta(days=1)


@every(days=1)
@job()
def forget_subscriptions() -> None:
    """What nobody confirmed, what was stopped a month ago, and what has been decided; then addresses without any.

    Of the mails to an address that is gone nothing is kept either, and for a day at most that somebody gave it who has
    been forgotten.
    """
    now = timezone.now()
    decided = Q(kind=Subscription.Kind.DECISION) & ~Q(comment__status=Status.PENDING)
    decided |= Q(kind=Subscription.Kind.REPORT, comment__reports=0)
    decided |= Q(kind=Subscription.Kind.APPEAL) & ~Q(comment__appeal__state="open")
    decided &= Q(created__lt=now - STOPPED_KEPT)
    unconfirmed = Q(confirmed=None, created__lt=now - WAITS_FOR)
    Subscription.objects.filter(unconfirmed | Q(stopped__lt=now - STOPPED_KEPT) | decided).delete()
    Address.objects.filter(refused=None).drop_idle()  # or it would go on bouncing if it came back
    known = Address.objects.filter(email=OuterRef("email"))
    forgotten = Q(kind=Notice.Kind.CONFIRM, subscription=None, created__lt=now - ASKED_WITHIN)
    old = Q(created__lt=now - WAITS_FOR) | forgotten
    Notice.objects.filter(old, ~Exists(known), recipient=None).delete()


@every(days=1)
@job()
def forget_networks() -> None:
    for model in (Wording, Like):
        old = model._default_manager.filter(created__lt=timezone.now() - NETWORKS_KEPT).exclude(network="")
        old.update(network="")


@every(days=1)
@job()
def forget_sendings() -> None:
    """By then nobody sends the same again because an answer got lost."""
    Wording.objects.filter(created__lt=timezone.now() - SENDINGS_KEPT).exclude(sent_as="").update(sent_as="")
