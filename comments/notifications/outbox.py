"""The email outbox. A notice is sent at most once: its state “sending” is committed just before the email goes out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, CharField, DateTimeField, Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import QueueMail, User
from blog.models import Essay, Site
from comments.models import Comment, Notice, Rules, Status, Subscription
from comments.models.notice import CLAIM_LASTS
from comments.notifications import compose, messages, moderator_emails, suppression
from comments.notifications.smtp import MailServer, NotSent, ServerUnavailable, Uncertain
from server.jobs.tasks import EMAIL_RETRY_DELAYS, job
from server.prepared import Prepared, PreparedUpdate

ANNOUNCEMENT_WINDOW = timedelta(days=2)
GIVE_UP_AFTER = timedelta(days=5)  # without a mail server; attempts in that time do not count
SHORT_OUTAGE = timedelta(minutes=10)
SHORT_PAUSE, LONG_PAUSE = timedelta(seconds=5), timedelta(minutes=1)
MAX_CRASHES = 6
INSERT_BATCH = 1000
READ_BATCH = 50
MAX_RUN = 4.0  # seconds

Kind = Notice.Kind
NOTICE_KINDS = {
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
    """Create and send the notices about a comment's status. The job was committed with the change of status.

    Creating them here instead of in the reader's request keeps posting fast however many there are.
    `subscribed_before`: notify only people who subscribed before then, because the comment has been public before.
    """
    comment = Comment.objects.select_related("commenter", "essay", "wording").filter(pk=comment_pk).first()
    if comment:
        create_notices(comment, datetime.fromisoformat(subscribed_before) if subscribed_before else None)
    send()


def create_notices(comment: Comment, subscribed_before: datetime | None = None) -> None:
    """Insert the missing notices about a comment's status, and queue those again that had been dropped."""
    insert_notices(list(build_notices(comment, subscribed_before)))
    requeue_dropped(Notice.objects.filter(comment=comment, state=Notice.State.DROPPED, kind__in=current_kinds(comment)))


def requeue_dropped(dropped: Any) -> None:
    """Queue notices again that were dropped when out of date: for a digest or to be sent immediately."""
    if not dropped.exists():
        return
    now = timezone.now()
    is_daily = Q(subscription__isnull=False, subscription__often=Subscription.Often.DAILY)
    daily = list(dropped.filter(is_daily).values_list("pk", flat=True))
    queued = dropped.filter(kind__in=Notice.QUEUE_KINDS, recipient__isnull=False).select_related("recipient")
    daily += [each.pk for each in queued if moderator_emails.initial_state(each.recipient) == Notice.State.GATHERED]
    dropped.exclude(pk__in=daily).update(state=Notice.State.READY, tries=0, due=now, changed=now)
    Notice.objects.filter(pk__in=daily, state=Notice.State.DROPPED).update(
        state=Notice.State.GATHERED, digest=None, created=now, changed=now
    )


def insert_notices(notices: Iterable[Notice]) -> None:
    """Insert the notices that do not exist yet."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=INSERT_BATCH)


def current_kinds(comment: Comment) -> list[Kind]:
    """Return the kinds of notices that the comment's status calls for."""
    match comment.status:
        case Status.PENDING:
            return [Kind.HELD]
        case Status.APPROVED:
            return [Kind.DECIDED, *Notice.COMMENT_KINDS]
    return [Kind.DECIDED]


def build_notices(comment: Comment, subscribed_before: datetime | None = None) -> Iterator[Notice]:
    """Build the notices of a comment, closest subscription first; no one is notified of their own, or twice."""
    if comment.status == Status.PENDING and not moderator_emails.is_marked_as_spam(comment):
        yield from staff_notices(Kind.HELD, comment, User.objects.filter(Rules.objects.moderators_of(comment.essay_id)))
    if comment.is_waiting:
        return
    subscriptions = Subscription.objects.active().filter(kind=Subscription.Kind.DECISION, comment=comment)
    yield from (notice_for(subscription, comment=comment) for subscription in subscriptions.select_related("address"))
    if comment.is_approved:
        authors = User.objects.filter(authorships__essay=comment.essay_id, is_active=True)
        yield from staff_notices(Kind.PUBLISHED, comment, authors)
        followers = Subscription.objects.to_notify_of(comment).select_related("address")
        followers = followers.filter(confirmed__lt=subscribed_before) if subscribed_before else followers
        for subscription in sorted(followers, key=lambda each: (NEAREST.index(Subscription.Kind(each.kind)), each.pk)):
            yield notice_for(subscription, comment=comment)


