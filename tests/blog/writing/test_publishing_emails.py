"""Emails about a published essay: five minutes later, once, and not at all if publishing is undone."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog.models import Announcement
from comments.models import Notice
from comments.notifications import outbox
from tests import make
from tests.blog.essay_forms import EssayForm, at, public_page, step_url, step_values, take_step
from tests.blog.publishing_step import MINUTE, NOW, button, emails, page_of, saved_draft, subscribe, the_essay

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def form(author: User) -> EssayForm:
    """The form of a saved draft."""
    return saved_draft(author)


def test_subscribers_are_emailed_five_minutes_after_publishing(form: EssayForm) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribe("ines", "rosa")
        assert "Publish and email 2 subscribers" in button(form)
        form.publish()
        assert "2 subscribers get an email at 09:35 UTC." in form.open_html()
        clock.move_to(NOW + 5 * MINUTE - timedelta(seconds=1))
        assert emails() == []
        clock.move_to(NOW + 5 * MINUTE)
        assert emails() == ["ines@example.org", "rosa@example.org"]
        clock.move_to(NOW + 9 * MINUTE)
        assert emails() == []


def test_no_one_is_emailed_without_the_choice(form: EssayForm) -> None:
    subscribe("rosa")
    form.publish({"emails": None})
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert emails() == []


def test_a_scheduled_essay_is_emailed_five_minutes_after_its_time(form: EssayForm) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribe("rosa")
        form.publish(at(NOW + timedelta(hours=1)))
        clock.move_to(NOW + timedelta(hours=1) + 4 * MINUTE)
        assert emails() == []
        form.take_step(title="A better one")  # an update does not delay them
        clock.move_to(NOW + timedelta(hours=1) + 6 * MINUTE)
        assert emails() == ["rosa@example.org"]


def test_publishing_again_emails_no_one_unless_chosen(form: EssayForm) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribe("rosa")
        form.publish()
        clock.move_to(NOW + 6 * MINUTE)
        assert emails() == ["rosa@example.org"]
        first = mail.outbox[0].extra_headers["Message-ID"]
        form.open()
        form.send("_unpublish")
        form.open()
        form.publish()
        clock.move_to(NOW + 20 * MINUTE)
        assert emails() == []
        assert "Email 1 subscriber again" in page_of(form).text
        form.take_step(emails="on")
        clock.move_to(NOW + 26 * MINUTE)
        assert emails() == ["rosa@example.org"]
        assert mail.outbox[0].extra_headers["Message-ID"] != first


def test_pages_email_no_one(author: User) -> None:
    page = make.essay("About", kind="page", published=None, by=author)
    client = EssayForm(author).client
    assert take_step(client, page, emails="on").status_code == 302
    assert not Announcement.objects.exists()


# Undo


@pytest.mark.parametrize("way", ["step", "form"])
def test_publishing_is_undone_within_five_minutes_and_sends_nothing(form: EssayForm, way: str, client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribe("rosa")
        form.publish()
        clock.move_to(NOW + 4 * MINUTE)
        assert "Undo publishing" in form.open_html()
        if way == "form":
            form.send("_undo", body="<p>Typed since.</p>")
        else:
            form.client.post(form.url_of("publish"), {"undo": "1"})
        essay = the_essay()
        assert essay.published is None
        assert client.get(essay.get_absolute_url()).status_code == 404
        clock.move_to(NOW + 10 * MINUTE)
        assert emails() == []
        page = form.open_html()
        assert "Undo publishing" not in page
        assert ("Typed since." in page) == (way == "form")
        form.publish()  # now for the first time
        clock.move_to(NOW + 16 * MINUTE)
        assert emails() == ["rosa@example.org"]


@pytest.mark.parametrize("way", ["step", "form"])
def test_after_five_minutes_publishing_cannot_be_undone(form: EssayForm, way: str) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        form.publish()
        form.open()
        clock.move_to(NOW + 5 * MINUTE + timedelta(seconds=1))
        if way == "form":
            form.send("_undo", body="<p>Typed since.</p>")
        else:
            form.client.post(form.url_of("publish"), {"undo": "1"})
        assert the_essay().is_published
        page = form.open_html()
        assert "It’s too late to undo publishing." in page
        assert ("Typed since." in page) == (way == "form")
        assert "Typed since." not in public_page(the_essay())


def test_an_update_or_a_changed_date_cannot_be_undone(form: EssayForm) -> None:
    with time_machine.travel(NOW - timedelta(days=9), tick=False):
        form.publish()
    form.open()
    form.publish(body="<p>Other words.</p>")
    form.client.post(form.url_of("publish"), {"undo": "1"})
    assert the_essay().is_published


def test_a_second_press_changes_nothing(form: EssayForm) -> None:
    subscribe("rosa")
    values = step_values(form.client, the_essay())
    for _ in range(3):
        assert form.client.post(step_url(the_essay()), values).status_code == 302
    assert Announcement.objects.count() == 1
    with time_machine.travel(timezone.now() + 6 * MINUTE):
        assert emails() == ["rosa@example.org"]
        assert form.client.post(step_url(the_essay()), values).status_code == 409
    assert [row.kind for row in the_essay().revisions.all()] == ["publish"]
    with time_machine.travel(timezone.now() + 20 * MINUTE):
        assert emails() == []


def test_a_form_from_before_the_emails_were_sent_does_not_send_them_again(form: EssayForm) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribe("rosa")
        form.publish()
        values = step_values(form.client, the_essay())
        assert values["emails"] == "on"  # they are pending
        clock.move_to(NOW + 6 * MINUTE)
        assert emails() == ["rosa@example.org"]
        assert form.client.post(step_url(the_essay()), values).status_code == 409
        clock.move_to(NOW + 20 * MINUTE)
        assert emails() == []


def test_notices_of_a_withdrawn_essay_are_not_sent(form: EssayForm) -> None:
    """The worker had put them into the outbox when the author unpublished the essay."""
    with time_machine.travel(NOW, tick=False) as clock:
        subscribe("rosa")
        form.publish()
        clock.move_to(NOW + 6 * MINUTE)
        outbox.announce_essays()
        form.open()
        form.send("_unpublish")
        assert emails() == []
        assert Notice.objects.get().state == "dropped"
