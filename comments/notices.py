"""What is owed to whom → email. A notice is sent at most once: “sending” is committed just before it goes out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from blog.models import Essay
from comments import mails, standing
from comments.models import Comment, Notice, Status, Subscription
from server.jobs import PAUSES, job

CLAIM_LASTS = timedelta(minutes=5)
ANNOUNCED_FOR = timedelta(days=2)
AT_A_TIME = 1000

Kind = Notice.Kind
OF = {
    Subscription.Kind.REPLIES: Kind.REPLY,
    Subscription.Kind.THREAD: Kind.FOLLOWED,
    Subscription.Kind.ESSAY: Kind.FOLLOWED,
    Subscription.Kind.ESSAYS: Kind.ESSAY,
    Subscription.Kind.DECISION: Kind.DECIDED,
}
NEAREST = [Subscription.Kind.REPLIES, Subscription.Kind.THREAD, Subscription.Kind.ESSAY]


@job()
def tell(comment_pk: int) -> None:
    """Write down who is to hear of what became of a comment, then send. The job was committed with the change.

    Writing the rows here and not in the reader's request keeps posting short however many there are.
    """
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        prepare(comment)
    send()


def prepare(comment: Comment) -> None:
    owe(list(owed(comment)))
    dropped = Notice.objects.filter(comment=comment, state=Notice.State.DROPPED, kind__in=kinds(comment))
    dropped.update(state=Notice.State.READY, tries=0, due=timezone.now())  # owed after all


def owe(notices: Iterable[Notice]) -> None:
    """Write them down, each that is not there yet."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=AT_A_TIME)


def kinds(comment: Comment) -> list[Kind]:
    """What there is to be told of a comment as it stands."""
    match comment.status:
        case Status.PENDING:
            return [Kind.HELD]
        case Status.APPROVED:
            return [Kind.DECIDED, *Notice.NEWS]
    return [Kind.DECIDED]


def owed(comment: Comment) -> Iterator[Notice]:
    """Nobody hears of their own, nor of one comment twice: who is nearest to it comes first."""
    if comment.status == Status.PENDING:
        yield from to_staff(Kind.HELD, comment, User.objects.filter(standing.moderators()))
        return
    asked = Subscription.objects.active().filter(kind=Subscription.Kind.DECISION, comment=comment)
    yield from (to_reader(subscription, comment=comment) for subscription in asked.select_related("address"))
    if comment.is_approved:
        authors = User.objects.filter(authorships__essay=comment.essay_id, is_active=True)
        yield from to_staff(Kind.PUBLISHED, comment, authors)
        followers = Subscription.objects.to_hear_of(comment).select_related("address")
        for subscription in sorted(followers, key=lambda each: (NEAREST.index(Subscription.Kind(each.kind)), each.pk)):
            yield to_reader(subscription, comment=comment)


def to_staff(kind: Kind, comment: Comment, people: Any) -> Iterator[Notice]:
    """Moderators for one that waits, the essay's authors for one that appeared."""
    for person in people.exclude(commenter=comment.commenter_id).exclude(email="").distinct():
        yield Notice(kind=kind, comment=comment, recipient=person, email=person.email.lower())


def to_reader(subscription: Subscription, **about: Any) -> Notice:
    is_daily = subscription.often == Subscription.Often.DAILY
    return Notice(
        kind=OF[Subscription.Kind(subscription.kind)],
        subscription=subscription,
        email=subscription.address.email,
        state=Notice.State.GATHERED if is_daily else Notice.State.READY,
        **about,
    )


def announce() -> None:
    """Owe every new essay to those who asked for it before it appeared. An essay appears by its time alone."""
    now = timezone.now()
    fresh = Essay.objects.published().essays().filter(published__gt=now - ANNOUNCED_FOR)
    for essay in fresh:
        told = Notice.objects.filter(essay=essay, email=OuterRef("address__email"))
        asked = Subscription.objects.active().filter(kind=Subscription.Kind.ESSAYS, confirmed__lt=essay.published)
        owe([to_reader(each, essay=essay) for each in asked.exclude(Exists(told)).select_related("address")])


def gather(until: datetime) -> None:
    """Owe one mail to everybody for what was gathered for them before that moment."""
    parts = Notice.objects.filter(state=Notice.State.GATHERED, daily=None, created__lt=until)
    for email in parts.values_list("email", flat=True).distinct():
        with transaction.atomic():
            theirs = parts.filter(email=email)
            subscription = theirs.values_list("subscription", flat=True).exclude(subscription=None).first()
            daily = Notice.objects.create(kind=Kind.DAILY, email=email, subscription_id=subscription)
            if not theirs.update(daily=daily):  # another worker was first
                daily.delete()


@job()
def send_ready() -> None:
    """For a change that owes a mail about no comment."""
    send()


def send() -> None:
    """Send everything due; what another worker holds is left to it."""
    while notice := claim():
        deliver(notice)


def claim() -> Notice | None:
    """Take the next due notice, or None. One that was claimed and got no further is free again after a while."""
    now = timezone.now()
    ready = Notice.objects.filter(state=Notice.State.READY, due__lte=now)
    left = Notice.objects.filter(state=Notice.State.CLAIMED, changed__lt=now - CLAIM_LASTS)
    for candidate in (ready | left).order_by("due", "pk")[:10]:
        if candidate.tries > len(PAUSES):
            move(candidate, Notice.State.FAILED)
        elif move(candidate, Notice.State.CLAIMED, tries=candidate.tries + 1):
            return candidate
    return None


def move(notice: Notice, state: str, **fields: Any) -> bool:
    """Change the state if nobody else has done so since it was read."""
    now = timezone.now()
    same = Notice.objects.filter(pk=notice.pk, state=notice.state, changed=notice.changed)
    moved = same.update(state=state, changed=now, **fields)
    notice.state, notice.changed = state, now
    return bool(moved)


def deliver(notice: Notice) -> None:
    message = mails.written(notice)
    if message is None:
        move(notice, Notice.State.DROPPED)  # decided otherwise since
        return
    connection = message.connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        put_off(notice, error)  # nothing was sent
        return
    try:
        if move(notice, Notice.State.SENDING):
            message.send()
            move(notice, Notice.State.SENT, error="")
            notice.parts.update(state=Notice.State.SENT)
    except SMTPException as error:
        put_off(notice, error)  # the server said no: it has not taken it
    except OSError as error:
        move(notice, Notice.State.SENDING, error=str(error))  # it may have: a person decides
    finally:
        connection.close()


def put_off(notice: Notice, error: Exception) -> None:
    """Nothing went out: try again after the next pause, or give up and show it in the admin."""
    tried = Notice.objects.values_list("tries", flat=True).get(pk=notice.pk)
    if tried > len(PAUSES):
        move(notice, Notice.State.FAILED, error=str(error))
    else:
        move(notice, Notice.State.READY, error=str(error), due=timezone.now() + PAUSES[tried - 1])
