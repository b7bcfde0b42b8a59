"""Claims: guest comments can be added to an account only by a person who reads the address's email."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail

from accounts.models import Commenter, User
from accounts.pages import claims
from blog.models import Essay
from comments.models import Comment, Status
from moderation.decisions import actions as deciding
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.door import Browser, Page, words

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OFFER = "Email me a link to manage my comments"
ANNA = "anna@example.org"


@pytest.fixture
def essay() -> Essay:
    make.rules()
    return make.essay("Whose Promise Is It?", by=make.author("m.a", name="Miriam Achterberg"))


@pytest.fixture
def guest() -> Browser:
    return Browser()


def offer_on(page: Page, comment: Comment) -> dict[str, str]:
    """Return the form data of the button below a comment."""
    form = next(form for form in page.comment(comment).iter("form") if form.get("class") == "offer")
    assert form.get("action") == "/accounts/claims/ask/"
    return {str(field.get("name")): str(field.get("value")) for field in form.iter("input")}


def ask(browser: Browser, comment: Comment, address: str = "") -> Any:
    page = browser.read(address or f"{comment.get_absolute_url()}")
    return browser.post("/accounts/claims/ask/", offer_on(page, comment))


def say(browser: Browser, essay: Essay, **fields: str) -> tuple[Comment, str]:
    """Post a comment and return it with its author's URL."""
    address = browser.post_to(essay, **fields).answer.headers["Location"]
    return Comment.objects.latest("pk"), address


def mailed(count: int = 1) -> list[str]:
    """Send pending emails and return their links."""
    run_ready_jobs()
    sent = [message for message in mail.outbox if "Add your comments" in message.subject]
    assert len(sent) == count
    return [urlsplit(found[0]).path for message in sent if (found := re.search(r"http\S+", str(message.body)))]


def link_for(essay: Essay, browser: Browser | None = None, **fields: str) -> str:
    browser = browser or Browser()
    ask(browser, *say(browser, essay, **fields))
    return mailed(1)[-1]


def follow(browser: Browser, link: str, **fields: Any) -> Any:
    return browser.post(link, {"as": ["Anna Karg"], **fields}, follow=True)


# The offer


def test_every_guest_with_an_address_is_offered_a_claim_with_or_without_an_account(essay: Essay) -> None:
    make.user("anna")
    pages = []
    with time_machine.travel(datetime.now(UTC), tick=False):  # the pages show when the comments were posted
        for email in (ANNA, "nobody@example.org"):
            browser = Browser()
            comment, address = say(browser, essay, email=email, name="Somebody")
            page = browser.read(address)
            assert OFFER in words(page.comment(comment))
            pages.append(words(page.comment(comment)))
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
    assert OFFER not in guest.read(address).words
    reader = Browser(make.user("reader", name="Rosa"))
    comment, address = say(reader, essay)
    assert OFFER not in words(reader.read(address).comment(comment))


def test_an_approved_comment_offers_a_claim_to_its_author_for_an_hour(essay: Essay, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    comment, address = say(guest, essay)
    assert comment.status == Status.APPROVED
    assert OFFER in words(guest.read(address).comment(comment))
    assert OFFER not in Browser().read(essay).words
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1, minutes=1), tick=False):
        assert OFFER not in guest.read(address).words


def test_a_remembered_guest_is_offered_a_claim_without_a_key(essay: Essay, guest: Browser) -> None:
    comment, address = say(guest, essay, remember="on")
    assert "key" not in address
    assert OFFER in words(guest.read(address).comment(comment))


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
    assert "evil" not in str(page.one("div[@class='plain leaf']//a").get("href"))
    back = Page(guest.get(f"/accounts/claims/sent/?next={form['next']}")).one("div[@class='plain leaf']//a")
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
    for number in range(claims.PER_HOUR + 1):
        browser = Browser(address=f"198.51.{number}.7")
        answer = ask(browser, *say(browser, essay, text=f"Number {number}"))
        assert answer.status_code == (302 if number < claims.PER_HOUR else 429)
    assert int(answer.headers["Retry-After"]) > 60
    assert "We’ve already sent several of these emails" in answer.content.decode()
    mailed(claims.PER_HOUR)
    browser = Browser()
    for number in range(claims.PER_HOUR + 1):
        answer = ask(browser, *say(browser, essay, text=f"To {number}", email=f"to{number}@example.org"))
    assert answer.status_code == 429
    mailed(2 * claims.PER_HOUR)


# The link


def test_opening_the_link_only_shows_what_it_would_do(essay: Essay) -> None:
    link = link_for(essay)
    page = Page(answer := Browser().get(link))
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Anna Karg" in page.words
    assert "on “Whose Promise Is It?”" in page.words
    assert not answer.cookies.get("session")
    assert Commenter.objects.guests().count() == 1
    assert not EmailAddress.objects.filter(email=ANNA).exists()