def staff_notices(kind: Kind, comment: Comment, people: Any) -> Iterator[Notice]:
    """Build notices to moderators, by each one's email settings, or to the authors of an essay with a new comment."""
    is_for_queue = kind in Notice.QUEUE_KINDS
    if is_for_queue:
        people = people.exclude(moderator_emails.has_frequency(QueueMail.NONE))
    for person in people.exclude(commenter=comment.commenter_id).exclude(email="").distinct():
        state = moderator_emails.initial_state(person) if is_for_queue else Notice.State.READY
        yield Notice(kind=kind, comment=comment, recipient=person, email=person.email.lower(), state=state)


def notice_for(subscription: Subscription, **target: Any) -> Notice:
    """Build the notice to a subscriber; `target` is the comment or essay it is about."""
    is_daily = subscription.often == Subscription.Often.DAILY
    return Notice(
        kind=NOTICE_KINDS[Subscription.Kind(subscription.kind)],
        subscription=subscription,
        email=subscription.address.email,
        state=Notice.State.GATHERED if is_daily else Notice.State.READY,
        **target,
    )


def announce_essays() -> None:
    """Create notices of new essays for people who subscribed before. No job runs when an essay is published."""
    now = timezone.now()
    for essay in Essay.objects.published().essays().filter(published__gt=now - ANNOUNCEMENT_WINDOW):
        known = Notice.objects.filter(essay=essay, email=OuterRef("address__email"))
        # The essay may have been withdrawn and published again.
        first_notice = Notice.objects.filter(essay=essay).aggregate(at=Min("created"))["at"]
        published = min(filter(None, (essay.published, first_notice)))
        rows = Subscription.objects.active().filter(~Exists(known), confirmed__lt=published)
        rows = rows.filter(kind=Subscription.Kind.ESSAYS).select_related("address")
        insert_notices([notice_for(subscription, essay=essay) for subscription in rows])


def build_digests(until: datetime) -> None:
    """Create one digest per address for the notices gathered before that time."""
    parts = Notice.objects.filter(state=Notice.State.GATHERED, digest=None, recipient=None, created__lt=until)
    for email in parts.values_list("email", flat=True).distinct():
        with transaction.atomic():
            items = parts.filter(email=email)
            subscription = items.values_list("subscription", flat=True).exclude(subscription=None).first()
            daily = Notice.objects.create(kind=Kind.DAILY, email=email, subscription_id=subscription)
            if not items.update(digest=daily):  # another worker did it first
                daily.delete()


@job()
def send_ready() -> None:
    """Send what is due: for notices that are not about a comment, and to continue after another job."""
    send()


def send() -> None:
    """Send the notices that are due, except those claimed by another worker.

    After MAX_RUN seconds another job continues, so that other jobs get their turn and a stopping worker can stop.
    While the mail server is unavailable, one job tries it at intervals: a server that hangs delays each attempt.
    """
    if queued_attempts().exists():
        return
    site, deadline = Site.objects.current(), monotonic() + MAX_RUN
    with MailServer() as server:
        while candidates := DUE.fetch(now=(now := timezone.now()), claimed_before=now - CLAIM_LASTS):
            for notice in candidates:
                if monotonic() > deadline:
                    send_ready.enqueue()
                    return
                try:
                    if claim(notice):
                        deliver(notice, site, server)
                except ServerUnavailable as error:
                    wait_for_server(str(error))
                    return


def queued_attempts() -> Any:
    """Return the jobs that will try an unavailable mail server again; one enqueued without a pause has no time."""
    now = timezone.now()
    jobs = DBTaskResult.objects.filter(task_path=send_ready.module_path, status=TaskResultStatus.READY)
    return jobs.filter(run_after__gt=now, run_after__lte=now + LONG_PAUSE)


def wait_for_server(error: str) -> None:
    """Show the error with every email that is due, give up those that are too old, and try again after a pause."""
    now = timezone.now()
    due = Notice.objects.filter(state=Notice.State.READY, due__lte=now)
    due.filter(due__lt=now - GIVE_UP_AFTER).update(state=Notice.State.FAILED, error=error, changed=now)
    due.filter(error="").update(error=error)
    oldest = due.aggregate(at=Min("due"))["at"]
    if oldest is not None and not queued_attempts().exists():
        pause = SHORT_PAUSE if now - oldest < SHORT_OUTAGE else LONG_PAUSE
        send_ready.using(run_after=now + pause).enqueue()


