"""The verbs of following by mail: ask, confirm, stop, take back. Each is one transaction.

Whoever types an address may be somebody else: what they ask for waits until its reader says so, by the one mail that
such an address gets. A browser that is known to be its reader's asks for nothing twice.
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

ASKED_WITHIN, MOST_ASKED = timedelta(days=1), 3  # mails to an address that has proved nothing

Kind = Subscription.Kind


@dataclass(frozen=True)
class Wish:
    """One thing to follow. `comment`: the root of a thread, or what waits to be decided."""

    kind: Kind
    essay: Essay | None = None
    comment: Comment | None = None


@dataclass(frozen=True)
class Asker:
    """Who asks, for which address; `is_reader`: this browser is known to be that of whoever reads it."""

    email: str
    commenter: Commenter | None = None
    is_reader: bool = False


@dataclass(frozen=True)
class Following:
    """What somebody ticked under the reply that they post, and the address that it is for."""

    email: str
    is_reader: bool
    comments: str = ""  # which of the new ones: one of Kind
    essays: bool = False

    def wishes(self, comment: Comment, root: Comment) -> list[Wish]:
        """What they come to, once there is a comment; `root` begins its thread."""
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
def asked(email: str, commenter_pk: int | None, often: str, wishes: list[list[Any]]) -> None:
    """What a stranger asks for. By then they have their answer: how long it took says nothing of the address."""
    commenter = Commenter.objects.filter(pk=commenter_pk or 0).first()
    found = [wish for kind, essay, comment in wishes if (wish := wish_for(kind, essay, comment))]
    follow(Asker(email, commenter), found, often=often)


def wish_for(kind: str, essay_pk: int | None, comment_pk: int | None) -> Wish | None:
    """None when what it is about is gone meanwhile."""
    essay = Essay.objects.filter(pk=essay_pk or 0).first()
    comment = Comment.objects.filter(pk=comment_pk or 0).first()
    if (essay_pk and essay is None) or (comment_pk and comment is None):
        return None
    return Wish(Kind(kind), essay, comment)


def ask_later(asker: Asker, wishes: Iterable[Wish], *, often: str) -> None:
    about = [[wish.kind, wish.essay and wish.essay.pk, wish.comment and wish.comment.pk] for wish in wishes]
    asked.enqueue(asker.email, asker.commenter.pk if asker.commenter else None, often, about)


@job()
def posted(comment_pk: int, **following: Any) -> None:
    """What outbox.notify does, for a comment under which something was ticked: see Following."""
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        asked = Following(**following)
        root = Comment.objects.get(tree_id=comment.tree_id, parent=None)
        follow(Asker(asked.email, comment.commenter, asked.is_reader), asked.wishes(comment, root))
    outbox.notify.call(comment_pk)


@transaction.atomic
def follow(asker: Asker, wishes: Iterable[Wish], *, often: str = "") -> None:
    """Follow these from now on; or once the address's reader has confirmed it, for which they are asked by mail.

    Without `often`: as it was if it is followed already, else at once.
    """
    address = Address.objects.locked(asker.email)
    asked = [made for wish in wishes if (made := take(address, asker, wish, often))]
    if asker.is_reader:
        prove(address)
    elif asked:
        ask(address, asked[-1])


def take(address: Address, asker: Asker, wish: Wish, often: str) -> Subscription | None:
    """The subscription as asked for; None when it stands already, and for a stranger stays as it is."""
    about: dict[str, Any] = {"kind": wish.kind, "essay": wish.essay, "comment": wish.comment}
    if wish.kind == Kind.REPLIES:
        about["commenter"] = asker.commenter
    found = Subscription.objects.filter(address=address, **about).first()
    now = timezone.now()
    if found is None:
        fresh = {"commenter": asker.commenter} | about
        confirmed = now if asker.is_reader else None
        often = often or Subscription.Often.AT_ONCE
        return Subscription.objects.create(address=address, often=often, confirmed=confirmed, **fresh)
    if found.confirmed and not found.stopped:
        if asker.is_reader and often:
            Subscription.objects.filter(pk=found.pk).update(often=often)
        return None
    found.often, found.stopped, found.created = often or found.often, None, now
    found.confirmed = now if asker.is_reader else None
    found.save(update_fields=["often", "stopped", "created", "confirmed"])
    return found


def ask(address: Address, subscription: Subscription) -> None:
    """The mail that asks its reader: of what it leads to, all that waits is shown, so a few a day are enough."""
    if address.refused:
        return
    since = timezone.now() - ASKED_WITHIN
    sent = Notice.objects.filter(kind=Notice.Kind.CONFIRM, email=address.email, created__gt=since)
    if sent.count() < MOST_ASKED:
        Notice.objects.create(kind=Notice.Kind.CONFIRM, email=address.email, subscription=subscription)
        outbox.send_ready.enqueue()


@transaction.atomic
def confirm(address: Address, chosen: Collection[int]) -> int:
    """The reader of the address says that they asked for these of what waits, and not for the rest.

    How many of these stand then: a second press of the button says what the first one did.
    """
    Address.objects.select_for_update().filter(pk=address.pk).first()
    theirs = Subscription.objects.filter(address=address)
    theirs.waiting().filter(pk__in=chosen).update(confirmed=timezone.now())
    theirs.waiting().delete()
    prove(address)
    return theirs.standing().filter(pk__in=chosen).count()


def prove(address: Address) -> None:
    """Somebody reads it, so that it takes mail again if it once did not."""
    proved = address.proved or timezone.now()
    Address.objects.filter(pk=address.pk).update(proved=proved, refused=None, bounces=0, problem="")


@transaction.atomic
def stop(subscriptions: Any) -> None:
    """No more of these, the mails that are on their way included. They can be taken up again for a while."""
    subscriptions.filter(stopped=None).update(stopped=timezone.now())


@transaction.atomic
def resume(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).exclude(confirmed=None).update(stopped=None)


@transaction.atomic
def pause(address: Address, *, is_paused: bool) -> None:
    """All mail to the address rests, or comes again. What happens meanwhile is not sent later."""
    Address.objects.filter(pk=address.pk).update(is_paused=is_paused)