def test_a_logged_in_user_claims_comments_with_one_button(essay: Essay, guest: Browser) -> None:
    link = link_for(essay, guest)
    rosa = Browser(user := make.user("rosa", name="Rosa Castellanos"))
    page = rosa.read(link)
    assert "You’re logged in as Rosa Castellanos" in page.words
    done = follow(rosa, link)
    assert "Added 1 comment to your account." in done.content.decode()
    comment = Comment.objects.get()
    assert comment.commenter.user == user
    assert not Commenter.objects.guests().exists()
    assert "Rosa Castellanos" in words(rosa.read(essay).comment(comment))
    assert comment.status == Status.PENDING  # whoever owns it, no one has read the email yet


def test_a_person_without_an_account_gets_one_and_is_logged_in(essay: Essay, guest: Browser) -> None:
    link = link_for(essay, guest)
    browser = Browser()
    assert "You don’t have an account with this address yet." in browser.read(link).words
    done = follow(browser, link, name="  Anna  Karg\u202e ")
    assert "Added 1 comment to your account." in done.content.decode()
    user = User.objects.get(emailaddress__email=ANNA)
    assert (user.name, user.has_usable_password(), user.email) == ("Anna Karg", False, ANNA)
    assert EmailAddress.objects.get(email=ANNA).verified
    assert int(browser.session["_auth_user_id"]) == user.pk
    assert Comment.objects.get().commenter == user.commenter
    assert "anna" in user.username
    assert "@" not in user.username


def test_a_person_with_an_account_is_logged_in_to_it(essay: Essay) -> None:
    user = make.user("anna", name="Anna K.")
    link = link_for(essay)
    browser = Browser()
    assert "You already have an account with this address." in browser.read(link).words
    follow(browser, link)
    assert int(browser.session["_auth_user_id"]) == user.pk
    assert Comment.objects.get().commenter == Commenter.objects.get(user=user)


def test_two_factor_authentication_comes_before_merging(essay: Essay) -> None:
    user = make.user("anna")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    link = link_for(essay)
    browser = Browser()
    answer = browser.post(link, {"as": ["Anna Karg"]})
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in browser.session
    assert Commenter.objects.guests().count() == 1
    browser.force_login(user)  # as after the second factor, which redirects here
    follow(browser, link)
    assert Comment.objects.get().commenter.user == user


def test_an_account_that_another_made_with_the_address_gets_nothing(essay: Essay) -> None:
    attacker = Browser()
    attacker.post("/accounts/signup/", {"email": ANNA, "name": "Mallory"})
    made = User.objects.get(emailaddress__email=ANNA)
    link = link_for(essay)
    browser = Browser()
    assert "You don’t have an account with this address yet." in browser.read(link).words
    follow(browser, link)
    assert not User.objects.filter(pk=made.pk).exists()
    assert Comment.objects.get().commenter.user == User.objects.get(
        emailaddress__email=ANNA, emailaddress__verified=True
    )


def test_all_comments_with_the_address_are_offered_and_only_chosen_ones_are_added(essay: Essay) -> None:
    make.rules(flood_seconds=0)
    for name, email in (
        ("Anna Karg", ANNA),
        ("anna", ANNA.upper()),
        ("Somebody", ANNA),
        ("Anna Karg", "other@example.org"),
    ):
        Browser().say(essay, name=name, email=email, text=f"As {name}, {email}")
    link = link_for(essay, text="And one more.")
    page = Page(Browser().get(link))
    assert [field.get("value") for field in page.all("input[@name='as']")] == ["Anna Karg", "Somebody", "anna"]
    browser = Browser(user := make.user("rosa"))
    done = browser.post(link, {"as": ["Anna Karg", "anna"]}, follow=True)
    assert "Added 3 comments to your account." in done.content.decode()
    assert Comment.objects.filter(commenter__user=user).count() == 3
    assert set(Commenter.objects.guests().values_list("name", "email")) == {
        ("Somebody", ANNA), ("Anna Karg", "other@example.org"),
    }  # fmt: skip


def test_a_link_works_once(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=0)
    link = link_for(essay, guest)
    follow(Browser(), link)
    guest.say(essay, text="Another, by whoever types this address.")
    again = Browser()
    again.post(link, {"as": ["Anna Karg"]})
    assert "_auth_user_id" not in again.session
    assert Commenter.objects.guests().count() == 1
    rosa = Browser(make.user("rosa"))
    assert rosa.post(link, {"as": ["Anna Karg"]}).status_code == 410
    assert Commenter.objects.guests().count() == 1


def test_a_link_whose_guest_still_exists_logs_in_once(essay: Essay) -> None:
    make.rules(flood_seconds=0)
    Browser().say(essay, name="Somebody")
    link = link_for(essay)
    follow(Browser(), link, **{"as": ["Somebody"]})
    assert Commenter.objects.guests().get().name == "Anna Karg"
    again = Browser()
    assert again.post(link, {"as": ["Anna Karg"]}).status_code == 410
    assert "_auth_user_id" not in again.session
    assert Browser(make.user("rosa")).post(link, {"as": ["Anna Karg"]}).status_code == 410
    assert Commenter.objects.guests().get().name == "Anna Karg"