DUE = Prepared(
    lambda now, claimed_before: Notice.objects.due(now, claimed_before).select_related("recipient")[:READ_BATCH],
    now=DateTimeField(),
    claimed_before=DateTimeField(),
)


def claim(notice: Notice) -> bool:
    """Claim a due notice for this worker, unless another worker has it or workers crashed while sending it."""
    if notice.state == Notice.State.CLAIMED and notice.tries >= MAX_CRASHES:
        set_state(notice, Notice.State.FAILED, error=notice.error or _("The worker crashed on every attempt to send."))
        return False
    notice.tries += 1
    return set_state(notice, Notice.State.CLAIMED, tries=notice.tries)


def set_state(notice: Notice, state: str, **fields: Any) -> bool:
    """Change the state unless another worker has changed it since it was read; return whether it was changed."""
    now = timezone.now()
    update = state_update(*fields)
    moved = update.run(pk=notice.pk, before=notice.state, seen=notice.changed, state=state, changed=now, **fields)
    notice.state, notice.changed = state, now
    return bool(moved)


@cache
def state_update(*names: str) -> PreparedUpdate:
    """Return the update of set_state() that changes these further fields."""

    def build(pk: Any, before: Any, seen: Any, **changes: Any) -> Any:
        return Notice.objects.filter(pk=pk, state=before, changed=seen), changes

    fields: Any = {name: Notice._meta.get_field(name) for name in ("state", "changed", *names)}
    return PreparedUpdate(build, pk=BigIntegerField(), before=CharField(), seen=DateTimeField(), **fields)


def deliver(notice: Notice, site: Site, server: MailServer) -> None:
    """Send one notice. Raises ServerUnavailable after making it ready again."""
    if notice.kind in Notice.DIGESTS:
        drop_stale_parts(notice)
    message = compose.compose_email(notice, site)
    if message is None:
        set_state(notice, Notice.State.DROPPED)  # out of date
        return
    try:
        server.open()
        if set_state(notice, Notice.State.SENDING):
            server.send(message)
            mark_sent(notice)
    except Uncertain as error:
        set_state(notice, Notice.State.SENDING, error=str(error))  # a person decides
    except NotSent as error:
        if suppression.is_permanent(error.status):
            mark_bounced(notice, error)
        else:
            reschedule(notice, error)
    except ServerUnavailable as error:
        set_state(notice, Notice.State.READY, error=str(error), tries=notice.tries - 1)
        raise


@transaction.atomic
def mark_sent(notice: Notice) -> None:
    """Mark a notice as sent, and with a digest the notices in it."""
    set_state(notice, Notice.State.SENT, error="")
    if notice.kind in Notice.DIGESTS:
        notice.parts.filter(state=Notice.State.GATHERED).update(state=Notice.State.SENT)


@transaction.atomic
def mark_bounced(notice: Notice, error: NotSent) -> None:
    """Record a permanent rejection like a bounce that arrives later by email."""
    if set_state(notice, Notice.State.BOUNCED, error=str(error)):
        suppression.record_bounce(notice.email, error.status, str(error))


def drop_stale_parts(digest: Notice) -> None:
    """Drop the parts of a digest that are out of date, so that they can be sent later.

    Only the pending comments that the digest shows are checked one by one: there may be thousands.
    """
    parts = digest.parts.filter(state=Notice.State.GATHERED).order_by("pk")
    held = parts.filter(kind=Kind.HELD)
    held.exclude(comment__status=Status.PENDING).update(state=Notice.State.DROPPED)
    checked = [*parts.exclude(kind=Kind.HELD), *held[: messages.DIGEST_SHOWS]]
    outdated = [part.pk for part in checked if messages.part_context(part) is None]
    Notice.objects.filter(pk__in=outdated).update(state=Notice.State.DROPPED)


def reschedule(notice: Notice, error: Exception) -> None:
    """Retry an email that was not sent after the next pause, or give up and show it in the admin."""
    if notice.tries > len(EMAIL_RETRY_DELAYS):
        set_state(notice, Notice.State.FAILED, error=str(error))
    else:
        due = timezone.now() + EMAIL_RETRY_DELAYS[notice.tries - 1]
        set_state(notice, Notice.State.READY, error=str(error), due=due)
