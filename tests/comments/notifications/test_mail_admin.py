"""The owner's admin pages for subscriptions, email addresses and stuck emails."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from blog.models import Essay
from comments.models import Address, Notice, Subscription
from comments.notifications import outbox
from server import doctor
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PLACES = ("subscription", "address", "notice")


@pytest.fixture
def owner() -> Browser:
    return Browser(make.owner("owner"))


@pytest.fixture
def subscription(essay: Essay) -> Subscription:
    now = timezone.now()
    address = Address.objects.create(email="rosa@example.org", verified=now)
    return Subscription.objects.create(address=address, kind="essay", essay=essay, confirmed=now)


def press(browser: Browser, place: str, action: str, *rows: Any) -> str:
    """Run an admin action on the selected rows, and return the next page."""
    path = f"/admin/comments/{place}/"
    fields = {"action": action, "_selected_action": [row.pk for row in rows]}
    token = browser.get(path).cookies["csrf"].value
    return browser.post(path, fields | {"csrfmiddlewaretoken": token}, follow=True).content.decode()


def stuck(kind: str, state: str, **fields: Any) -> Notice:
    ago = timezone.now() - timedelta(hours=1)
    return Notice.objects.create(kind=kind, state=state, changed=ago, tries=6, **fields)


def test_the_owner_sees_all_subscriptions(owner: Browser, subscription: Subscription) -> None:
    page = owner.read("/admin/comments/subscription/?q=rosa")
    for words in ("rosa@example.org", "comments on an essay: Whose Promise Is It?", "immediately", "active"):
        assert words in page.text
    assert "1 subscription ended." in press(owner, "subscription", "stop", subscription)
    subscription.refresh_from_db()
    assert subscription.stopped
    assert owner.get("/admin/comments/subscription/add/").status_code == 403


def test_the_owner_can_allow_emails_to_a_suppressed_address(owner: Browser, subscription: Subscription) -> None:
    said = {"suppressed": timezone.now(), "bounces": 1, "problem": "550 5.1.1 no such user"}
    Address.objects.update(**said)
    assert "550 5.1.1 no such user" in owner.read("/admin/comments/address/?suppressed__isempty=0").text
    assert "1 address can get emails again." in press(owner, "address", "send_to_it_again", subscription.address)
    address = Address.objects.get()
    assert (address.suppressed, address.bounces, address.problem) == (None, 0, "")
    Address.objects.update(**said, verified=None)
    press(owner, "address", "send_to_it_again", address)
    assert Address.objects.get().verified is None


@pytest.mark.parametrize("state", ["failed", "sending"])
def test_the_owner_can_resend_stuck_emails(
    owner: Browser, essay: Essay, subscription: Subscription, author: User, state: str
) -> None:
    comment = make.comment(essay)
    run_ready_jobs()
    assert len(mail.outbox) == 2
    Notice.objects.all().delete()
    mail.outbox.clear()
    rows = [
        stuck("followed", state, comment=comment, email="rosa@example.org", subscription=subscription),
        stuck("published", state, comment=comment, email=author.email, recipient=author),
    ]
    flying = stuck("held", "sending", comment=comment, email=author.email, recipient=author)
    Notice.objects.filter(pk=flying.pk).update(changed=timezone.now())
    filtered = "failed" if state == "failed" else "uncertain"
    page = owner.read(f"/admin/comments/notice/?stuck={filtered}")
    assert "2 notifications" in page.text
    assert "2 emails will be resent." in press(owner, "notice", "send_again", *rows, flying)
    run_ready_jobs()
    assert sorted(mail.outbox[0].to + mail.outbox[1].to) == ["miriam@example.org", "rosa@example.org"]
    assert len(mail.outbox) == 2


def test_the_admin_and_doctor_list_stuck_emails(
    owner: Browser, essay: Essay, author: User, subscription: Subscription
) -> None:
    comment = make.comment(essay)
    outbox.send()
    assert "may not have arrived" not in owner.read("/admin/").text
    for number in range(2):
        stuck("followed", "sending", comment=comment, email=f"{number}@example.org")
    page = owner.read("/admin/")
    assert "2 emails may not have arrived." in page.text
    assert page.only("a[@href='/admin/comments/notice/?stuck=uncertain']") is not None
    stuck("held", "failed", comment=comment, email=author.email, recipient=author)
    assert "1 email could not be sent." in owner.read("/admin/").text
    assert sum(finding.subject == "Email" and "stuck=" in finding.remedy for finding in doctor.findings()) == 2


@pytest.mark.parametrize("person", [make.moderator, make.author])
def test_only_the_owner_sees_email_addresses(subscription: Subscription, person: Any) -> None:
    browser = Browser(person())
    for place in PLACES:
        assert browser.get(f"/admin/comments/{place}/").status_code == 403
    assert "may not have arrived" not in browser.read("/admin/").text
