"""Notices of comments: to moderators of pending ones, to authors of published ones, each once."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPSenderRefused, SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from blog.models import Authorship, Essay
from comments import jobs
from comments.models import Comment, Notice, Status
from comments.notifications import outbox
from moderation.decisions import actions as deciding
from moderation.decisions import undo
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser
from tests.services.smtp import Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def moderator() -> User:
    return make.moderator("mara", name="Mara Sundqvist")


def posted() -> list[mail.EmailMessage]:
    """Run the due jobs and return the emails they have sent."""
    run_ready_jobs()
    return mail.outbox


def recipients() -> list[str]:
    return sorted(address for message in posted() for address in message.recipients())


def test_every_moderator_is_emailed_about_a_pending_comment(essay: Essay, moderator: User, guest: Browser) -> None:
    make.owner("owner")
    make.moderator("gone", is_active=False)
    unreachable = make.moderator("unreachable")
    User.objects.filter(pk=unreachable.pk).update(email="")
    guest.post_comment(essay, text="Hold this.")
    assert recipients() == ["mara@example.org", "owner@example.org"]


@pytest.mark.both
def test_nothing_is_sent_before_the_job_runs(essay: Essay, moderator: User, guest: Browser) -> None:
    guest.post_comment(essay)
    assert mail.outbox == []
    assert not Notice.objects.exists()


def test_moderators_read_author_text_essay_and_reasons(essay: Essay, moderator: User, guest: Browser) -> None:
    comment = guest.post_comment(essay, text="See *these*: http://a.example http://b.example")
    message = posted()[0]
    assert message.subject == "[Rejoinder] Please moderate: Anna Karg on “Whose Promise Is It?”"
    for part in ["Anna Karg", "See _these_:", "http://a.example", "first comment", "2 links"]:
        assert part in message.body, part
    assert f"{settings.SITE_URL}/admin/comments/queue/?comment={comment.pk}" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "anna@example.org" not in str(message.message())


def test_the_authors_are_emailed_about_a_published_comment(essay: Essay, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    Authorship.objects.create(essay=essay, author=make.author("joris"))
    make.author("elsewhere")
    comment = guest.post_comment(essay, text="I *disagree*.")
    assert recipients() == ["joris@example.org", "miriam@example.org"]
    message = mail.outbox[0]
    assert message.subject == "[Rejoinder] Anna Karg commented on “Whose Promise Is It?”"
    assert "I _disagree_." in message.body
    assert f"{settings.SITE_URL}/comments/{comment.pk}/" in message.body


def test_people_are_not_notified_of_their_own_comments(essay: Essay, author: User) -> None:
    both = make.moderator("both")
    Authorship.objects.create(essay=essay, author=both)
    Browser(both).post_comment(essay, text="Mine.")
    assert recipients() == ["miriam@example.org"]
    mail.outbox.clear()
    Browser(author).post_comment(essay, text="And mine.")
    assert recipients() == ["both@example.org"]


def test_the_author_is_emailed_when_a_held_comment_is_approved(essay: Essay, moderator: User, guest: Browser) -> None:
    comment = guest.post_comment(essay)
    assert recipients() == ["mara@example.org"]
    deciding.approve(comment, by=moderator)
    assert recipients() == ["mara@example.org", "miriam@example.org"]


@pytest.mark.both
def test_repeated_decisions_send_one_email(essay: Essay, moderator: User, guest: Browser) -> None:
    comment = guest.post_comment(essay)
    run_ready_jobs()
    for _ in range(2):
        decision = deciding.approve(comment, by=moderator)
        run_ready_jobs()
        undo.undo(decision, by=moderator)
        run_ready_jobs()
        deciding.approve(comment, by=moderator)
        deciding.mark_spam(comment, by=moderator)
        deciding.restore(comment, by=moderator)
        run_ready_jobs()
        deciding.unapprove(comment, by=moderator)
        run_ready_jobs()
    assert recipients() == ["mara@example.org", "miriam@example.org"]


@pytest.mark.both
def test_a_job_that_runs_twice_sends_once(essay: Essay, moderator: User, guest: Browser) -> None:
    comment = guest.post_comment(essay)
    run_ready_jobs()
    outbox.notify.call(comment.pk)
    jobs.send_due.call()
    assert recipients() == ["mara@example.org"]


def test_the_job_notifies_of_the_current_status(
    essay: Essay, moderator: User, guest: Browser, stranger: Browser
) -> None:
    deciding.approve(guest.post_comment(essay, text="Good."), by=moderator)
    deciding.mark_spam(stranger.post_comment(essay, text="Bad."), by=moderator)
    assert recipients() == ["miriam@example.org"]
    assert "Good." in str(mail.outbox[0].body)


@pytest.mark.both
def test_a_comment_deleted_before_the_job_sends_no_email(essay: Essay, moderator: User, guest: Browser) -> None:
    guest.post_comment(essay)
    Comment.objects.all().delete()
    assert posted() == []


@pytest.mark.both
@pytest.mark.parametrize("status", [Status.SPAM, Status.TRASH])
def test_a_comment_removed_after_its_notice_sends_no_email(
    essay: Essay, moderator: User, guest: Browser, settings: Settings, status: str
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    guest.post_comment(essay)
    run_ready_jobs()
    Comment.objects.update(status=status)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        jobs.send_due.call()
    assert mail.outbox == []
    assert Notice.objects.get().state == Notice.State.DROPPED


@pytest.mark.both
def test_another_job_continues_after_the_time_limit(
    essay: Essay, moderator: User, guest: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_RUN", 0)
    for _ in range(3):
        Notice.objects.create(
            kind="held", email=moderator.email, recipient=moderator, comment=make.comment(essay, status="pending")
        )
    outbox.send()
    assert mail.outbox == []
    monkeypatch.undo()
    assert recipients() == ["mara@example.org"] * 3


@pytest.mark.both
def test_a_former_recipient_gets_no_email(essay: Essay, moderator: User, author: User) -> None:
    outbox.create_notices(make.comment(essay, status="pending"))
    outbox.create_notices(make.comment(essay))
    assert Notice.objects.count() == 2
    moderator.groups.clear()
    User.objects.filter(pk=author.pk).update(is_active=False)
    outbox.send()
    assert mail.outbox == []


# Text by strangers in emails


@pytest.mark.parametrize(
    "name",
    ["a\r\nBcc: x@example.com", "a\nBcc: x@example.com", "a\rBcc: x@example.com", "a\x0bb\x0cc\u2028d\x85e", "a\x00b"],
)
def test_a_name_adds_no_header_and_no_recipient(essay: Essay, moderator: User, guest: Browser, name: str) -> None:
    guest.post_comment(essay, name=name)
    message = posted()[0]
    assert message.recipients() == ["mara@example.org"]
    parsed = message.message()
    assert parsed["Bcc"] is None
    assert len(parsed.get_all("Subject", [])) == 1
    assert not any(sign in str(message.subject) for sign in "\r\n\0\x0b\x0c\x85\u2028")


def test_a_title_of_several_lines_makes_a_subject_of_one(author: User, moderator: User, guest: Browser) -> None:
    make.rules()
    guest.post_comment(make.essay("One\r\nBcc: x@example.com", by=author))
    assert posted()[0].message()["Bcc"] is None


def test_markup_in_a_name_or_title_is_escaped_in_the_email(moderator: User, author: User, guest: Browser) -> None:
    make.rules()
    guest.post_comment(make.essay("<i>Title</i>", by=author), name="<b>Anna</b>", text="<script>alert(1)</script>")
    message = posted()[0]
    assert isinstance(message, mail.EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    assert "&lt;b&gt;Anna&lt;/b&gt;" in html
    assert "&lt;i&gt;Title&lt;/i&gt;" in html
    assert "<script" not in html
    assert "<b>Anna</b>" in message.body


def test_emails_are_in_the_sites_language(essay: Essay, moderator: User, guest: Browser, settings: Any) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    make.site(language="de")
    guest.post_comment(essay)
    assert isinstance(message := posted()[0], mail.EmailMultiAlternatives)
    assert '<html lang="de" dir="ltr">' in str(message.alternatives[0][0])


# When the mail server is unavailable


class Away(EmailBackend):
    """A server that cannot be reached."""

    def open(self) -> bool:
        raise ConnectionRefusedError("nobody there")


class Unwilling(EmailBackend):
    """A server that rejects the email before accepting anything."""

    def send_messages(self, messages: object) -> int:
        raise SMTPSenderRefused(451, b"not now", "rejoinder@127.0.0.1")


class CutOff(EmailBackend):
    """A server that disconnects in the middle: it may have accepted the email."""

    def send_messages(self, messages: object) -> int:
        raise TimeoutError("no word")


class HungUp(EmailBackend):
    """A server that hangs up in the middle, which looks like a rejection but is not."""

    def send_messages(self, messages: object) -> int:
        raise SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.mark.both
@pytest.mark.parametrize("backend", [Away, Unwilling])
def test_an_email_that_was_not_sent_is_retried(
    essay: Essay, moderator: User, guest: Browser, settings: Settings, backend: type
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"
    guest.post_comment(essay)
    assert posted() == []
    notice = Notice.objects.get()
    assert notice.state == Notice.State.READY
    assert notice.error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    jobs.send_due.call()
    assert mail.outbox == []
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        jobs.send_due.call()
        jobs.send_due.call()
    assert recipients() == ["mara@example.org"]


@pytest.mark.parametrize("backend", [CutOff, HungUp])
def test_an_email_that_may_have_been_sent_is_never_retried(
    essay: Essay, moderator: User, guest: Browser, settings: Settings, backend: type
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"
    guest.post_comment(essay)
    run_ready_jobs()
    assert Notice.objects.get().state == Notice.State.SENDING
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        jobs.send_due.call()
    assert mail.outbox == []


def test_an_email_is_marked_as_failed_after_many_attempts(
    essay: Essay, moderator: User, guest: Browser, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    guest.post_comment(essay)
    run_ready_jobs()
    now = datetime.now(UTC)
    for _ in range(20):
        now += timedelta(hours=12)
        with time_machine.travel(now):
            jobs.send_due.call()
    notice = Notice.objects.get()
    assert notice.state == Notice.State.FAILED
    assert "nobody there" in notice.error


# A real server that hangs up


@pytest.fixture
def speaking(mailbox: Mailbox, settings: Settings) -> Mailbox:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    return mailbox


def held_ones(essay: Essay, guest: Browser, count: int) -> list[Notice]:
    for number in range(count):
        guest.post_comment(essay, text=f"Words {number}.")
    run_ready_jobs()
    return list(Notice.objects.order_by("pk"))


def test_an_email_is_retried_if_the_server_disconnects_before_data(
    essay: Essay, moderator: User, guest: Browser, speaking: Mailbox
) -> None:
    speaking.disconnects_at = "RCPT"
    (notice,) = held_ones(essay, guest, 1)
    assert (notice.state, speaking.messages) == (Notice.State.READY, [])
    speaking.disconnects_at = ""
    with time_machine.travel(notice.due + timedelta(seconds=1)):
        jobs.send_due.call()
    assert speaking.tally() == {"mara@example.org": 1}


def test_an_email_is_uncertain_if_the_server_disconnects_after_data(
    essay: Essay, moderator: User, guest: Browser, speaking: Mailbox
) -> None:
    speaking.disconnects_at = "DATA"
    (notice,) = held_ones(essay, guest, 1)
    assert (notice.state, len(speaking.messages)) == (Notice.State.SENDING, 1)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        jobs.send_due.call()
    assert len(speaking.messages) == 1


def test_the_connection_is_reopened_if_the_server_limits_emails(
    essay: Essay, moderator: User, guest: Browser, speaking: Mailbox
) -> None:
    speaking.messages_per_connection = 2
    with transaction.atomic():
        for number in range(5):
            guest.post_comment(essay, text=f"Words {number}.")
    Notice.objects.all().delete()
    for comment in Comment.objects.all():
        outbox.create_notices(comment)
    outbox.send()
    assert speaking.tally() == {"mara@example.org": 5}
    assert speaking.connections == 3


def test_bounces_go_to_the_bounce_address(
    essay: Essay, moderator: User, guest: Browser, speaking: Mailbox, settings: Settings
) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.org"
    held_ones(essay, guest, 1)
    assert speaking.senders == ["bounces@example.org"]
    assert speaking.messages[0]["From"] == settings.DEFAULT_FROM_EMAIL
