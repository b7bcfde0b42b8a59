"""What is owed to whom → email. A notice is sent at most once: “sending” is committed just before it goes out."""

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import User
from blog import markup
from blog.models import Site
from comments import screening, standing
from comments.models import Comment, Notice, Status
from server.jobs import PAUSES, job

CLAIM_LASTS = timedelta(minutes=5)


@job()
def tell(comment_pk: int) -> None:
    """Write down who is to hear of a new comment, then send. The job itself was committed with the comment.

    Writing the rows here and not in the reader's request keeps posting short however many there are.
    """
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        prepare(comment)
    send()


def prepare(comment: Comment) -> None:
    kind, people = recipients(comment)
    Notice.objects.bulk_create(
        [Notice(kind=kind, comment=comment, recipient=person) for person in people], ignore_conflicts=True
    )
    dropped = Notice.objects.filter(kind=kind, comment=comment, state=Notice.State.DROPPED)
    dropped.update(state=Notice.State.READY, tries=0, due=timezone.now())  # owed after all


def recipients(comment: Comment) -> tuple[Notice.Kind, QuerySet[User]]:
    """Moderators for one that waits, the essay's authors for one that appeared; nobody hears of their own."""
    if comment.status == Status.PENDING:
        kind, people = Notice.Kind.HELD, User.objects.filter(standing.moderators())
    else:
        authors = User.objects.filter(authorships__essay=comment.essay_id, is_active=True)
        kind, people = Notice.Kind.PUBLISHED, authors if comment.is_approved else authors.none()
    return kind, people.exclude(commenter=comment.commenter_id).exclude(email="").distinct()


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
    message = written(notice)
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


def written(notice: Notice) -> EmailMultiAlternatives | None:
    """The mail, in the site's language; None when the comment has been decided otherwise since."""
    comment = Comment.objects.select_related("commenter", "wording", "essay").get(pk=notice.comment_id)
    expected = Status.PENDING if notice.kind == Notice.Kind.HELD else Status.APPROVED
    if comment.status != expected or comment.wording is None:
        return None
    site = Site.objects.current()
    with translation.override(site.language):
        context = {
            "site": site,
            "comment": comment,
            "words": markup.plain(comment.wording.html),
            "html": comment.wording.html,
            "reasons": [screening.in_words(reason) for reason in comment.wording.reasons],
            "address": settings.SITE_URL + comment.get_absolute_url(),
            "queue": f"{settings.SITE_URL}/admin/comments/queue/?comment={comment.pk}",
            "recipient": notice.recipient,
        }
        subject = " ".join(render_to_string(f"mail/{notice.kind}_subject.txt", context).split())
        message = EmailMultiAlternatives(
            subject,
            render_to_string(f"mail/{notice.kind}.txt", context),
            to=[notice.recipient.email],
            headers={"Auto-Submitted": "auto-generated", "Message-ID": message_id(notice)},
        )
        message.attach_alternative(render_to_string(f"mail/{notice.kind}.html", context), "text/html")
    return message


def message_id(notice: Notice) -> str:
    """The same however often it is tried, so that a mail server can drop a second one."""
    host = settings.SITE_URL.split("://", 1)[1].split(":")[0]
    return f"<notice-{notice.pk}-{int(notice.created.timestamp())}@{host}>"
