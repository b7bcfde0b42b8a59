"""The link of a claim email adds guest comments to the account of the person who reads it, once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Status
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.claiming import ANNA, ask, follow, link_for, mailed, say

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_opening_the_link_only_shows_what_it_would_do(essay: Essay) -> None:
    link = link_for(essay)
    page = Page(answer := Browser().get(link))
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Anna Karg" in page.text
    assert "on “Whose Promise Is It?”" in page.text
    assert not answer.cookies.get("session")
    assert Commenter.objects.guests().count() == 1
    assert not EmailAddress.objects.filter(email=ANNA).exists()


def test_a_logged_in_user_claims_comments_with_one_button(essay: Essay, guest: Browser) -> None:
    link = link_for(essay, guest)
    rosa = Browser(user := make.user("rosa", name="Rosa Castellanos"))
    page = rosa.read(link)
    assert "You’re logged in as Rosa Castellanos" in page.text
    done = follow(rosa, link)
    assert "Added 1 comment to your account." in done.content.decode()
    comment = Comment.objects.get()
    assert comment.commenter.user == user
    assert not Commenter.objects.guests().exists()
    assert "Rosa Castellanos" in text_of(rosa.read(essay).comment(comment))
    assert comment.status == Status.PENDING  # whoever owns it, no one has read the email yet


def test_a_person_without_an_account_gets_one_and_is_logged_in(essay: Essay, guest: Browser) -> None:
    link = link_for(essay, guest)
    browser = Browser()
    assert "You don’t have an account with this address yet." in browser.read(link).text
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
    assert "You already have an account with this address." in browser.read(link).text
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
    assert "You don’t have an account with this address yet." in browser.read(link).text
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
        Browser().post_comment(essay, name=name, email=email, text=f"As {name}, {email}")
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
    guest.post_comment(essay, text="Another, by whoever types this address.")
    again = Browser()
    again.post(link, {"as": ["Anna Karg"]})
    assert "_auth_user_id" not in again.session
    assert Commenter.objects.guests().count() == 1
    rosa = Browser(make.user("rosa"))
    assert rosa.post(link, {"as": ["Anna Karg"]}).status_code == 410
    assert Commenter.objects.guests().count() == 1


def test_a_link_whose_guest_still_exists_logs_in_once(essay: Essay) -> None:
    make.rules(flood_seconds=0)
    Browser().post_comment(essay, name="Somebody")
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


# Typed details claim nothing


def test_typing_an_approved_persons_name_and_address_claims_nothing(essay: Essay, guest: Browser) -> None:
    """The comment is held, without verification, trust or a link to the person's comments."""
    make.rules(flood_seconds=0)
    anna = make.user("anna", name="Anna Karg")
    Commenter.objects.for_user(anna)
    Commenter.objects.filter(user=anna).update(mark="X: @annakarg", website="https://karg.example")
    judge = make.moderator("judge", name="Judge")
    first = Browser(anna).post_comment(essay)
    deciding.approve(first, by=judge)
    remembered = guest.post_comment(essay, text="By cookie.", name="Otto Rank", email="otto@example.org", remember="on")
    deciding.approve(remembered, by=judge)
    for name, email in (("Anna Karg", ANNA), ("Otto Rank", "otto@example.org")):
        stranger = Browser(address="198.51.100.9")
        comment, address = say(stranger, essay, text=f"I am {name}.", name=name, email=email)
        assert comment.status == Status.PENDING
        assert {reason["code"] for reason in comment.wording.reasons} == {"first"}  # type: ignore[union-attr]
        assert (comment.commenter.user, comment.commenter.verified, comment.commenter.mark) == (None, False, "")
        seen = text_of(stranger.read(address).comment(comment))
        assert "X: @annakarg" not in seen
        assert "karg.example" not in stranger.read(address).html.partition(f'id="comment-{comment.pk}"')[2]
        deciding.approve(comment, by=judge)
        again = Browser(address="198.51.100.9").post_comment(essay, text="Again.", name=name, email=email)
        assert again.status == Status.PENDING  # another browser, so a new guest
    assert Browser(anna).post_comment(essay, text="It is really me.").status == Status.APPROVED
    assert "X: @annakarg" in text_of(Browser().read(essay).comment(first))
