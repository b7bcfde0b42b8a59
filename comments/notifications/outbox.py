"""What is owed to whom → email. A notice is sent at most once: “sending” is committed just before it goes out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import QueueMail, User
from blog.models import Essay, Site
from comments.models import Comment, Notice, Status, Subscription
from comments.models.permissions import moderators_of
from comments.notifications import compose, moderator_emails, suppression
from comments.notifications.smtp import Away, MailServer, NotTaken, Uncertain
from server.jobs.tasks import PAUSES, job

ANNOUNCED_FOR = timedelta(days=2)
AT_A_TIME = 1000
READ_AT_A_TIME = 50
SPELL = 4.0  # seconds

Kind = Notice.Kind
OF = {
    Subscription.Kind.REPLIES: Kind.REPLY,
    Subscription.Kind.THREAD: Kind.FOLLOWED,
    Subscription.Kind.ESSAY: Kind.FOLLOWED,
    Subscription.Kind.ESSAYS: Kind.ESSAY,
    Subscription.Kind.DECISION: Kind.DECIDED,
    Subscription.Kind.REPORT: Kind.OUTCOME,
    Subscription.Kind.APPEAL: Kind.ANSWERED,
}
NEAREST = [Subscription.Kind.REPLIES, Subscription.Kind.THREAD, Subscription.Kind.ESSAY]


@job()
def notify(comment_pk: int, subscribed_before: str = "") -> None:
    """Create the notices about what became of a comment, then send them. The job was committed with the change.

    Creating them here and not in the reader's request keeps posting short however many there are.
    `subscribed_before`: notify only those who had subscribed by then, because the comment has been public before.
    """
    comment = Comment.objects.select_related("commenter", "essay", "wording").filter(pk=comment_pk).first()
    if comment:
        prepare(comment, datetime.fromisoformat(subscribed_before) if subscribed_before else None)
    send()


def prepare(comment: Comment, subscribed_before: datetime | None = None) -> None:
    owe(list(owed(comment, subscribed_before)))
    owe_after_all(Notice.objects.filter(comment=comment, state=Notice.State.DROPPED, kind__in=kinds(comment)))


def owe_after_all(dropped: Any) -> None:
    now = timezone.now()
    is_daily = Q(subscription__isnull=False, subscription__often=Subscription.Often.DAILY)
    daily = list(dropped.filter(is_daily).values_list("pk", flat=True))
    of_queue = dropped.filter(kind__in=Notice.OF_QUEUE, recipient__isnull=False).select_related("recipient")
    daily += [each.pk for each in of_queue if moderator_emails.first_state(each.recipient) == Notice.State.GATHERED]
    dropped.exclude(pk__in=daily).update(state=Notice.State.READY, tries=0, due=now, changed=now)
    Notice.objects.filter(pk__in=daily, state=Notice.State.DROPPED).update(
        state=Notice.State.GATHERED, daily=None, created=now, changed=now
    )


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


def owed(comment: Comment, subscribed_before: datetime | None = None) -> Iterator[Notice]:
    """Nobody hears of their own, nor of one comment twice: who is nearest to it comes first."""
    if comment.status == Status.PENDING and not moderator_emails.is_marked_as_spam(comment):
        yield from to_staff(Kind.HELD, comment, User.objects.filter(moderators_of(comment.essay_id)))
    if comment.is_waiting:
        return
    asked = Subscription.objects.active().filter(kind=Subscription.Kind.DECISION, comment=comment)
    yield from (to_reader(subscription, comment=comment) for subscription in asked.select_related("address"))
    if comment.is_approved:
        authors = User.objects.filter(authorships__essay=comment.essay_id, is_active=True)
        yield from to_staff(Kind.PUBLISHED, comment, authors)
        followers = Subscription.objects.to_hear_of(comment).select_related("address")
        followers = followers.filter(confirmed__lt=subscribed_before) if subscribed_before else followers
        for subscription in sorted(followers, key=lambda each: (NEAREST.index(Subscription.Kind(each.kind)), each.pk)):
            yield to_reader(subscription, comment=comment)


def to_staff(kind: Kind, comment: Comment, people: Any) -> Iterator[Notice]:
    """Moderators for what waits for them, as each chose; the essay's authors for one that appeared."""
    is_of_queue = kind in Notice.OF_QUEUE
    if is_of_queue:
        people = people.exclude(moderator_emails.choosing(QueueMail.NONE))
    for person in people.exclude(commenter=comment.commenter_id).exclude(email="").distinct():
        state = moderator_emails.first_state(person) if is_of_queue else Notice.State.READY
        yield Notice(kind=kind, comment=comment, recipient=person, email=person.email.lower(), state=state)


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
        # It may have gone and come again.
        first_told = Notice.objects.filter(essay=essay).aggregate(at=Min("created"))["at"]
        appeared = min(filter(None, (essay.published, first_told)))
        asked = Subscription.objects.active().filter(kind=Subscription.Kind.ESSAYS, confirmed__lt=appeared)
        owe([to_reader(each, essay=essay) for each in asked.exclude(Exists(told)).select_related("address")])


