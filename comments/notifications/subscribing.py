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

ASKED_WITHIN, MAX_CONFIRMATIONS = timedelta(days=1), 3  # confirmation emails to an unverified address

Kind = Subscription.Kind


@dataclass(frozen=True)
class Wish:
    """Something to subscribe to. `comment`: the root of a thread, or a comment that awaits a decision."""

    kind: Kind
    essay: Essay | None = None
    comment: Comment | None = None


@dataclass(frozen=True)
class Asker:
    """An address and who subscribes it; `is_reader`: this browser is known to be its reader's."""

    email: str
    commenter: Commenter | None = None
    is_reader: bool = False


@dataclass(frozen=True)
class Following:
    """The notifications chosen in the reply form, and the address they go to."""

    email: str
    is_reader: bool
    comments: str = ""  # a Kind: about which new comments
    essays: bool = False

    def wishes(self, comment: Comment, root: Comment) -> list[Wish]:
        """Return the topics, once there is a comment; `root` is the root of its thread."""
        found = [Wish(Kind.ESSAYS)] if self.essays else []
        match self.comments:
            case Kind.REPLIES:
                found.append(Wish(Kind.REPLIES))
            case Kind.THREAD:
                found.append(Wish(Kind.THREAD, comment=root))
            case Kind.ESSAY:
                found.append(Wish(Kind.ESSAY, essay=comment.essay))
        return found


@job()
def subscribe_unverified(email: str, commenter_pk: int | None, often: str, wishes: list[list[Any]]) -> None:
    """Subscribe an unverified address, in a job so that the response time reveals nothing about the address."""
    commenter = Commenter.objects.filter(pk=commenter_pk or 0).first()
    found = [wish for kind, essay, comment in wishes if (wish := load_topic(kind, essay, comment))]
    follow(Asker(email, commenter), found, often=often)


def load_topic(kind: str, essay_pk: int | None, comment_pk: int | None) -> Wish | None:
    """Return None if the essay or comment has been deleted."""
    essay = Essay.objects.filter(pk=essay_pk or 0).first()
    comment = Comment.objects.filter(pk=comment_pk or 0).first()
    if (essay_pk and essay is None) or (comment_pk and comment is None):
        return None
    return Wish(Kind(kind), essay, comment)


def ask_later(asker: Asker, wishes: Iterable[Wish], *, often: str) -> None:
    about = [[wish.kind, wish.essay and wish.essay.pk, wish.comment and wish.comment.pk] for wish in wishes]
    subscribe_unverified.enqueue(asker.email, asker.commenter.pk if asker.commenter else None, often, about)


@job()
def posted(comment_pk: int, **following: Any) -> None:
    """Subscribe the commenter as requested, then notify as outbox.notify() does."""
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        request = Following(**following)
        root = Comment.objects.get(tree_id=comment.tree_id, parent=None)
        follow(Asker(request.email, comment.commenter, request.is_reader), request.wishes(comment, root))
    outbox.notify.call(comment_pk)


@transaction.atomic
def follow(asker: Asker, wishes: Iterable[Wish], *, often: str = "") -> None:
    """Subscribe to these topics now, or email a link to confirm. Without `often`: unchanged, or immediately if new."""
    address = Address.objects.locked(asker.email)
    requested = [made for wish in wishes if (made := update_subscription(address, asker, wish, often))]
    if asker.is_reader:
        prove(address)
    elif requested:
        send_confirmation(address, requested[-1])


def update_subscription(address: Address, asker: Asker, wish: Wish, often: str) -> Subscription | None:
    """Create or renew a subscription; return None if it is active, which only a verified reader may change."""
    about: dict[str, Any] = {"kind": wish.kind, "essay": wish.essay, "comment": wish.comment}
    if wish.kind == Kind.REPLIES:
        about["commenter"] = asker.commenter
    found = Subscription.objects.filter(address=address, **about).first()
    now = timezone.now()
    if found is None:
        values = {"commenter": asker.commenter} | about
        confirmed = now if asker.is_reader else None
        often = often or Subscription.Often.AT_ONCE
        return Subscription.objects.create(address=address, often=often, confirmed=confirmed, **values)
    if found.confirmed and not found.stopped:
        if asker.is_reader and often:
            Subscription.objects.filter(pk=found.pk).update(often=often)
        return None
    found.often, found.stopped, found.created = often or found.often, None, now
    found.confirmed = now if asker.is_reader else None
    found.save(update_fields=["often", "stopped", "created", "confirmed"])
    return found


def send_confirmation(address: Address, subscription: Subscription) -> None:
    """Email a link to confirm. Its page lists everything unconfirmed, so a few a day are enough."""
    if address.refused:
        return
    since = timezone.now() - ASKED_WITHIN
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
    prove(address)
    return theirs.standing().filter(pk__in=chosen).count()


def prove(address: Address) -> None:
    """Mark the address as verified, and allow emails to it again if it had bounced."""
    proved = address.proved or timezone.now()
    Address.objects.filter(pk=address.pk).update(proved=proved, refused=None, bounces=0, problem="")


@transaction.atomic
def stop(subscriptions: Any) -> None:
    """End these subscriptions; emails already queued are not sent. They can be resumed for a while."""
    subscriptions.filter(stopped=None).update(stopped=timezone.now())


@transaction.atomic
def resume(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).exclude(confirmed=None).update(stopped=None)


@transaction.atomic
def pause(address: Address, *, is_paused: bool) -> None:
    """Pause or resume all emails to the address. What happens during a pause is not sent later."""
    Address.objects.filter(pk=address.pk).update(is_paused=is_paused)
