"""A mail server that is gone for a day or longer: what the owner sees, and that every email is sent once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import User
from blog.models import Essay
from comments import jobs
from comments.models import Notice
from server import doctor
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser
from tests.services.processes import free_port
from tests.services.smtp import Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def moderator(settings: Any) -> User:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()  # where nothing listens
    return make.moderator("mara")


def work(at: datetime) -> None:
    """Do at that time what the job worker does within a minute."""
    with time_machine.travel(at, tick=False):
        jobs.send_due.call()
        run_ready_jobs()


def post_three(essay: Essay, guest: Browser) -> datetime:
    for number in range(3):
        guest.post_comment(essay, text=f"Words {number}.")
    run_ready_jobs()
    assert Notice.objects.filter(state="ready").count() == 3
    return datetime.now(UTC)


def delay() -> list[str]:
    return [str(finding) for finding in doctor.findings() if "delayed" in finding.problem]


@pytest.mark.both
def test_after_a_day_without_a_mail_server_each_email_is_sent_once(
    essay: Essay, guest: Browser, settings: Any, mailbox: Mailbox
) -> None:
    now, owner = post_three(essay, guest), Browser(make.owner())
    assert delay() == []
    for minutes in (1, 4, 30, *range(60, 26 * 60, 60)):
        work(now + timedelta(minutes=minutes))
        if minutes == 4:
            with time_machine.travel(now + timedelta(minutes=4)):
                (finding,) = delay()
                assert "3 emails are delayed" in finding
                assert "Connection refused" in finding
                assert "3 emails are delayed" in owner.read("/admin/").text
                assert "3 notifications" in owner.read("/admin/comments/notice/?stuck=delayed").text
    settings.EMAIL_PORT = mailbox.port
    work(now + timedelta(hours=26, minutes=2))
    assert mailbox.tally() == {"mara@example.org": 3}
    work(now + timedelta(hours=30))
    assert len(mailbox.messages) == 3
    assert set(Notice.objects.values_list("state", "error")) == {("sent", "")}
    assert delay() == []


def test_a_mail_server_that_postpones_everything_for_a_day_gets_each_email_once(
    essay: Essay, guest: Browser, settings: Any, mailbox: Mailbox
) -> None:
    settings.EMAIL_PORT, mailbox.response = mailbox.port, "451 Try again later"
    now = post_three(essay, guest)
    for hours in range(1, 26):
        work(now + timedelta(hours=hours))
    mailbox.response = "250 OK"
    work(now + timedelta(hours=28))
    assert mailbox.tally() == {"mara@example.org": 3}


def test_a_server_that_is_back_within_minutes_is_used_within_seconds_and_tried_by_one_job_alone(
    essay: Essay, guest: Browser, settings: Any, mailbox: Mailbox
) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        post_three(essay, guest)
        settings.EMAIL_PORT = mailbox.port
        guest.post_comment(essay, text="While the server is tried at intervals.")
        run_ready_jobs()
        assert mailbox.connections == 0
        clock.shift(timedelta(seconds=6))
        run_ready_jobs()
    assert len(mailbox.messages) == 4
    assert mailbox.connections == 1


def test_after_five_days_an_email_is_left_to_the_owner(essay: Essay, guest: Browser) -> None:
    now = post_three(essay, guest)
    work(now + timedelta(days=4, hours=23))
    assert set(Notice.objects.values_list("state", flat=True)) == {"ready"}
    work(now + timedelta(days=5, minutes=1))
    assert set(Notice.objects.values_list("state", flat=True)) == {"failed"}
    assert "Connection refused" in Notice.objects.all()[0].error
