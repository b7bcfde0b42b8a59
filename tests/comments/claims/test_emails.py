"""Claims of guest comments are only offered to their author, and always need an email."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail

from blog.models import Essay
from comments.claims import actions
from comments.models import Comment, Status
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.claiming import ANNA, OFFER, ask, follow, mailed, offer_on, say

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# The offer


def test_every_guest_with_an_address_is_offered_a_claim_with_or_without_an_account(essay: Essay) -> None:
    make.user("anna")
    pages = []
    with time_machine.travel(datetime.now(UTC), tick=False):  # the pages show when the comments were posted
        for email in (ANNA, "nobody@example.org"):
            browser = Browser()
            comment, address = say(browser, essay, email=email, name="Somebody")
            page = browser.read(address)
            assert OFFER in text_of(page.comment(comment))
            pages.append(text_of(page.comment(comment)))
    assert pages[0] == pages[1]


def test_the_response_is_the_same_with_or_without_an_account(essay: Essay) -> None:
    make.user("anna")
    answers = []
    for number, email in enumerate((ANNA, "nobody@example.org")):
        browser = Browser(address=f"203.0.113.{number}")
        answer = ask(browser, *say(browser, essay, email=email, name="Somebody"))
        page = browser.get(answer.headers["Location"])
        answers.append((answer.status_code, re.sub(r"/comments/\S+", "", page.content.decode())))
    assert answers[0] == answers[1]
    run_ready_jobs()
    assert [message.body.partition("http")[0] for message in mail.outbox] == [
        mail.outbox[0].body.partition("http")[0]
    ] * 2


def test_others_and_guests_without_an_address_are_not_offered_a_claim(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="name")
    comment, address = say(guest, essay, email="")
    assert OFFER not in guest.read(address).text
    reader = Browser(make.user("reader", name="Rosa"))
    comment, address = say(reader, essay)
    assert OFFER not in text_of(reader.read(address).comment(comment))


def test_an_approved_comment_offers_a_claim_to_its_author_for_an_hour(essay: Essay, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    comment, address = say(guest, essay)
    assert comment.status == Status.APPROVED
    assert OFFER in text_of(guest.read(address).comment(comment))
    assert OFFER not in Browser().read(essay).text
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1, minutes=1), tick=False):
        assert OFFER not in guest.read(address).text


def test_a_remembered_guest_is_offered_a_claim_without_a_key(essay: Essay, guest: Browser) -> None:
    comment, address = say(guest, essay, remember="on")
    assert "key" not in address
    assert OFFER in text_of(guest.read(address).comment(comment))


def test_a_forged_or_expired_offer_sends_no_email(essay: Essay, guest: Browser) -> None:
    comment, address = say(guest, essay)
    form = offer_on(guest.read(address), comment)
    assert guest.post("/accounts/claims/ask/", form | {"offer": f"{form['offer']}x"}).status_code == 410
    assert guest.post("/accounts/claims/ask/", {}).status_code == 410
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=False):
        assert guest.post("/accounts/claims/ask/", form).status_code == 410
    mailed(0)


def test_another_site_cannot_request_a_claim(essay: Essay, guest: Browser) -> None:
    form = offer_on(guest.read((told := say(guest, essay))[1]), told[0])
    assert Browser(headers={"Sec-Fetch-Site": "cross-site"}).post("/accounts/claims/ask/", form).status_code == 403
    mailed(0)


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_link_back_never_leads_to_another_site(essay: Essay, guest: Browser, onward: str) -> None:
    form = offer_on(guest.read((told := say(guest, essay))[1]), told[0])
    page = Page(guest.post("/accounts/claims/ask/", form | {"next": onward}, follow=True))
    assert "evil" not in str(page.only("div[@class='plain leaf']//a").get("href"))
    back = Page(guest.get(f"/accounts/claims/sent/?next={form['next']}")).only("div[@class='plain leaf']//a")
    assert back.get("href") == form["next"]


# The email


def test_the_email_contains_nothing_that_the_guest_typed(essay: Essay, guest: Browser) -> None:
    ask(guest, *say(guest, essay, name="Buy Pills", text="Cheap at pills.example", website="pills.example"))
    mailed(1)
    (message,) = [message for message in mail.outbox if message.to == [ANNA]]
    assert message.subject == "[Rejoinder] Add your comments to your account"
    everything = str(message.message())
    for typed in ("Pills", "pills.example", "Cheap"):
        assert typed not in everything
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert ANNA not in message.body


def test_claim_emails_are_limited_per_address_and_sender(essay: Essay) -> None:
    make.rules(flood_seconds=0)
    for number in range(actions.PER_HOUR + 1):
        browser = Browser(address=f"198.51.{number}.7")
        answer = ask(browser, *say(browser, essay, text=f"Number {number}"))
        assert answer.status_code == (302 if number < actions.PER_HOUR else 429)
    assert int(answer.headers["Retry-After"]) > 60
    assert "We’ve already sent several of these emails" in answer.content.decode()
    mailed(actions.PER_HOUR)
    browser = Browser()
    for number in range(actions.PER_HOUR + 1):
        answer = ask(browser, *say(browser, essay, text=f"To {number}", email=f"to{number}@example.org"))
    assert answer.status_code == 429
    mailed(2 * actions.PER_HOUR)


# From the account


def test_guest_comments_with_verified_addresses_are_listed_and_still_need_an_email(essay: Essay) -> None:
    make.rules(flood_seconds=0)
    user = make.user("anna", name="Anna")
    EmailAddress.objects.create(user=user, email="unproved@example.org", verified=False)
    Browser().post_comment(essay)
    Browser().post_comment(essay, text="Twice.", email=ANNA.title())
    Browser().post_comment(essay, text="Mine too?", email="unproved@example.org")
    browser = Browser(user)
    page = browser.read("/accounts/claims/")
    assert f"{ANNA} 2 comments" in page.text
    assert "unproved@example.org" not in page.text
    assert (
        browser.post("/accounts/claims/", {"email": "unproved@example.org"}).headers["Location"] == "/accounts/claims/"
    )
    assert browser.post("/accounts/claims/", {"email": ANNA}).status_code == 302
    assert not Comment.objects.filter(commenter__user=user).exists()
    (link,) = mailed()
    follow(browser, link)
    assert Comment.objects.filter(commenter__user=user).count() == 2
    assert "There are no guest comments" in browser.read("/accounts/claims/").text


def test_anonymous_visitors_have_to_log_in_first(guest: Browser) -> None:
    assert guest.get("/accounts/claims/").headers["Location"].startswith("/accounts/login/")
