"""The email outbox. A notice is sent at most once: its state “sending” is committed just before the email goes out."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, CharField, DateTimeField, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import QueueMail, User
from blog.models import Announcement, Essay, Site
from comments.models import Comment, Notice, Rules, Status, Subscription
from comments.models.notice import CLAIM_LASTS
from comments.notifications import compose, messages, moderator_emails, suppression
from comments.notifications.smtp import MailServer, NotSent, ServerUnavailable, Uncertain
from server.jobs.tasks import EMAIL_RETRY_DELAYS, job
from server.prepared import Prepared, PreparedInsert, PreparedUpdate

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
    comment = COMMENT.first(pk=comment_pk)
    if comment:
        create_notices(comment, datetime.fromisoformat(subscribed_before) if subscribed_before else None)
    send()


def create_notices(comment: Comment, subscribed_before: datetime | None = None) -> None:
    """Insert the missing notices about a comment's status, and queue those again that had been dropped."""
    insert_notices(list(build_notices(comment, subscribed_before)))
    if any(kind in current_kinds(comment) for (kind,) in DROPPED_KINDS.fetch(comment=comment.pk)):
        dropped = Notice.objects.filter(comment=comment, state=Notice.State.DROPPED)
        requeue_dropped(dropped.filter(kind__in=current_kinds(comment)))


def requeue_dropped(dropped: Any) -> None:
    """Queue notices again that were dropped when out of date: for a digest or to be sent immediately."""
    now = timezone.now()
    is_daily = Q(subscription__isnull=False, subscription__often=Subscription.Often.DAILY)
    daily = list(dropped.filter(is_daily).values_list("pk", flat=True))
    queued = dropped.filter(kind__in=Notice.QUEUE_KINDS, recipient__isnull=False).select_related("recipient")
    daily += [each.pk for each in queued if moderator_emails.initial_state(each.recipient) == Notice.State.GATHERED]
    dropped.exclude(pk__in=daily).update(state=Notice.State.READY, tries=0, due=now, changed=now)
    Notice.objects.filter(pk__in=daily, state=Notice.State.DROPPED).update(
        state=Notice.State.GATHERED, digest=None, created=now, changed=now
    )


def insert_notices(notices: Sequence[Notice]) -> None:
    """Insert the notices that do not exist yet."""
    if len(notices) == 1:
        _insert_notice.run(*notices)
        return
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
        yield from moderator_notices(Kind.HELD, comment)
    if comment.is_waiting:
        return
    for subscription in DECISION_SUBSCRIPTIONS.fetch(comment=comment.pk):
        yield notice_for(subscription, comment=comment)
    if comment.is_approved:
        author = comment.commenter_id
        for person in AUTHORS.fetch(essay=comment.essay_id, commenter=author):
            yield staff_notice(Kind.PUBLISHED, comment, person, Notice.State.READY)
        keys = {"essay": comment.essay_id, "tree": comment.tree_id, "parent": comment.parent_id, "commenter": author}
        followers = FOLLOWERS.fetch(**keys)
        for subscription in sorted(followers, key=lambda each: (NEAREST.index(Subscription.Kind(each.kind)), each.pk)):
            if subscribed_before is None or (subscription.confirmed and subscription.confirmed < subscribed_before):
                yield notice_for(subscription, comment=comment)


def others_with_email(people: Any, commenter: Any) -> Any:
    """Select those of these users who can be emailed about a comment, each once, and not the person who wrote it."""
    return people.exclude(commenter=commenter).exclude(email="").distinct()


def moderator_notices(kind: Kind, comment: Comment) -> Iterator[Notice]:
    """Build notices to the comment's moderators, by each one's email settings."""
    moderators = User.objects.filter(Rules.objects.moderators_of(comment.essay_id))
    moderators = moderators.exclude(moderator_emails.has_frequency(QueueMail.NONE))
    for person in others_with_email(moderators, comment.commenter_id):
        yield staff_notice(kind, comment, person, moderator_emails.initial_state(person))


def staff_notice(kind: Kind, comment: Comment, person: User, state: Notice.State) -> Notice:
    """Build the notice to a moderator, or to an author of the essay."""
    return Notice(kind=kind, comment=comment, recipient=person, email=person.email.lower(), state=state)


def notice_for(subscription: Subscription, kind: Kind | None = None, **target: Any) -> Notice:
    """Build the notice to a subscriber; `target` is the comment or essay it is about."""
    is_daily = subscription.often == Subscription.Often.DAILY
    return Notice(
        kind=kind or NOTICE_KINDS[Subscription.Kind(subscription.kind)],
        subscription=subscription,
        email=subscription.address.email,
        state=Notice.State.GATHERED if is_daily else Notice.State.READY,
        **target,
    )


