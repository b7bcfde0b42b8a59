"""Subscribe, confirm, unsubscribe and resubscribe. Each is one transaction.

Anyone can type an address, so a subscription is inactive until its reader confirms it by the link we email, the only
email that an unverified address gets. A browser in which the address was confirmed needs no confirmation.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Address, Comment, Notice, Subscription
from comments.notifications import outbox
from server.jobs.tasks import job

CONFIRMATION_WINDOW, MAX_CONFIRMATIONS = timedelta(days=1), 3  # confirmation emails to an unverified address

Kind = Subscription.Kind


@dataclass(frozen=True)
class Topic:
    """Something to subscribe to. `comment`: the root of a thread, or a comment that awaits a decision."""

    kind: Kind
    essay: Essay | None = None
    comment: Comment | None = None


@dataclass(frozen=True)
class Subscriber:
    """An address and who subscribes it; `is_verified`: this browser is known to be its reader's."""

    email: str
    commenter: Commenter | None = None
    is_verified: bool = False


@dataclass(frozen=True)
class SubscriptionRequest:
    """The notifications chosen in the reply form, and the address they go to."""

    email: str
    is_verified: bool
    comments: str = ""  # a Kind: about which new comments
    essays: bool = False

    def topics(self, comment: Comment, root: Comment) -> list[Topic]:
        """Return the topics, once there is a comment; `root` is the root of its thread."""
        found = [Topic(Kind.ESSAYS)] if self.essays else []
        match self.comments:
            case Kind.REPLIES:
                found.append(Topic(Kind.REPLIES))
            case Kind.THREAD:
                found.append(Topic(Kind.THREAD, comment=root))
            case Kind.ESSAY:
                found.append(Topic(Kind.ESSAY, essay=comment.essay))
        return found


@job()
def subscribe_unverified(email: str, commenter_pk: int | None, often: str, topics: list[list[Any]]) -> None:
    """Subscribe an unverified address, in a job so that the response time reveals nothing about the address."""
    commenter = Commenter.objects.filter(pk=commenter_pk or 0).first()
    found = [topic for kind, essay, comment in topics if (topic := load_topic(kind, essay, comment))]
    subscribe(Subscriber(email, commenter), found, often=often)


def load_topic(kind: str, essay_pk: int | None, comment_pk: int | None) -> Topic | None:
    """Load a topic from a job's arguments; return None if its essay or comment has been deleted."""
    essay = Essay.objects.filter(pk=essay_pk or 0).first()
    comment = Comment.objects.filter(pk=comment_pk or 0).first()
    if (essay_pk and essay is None) or (comment_pk and comment is None):
        return None
    return Topic(Kind(kind), essay, comment)


def subscribe_later(subscriber: Subscriber, topics: Iterable[Topic], *, often: str) -> None:
    """Enqueue subscribe_unverified()."""
    about = [[topic.kind, topic.essay and topic.essay.pk, topic.comment and topic.comment.pk] for topic in topics]
    commenter = subscriber.commenter.pk if subscriber.commenter else None
    subscribe_unverified.enqueue(subscriber.email, commenter, often, about)


@job()
def subscribe_and_notify(comment_pk: int, **subscription_request: Any) -> None:
    """Subscribe the commenter as requested, then notify as outbox.notify() does."""
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        request = SubscriptionRequest(**subscription_request)
        root = Comment.objects.get(tree_id=comment.tree_id, parent=None)
        subscribe(Subscriber(request.email, comment.commenter, request.is_verified), request.topics(comment, root))
    outbox.notify.call(comment_pk)


@transaction.atomic
def subscribe(subscriber: Subscriber, topics: Iterable[Topic], *, often: str = "") -> None:
    """Subscribe to these topics now, or email a link to confirm. Without `often`: unchanged, or immediately if new."""
    address = Address.objects.locked(subscriber.email)
    requested = [made for topic in topics if (made := update_subscription(address, subscriber, topic, often))]
    if subscriber.is_verified:
        mark_verified(address)
    elif requested:
        send_confirmation(address, requested[-1])


def update_subscription(address: Address, subscriber: Subscriber, topic: Topic, often: str) -> Subscription | None:
    """Create or renew a subscription; return None if it is active, which only a verified reader may change."""
    about: dict[str, Any] = {"kind": topic.kind, "essay": topic.essay, "comment": topic.comment}
    if topic.kind == Kind.REPLIES:
        about["commenter"] = subscriber.commenter
    found = Subscription.objects.filter(address=address, **about).first()
    now = timezone.now()
    if found is None:
        values = {"commenter": subscriber.commenter} | about
        confirmed = now if subscriber.is_verified else None
        often = often or Subscription.Often.AT_ONCE
        return Subscription.objects.create(address=address, often=often, confirmed=confirmed, **values)
    if found.confirmed and not found.stopped:
        if subscriber.is_verified and often:
            Subscription.objects.filter(pk=found.pk).update(often=often)
        return None
    found.often, found.stopped, found.created = often or found.often, None, now
    found.confirmed = now if subscriber.is_verified else None
    found.save(update_fields=["often", "stopped", "created", "confirmed"])
    return found


def send_confirmation(address: Address, subscription: Subscription) -> None:
    """Email a link to confirm. Its page lists everything unconfirmed, so a few a day are enough."""
    if address.suppressed:
        return
    since = timezone.now() - CONFIRMATION_WINDOW
    sent = Notice.objects.filter(kind=Notice.Kind.CONFIRM, email=address.email, created__gt=since)
    if sent.count() < MAX_CONFIRMATIONS:
        Notice.objects.create(kind=Notice.Kind.CONFIRM, email=address.email, subscription=subscription)
        outbox.send_ready.enqueue()


@transaction.atomic
def confirm(address: Address, chosen: Collection[int]) -> int:
    """Confirm the chosen subscriptions, delete the other unconfirmed ones, and return how many of them are confirmed.

    The count includes those confirmed before, so that pressing the button twice shows the same result.
    """
    Address.objects.select_for_update().filter(pk=address.pk).first()
    theirs = Subscription.objects.filter(address=address)
    theirs.waiting().filter(pk__in=chosen).update(confirmed=timezone.now())
    theirs.waiting().delete()
    mark_verified(address)
    return theirs.confirmed().filter(pk__in=chosen).count()


def mark_verified(address: Address) -> None:
    """Mark the address as verified, and allow emails to it again if it had bounced."""
    verified = address.verified or timezone.now()
    Address.objects.filter(pk=address.pk).update(verified=verified, suppressed=None, bounces=0, problem="")


@transaction.atomic
def unsubscribe(subscriptions: Any) -> None:
    """End these subscriptions; emails already queued are not sent. They can be resumed for a while."""
    subscriptions.filter(stopped=None).update(stopped=timezone.now())


@transaction.atomic
def resubscribe(subscription: Subscription) -> None:
    """Resume a subscription that was ended, if it had been confirmed."""
    Subscription.objects.filter(pk=subscription.pk).exclude(confirmed=None).update(stopped=None)


@transaction.atomic
def set_paused(address: Address, *, is_paused: bool) -> None:
    """Pause or resume all emails to the address. What happens during a pause is not sent later."""
    Address.objects.filter(pk=address.pk).update(is_paused=is_paused)