def gather(until: datetime) -> None:
    """Owe one mail to everybody for what was gathered for them before that moment."""
    parts = Notice.objects.filter(state=Notice.State.GATHERED, daily=None, recipient=None, created__lt=until)
    for email in parts.values_list("email", flat=True).distinct():
        with transaction.atomic():
            theirs = parts.filter(email=email)
            subscription = theirs.values_list("subscription", flat=True).exclude(subscription=None).first()
            daily = Notice.objects.create(kind=Kind.DAILY, email=email, subscription_id=subscription)
            if not theirs.update(daily=daily):  # another worker was first
                daily.delete()


@job()
def send_ready() -> None:
    """For a change that owes a mail about no comment, and to go on where another left off."""
    send()


def send() -> None:
    """Send what is due; what another worker holds is left to it.

    After a spell another job takes over, so that others have their turn, and a worker that is to stop can.
    """
    site, over = Site.objects.current(), monotonic() + SPELL
    with MailServer() as server:
        while candidates := list(Notice.objects.due().select_related("recipient")[:READ_AT_A_TIME]):
            for notice in candidates:
                if monotonic() > over:
                    send_ready.enqueue()
                    return
                try:
                    if claim(notice):
                        deliver(notice, site, server)
                except Away:
                    return  # the rest is tried by the clock


def claim(notice: Notice) -> bool:
    """Take a due notice, unless another worker has it or it was tried too often."""
    if notice.tries > len(PAUSES):
        move(notice, Notice.State.FAILED, error=notice.error or _("The worker died each time it was sent."))
        return False
    notice.tries += 1
    return move(notice, Notice.State.CLAIMED, tries=notice.tries)


def move(notice: Notice, state: str, **fields: Any) -> bool:
    """Change the state if nobody else has done so since it was read."""
    now = timezone.now()
    same = Notice.objects.filter(pk=notice.pk, state=notice.state, changed=notice.changed)
    moved = same.update(state=state, changed=now, **fields)
    notice.state, notice.changed = state, now
    return bool(moved)


def deliver(notice: Notice, site: Site, server: MailServer) -> None:
    """Raises Away, once the notice is put off."""
    if notice.kind in Notice.SUMS:
        leave_out(notice)
    message = compose.written(notice, site)
    if message is None:
        move(notice, Notice.State.DROPPED)  # decided otherwise since
        return
    try:
        server.open()
        if move(notice, Notice.State.SENDING):
            server.send(message)
            arrived(notice)
    except Uncertain as error:
        move(notice, Notice.State.SENDING, error=str(error))  # a person decides
    except NotTaken as error:
        if suppression.is_for_good(error.status):
            refused(notice, error)
        else:
            put_off(notice, error)
    except Away as error:
        put_off(notice, error)
        raise


@transaction.atomic
def arrived(notice: Notice) -> None:
    move(notice, Notice.State.SENT, error="")
    if notice.kind in Notice.SUMS:
        notice.parts.filter(state=Notice.State.GATHERED).update(state=Notice.State.SENT)


@transaction.atomic
def refused(notice: Notice, error: NotTaken) -> None:
    """As if it had come back: its server says at once what others say by a mail later."""
    if move(notice, Notice.State.BOUNCED, error=str(error)):
        suppression.count(notice.email, error.status, str(error))


def leave_out(digest: Notice) -> None:
    """Drop the parts of a digest that are out of date, so that they can be sent later.

    Of the pending comments only those that the digest shows are looked at one by one: there may be thousands.
    """
    parts = digest.parts.filter(state=Notice.State.GATHERED).order_by("pk")
    held = parts.filter(kind=Kind.HELD)
    held.exclude(comment__status=Status.PENDING).update(state=Notice.State.DROPPED)
    checked = [*parts.exclude(kind=Kind.HELD), *held[: compose.DIGEST_SHOWS]]
    gone = [part.pk for part in checked if compose.of_part(part) is None]
    Notice.objects.filter(pk__in=gone).update(state=Notice.State.DROPPED)


def put_off(notice: Notice, error: Exception) -> None:
    """Nothing went out: try again after the next pause, or give up and show it in the admin."""
    if notice.tries > len(PAUSES):
        move(notice, Notice.State.FAILED, error=str(error))
    else:
        move(notice, Notice.State.READY, error=str(error), due=timezone.now() + PAUSES[notice.tries - 1])