def announce_essays() -> None:
    """Create the notices of the announcements that are due."""
    for pk, essay in Announcement.objects.due().values_list("pk", "essay"):
        announce(pk, essay)


@transaction.atomic
def announce(pk: int, essay_pk: int) -> None:
    """Create the notices of one announcement, for people who subscribed before it was due.

    The essay is locked first, as by those who publish it: undoing that deletes the announcement or comes too late.
    """
    now = timezone.now()
    essay = Essay.objects.select_for_update().filter(pk=essay_pk).only("published").first()
    announcement = Announcement.objects.due(now).filter(pk=pk).first()
    if essay is None or announcement is None or not essay.is_published:
        return
    if announcement.due > now - ANNOUNCEMENT_WINDOW:  # otherwise no worker ran for days, and it is no news any more
        rows = Subscription.objects.subscribers_to_essays().filter(confirmed__lt=announcement.due)
        rows = rows.select_related("address").order_by("pk")
        insert_notices([notice_for(subscription, essay=essay, announcement=announcement) for subscription in rows])
    announcement.sent = now
    announcement.save(update_fields=["sent"])


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
    if has_queued_attempt():
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
            if len(candidates) < READ_BATCH:
                return  # what has become due since then has a job of its own


def has_queued_attempt() -> bool:
    """Return whether a job will try an unavailable mail server again; one enqueued without a pause has no time."""
    now = timezone.now()
    return bool(QUEUED_ATTEMPTS.fetch(now=now, until=now + LONG_PAUSE))


def wait_for_server(error: str) -> None:
    """Show the error with every email that is due, give up those that are too old, and try again after a pause."""
    now = timezone.now()
    due = Notice.objects.filter(state=Notice.State.READY, due__lte=now)
    due.filter(due__lt=now - GIVE_UP_AFTER).update(state=Notice.State.FAILED, error=error, changed=now)
    due.filter(error="").update(error=error)
    oldest = due.aggregate(at=Min("due"))["at"]
    if oldest is not None and not has_queued_attempt():
        pause = SHORT_PAUSE if now - oldest < SHORT_OUTAGE else LONG_PAUSE
        send_ready.using(run_after=now + pause).enqueue()


NUMBER, TIME = BigIntegerField(), DateTimeField()
COMMENT = Prepared(lambda pk: Comment.objects.select_related("commenter", "essay", "wording").filter(pk=pk), pk=NUMBER)
DROPPED_KINDS = Prepared(
    lambda comment: Notice.objects.filter(comment=comment, state=Notice.State.DROPPED).values_list("kind"),
    comment=NUMBER,
)
DECISION_SUBSCRIPTIONS = Prepared(
    lambda comment: (
        Subscription.objects.active().filter(kind=Subscription.Kind.DECISION, comment=comment).select_related("address")
    ),
    comment=NUMBER,
)
AUTHORS = Prepared(
    lambda essay, commenter: others_with_email(
        User.objects.filter(authorships__essay=essay, is_active=True), commenter
    ),
    essay=NUMBER, commenter=NUMBER,
)  # fmt: skip
FOLLOWERS = Prepared(
    lambda **keys: Subscription.objects.to_notify_of(**keys).select_related("address"),
    **dict.fromkeys(("essay", "tree", "parent", "commenter"), NUMBER),
)
QUEUED_ATTEMPTS = Prepared(
    lambda now, until: DBTaskResult.objects.filter(
        task_path=send_ready.module_path, status=TaskResultStatus.READY, run_after__gt=now, run_after__lte=until
    ).values_list("pk")[:1],
    now=TIME, until=TIME,
)  # fmt: skip
DUE = Prepared(
    lambda now, claimed_before: Notice.objects.due(now, claimed_before).select_related("recipient")[:READ_BATCH],
    now=TIME, claimed_before=TIME,
)  # fmt: skip
_insert_notice = PreparedInsert(Notice, skips_existing=True)


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
    return PreparedUpdate(build, pk=NUMBER, before=CharField(), seen=TIME, **fields)


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


def mark_sent(notice: Notice) -> None:
    """Mark a notice as sent, and with a digest the notices in it."""
    if notice.kind not in Notice.DIGESTS:
        set_state(notice, Notice.State.SENT, error="")
        return
    with transaction.atomic():
        set_state(notice, Notice.State.SENT, error="")
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