def test_a_link_to_a_former_address_of_the_guest_is_invalid(essay: Essay) -> None:
    link = link_for(essay)
    Commenter.objects.guests().update(email="another@example.org")
    assert Browser().get(link).status_code == 410
    assert follow(Browser(), link, **{"as": ["Anna Karg"]}).status_code == 410


def test_a_link_expires_after_a_day_and_cannot_be_changed(essay: Essay) -> None:
    link = link_for(essay)
    assert Browser().get(f"{link[:-2]}x/").status_code == 410
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, minutes=1), tick=False):
        answer = Browser().get(link)
        assert answer.status_code == 410
        assert "This link has expired" in answer.content.decode()
        assert Browser().post(link, {"as": ["Anna Karg"]}).status_code == 410
    assert Browser().get(link).status_code == 200


def test_choosing_nothing_shows_an_error(essay: Essay) -> None:
    link = link_for(essay)
    browser = Browser()
    answer = browser.post(link, {"name": "Anna"})
    assert "Select at least one." in answer.content.decode()
    assert "_auth_user_id" not in browser.session
    follow(browser, link)
    assert not Commenter.objects.guests().exists()


def test_another_site_cannot_press_the_button(essay: Essay) -> None:
    link = link_for(essay)
    answer = Browser(headers={"Sec-Fetch-Site": "cross-site"}).post(link, {"as": ["Anna Karg"]})
    assert answer.status_code == 403
    assert Commenter.objects.guests().count() == 1


def test_the_guest_cookie_is_deleted_once_the_comments_belong_to_an_account(essay: Essay, guest: Browser) -> None:
    ask(guest, *say(guest, essay, remember="on"))
    (link,) = mailed()
    follow(guest, link)
    assert "commenter" not in guest.cookies or not guest.cookies["commenter"].value


# From the account


def test_guest_comments_with_verified_addresses_are_listed_and_still_need_an_email(essay: Essay) -> None:
    make.rules(flood_seconds=0)
    user = make.user("anna", name="Anna")
    EmailAddress.objects.create(user=user, email="unproved@example.org", verified=False)
    Browser().say(essay)
    Browser().say(essay, text="Twice.", email=ANNA.title())
    Browser().say(essay, text="Mine too?", email="unproved@example.org")
    browser = Browser(user)
    page = browser.read("/accounts/claims/")
    assert f"{ANNA} 2 comments" in page.words
    assert "unproved@example.org" not in page.words
    assert (
        browser.post("/accounts/claims/", {"email": "unproved@example.org"}).headers["Location"] == "/accounts/claims/"
    )
    assert browser.post("/accounts/claims/", {"email": ANNA}).status_code == 302
    assert not Comment.objects.filter(commenter__user=user).exists()
    (link,) = mailed()
    follow(browser, link)
    assert Comment.objects.filter(commenter__user=user).count() == 2
    assert "There are no guest comments" in browser.read("/accounts/claims/").words


def test_anonymous_visitors_have_to_log_in_first(guest: Browser) -> None:
    assert guest.get("/accounts/claims/").headers["Location"].startswith("/accounts/login/")


# Typed details claim nothing


def test_typing_an_approved_persons_name_and_address_claims_nothing(essay: Essay, guest: Browser) -> None:
    """The comment is held, without verification, trust or a link to the person's comments."""
    make.rules(flood_seconds=0)
    anna = make.user("anna", name="Anna Karg")
    Commenter.objects.for_user(anna)
    Commenter.objects.filter(user=anna).update(mark="X: @annakarg", website="https://karg.example")
    judge = make.moderator("judge", name="Judge")
    first = Browser(anna).say(essay)
    deciding.approve(first, by=judge)
    remembered = guest.say(essay, text="By cookie.", name="Otto Rank", email="otto@example.org", remember="on")
    deciding.approve(remembered, by=judge)
    for name, email in (("Anna Karg", ANNA), ("Otto Rank", "otto@example.org")):
        stranger = Browser(address="198.51.100.9")
        comment, address = say(stranger, essay, text=f"I am {name}.", name=name, email=email)
        assert comment.status == Status.PENDING
        assert {reason["code"] for reason in comment.wording.reasons} == {"first"}  # type: ignore[union-attr]
        assert (comment.commenter.user, comment.commenter.verified, comment.commenter.mark) == (None, False, "")
        seen = words(stranger.read(address).comment(comment))
        assert "X: @annakarg" not in seen
        assert "karg.example" not in stranger.read(address).html.partition(f'id="comment-{comment.pk}"')[2]
        deciding.approve(comment, by=judge)
        again = Browser(address="198.51.100.9").say(essay, text="Again.", name=name, email=email)
        assert again.status == Status.PENDING  # another browser, so a new guest
    assert Browser(anna).say(essay, text="It is really me.").status == Status.APPROVED
    assert "X: @annakarg" in words(Browser().read(essay).comment(first))
