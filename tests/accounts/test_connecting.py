"""Accounts elsewhere that are connected and let go by their owner: one person stays one, and nobody is shut out."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from accounts.models import Commenter, User
from comments.models import Comment
from demo.identity_provider.people import MARA
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser
from tests.services import provider as demo


@pytest.fixture
def browser(played: demo.Demo, db: None) -> Browser:
    return Browser()


def people() -> int:
    return User.objects.filter(is_staff=False).count()


def test_connecting_an_account_that_somebody_here_has_makes_one_person_of_two(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    make.comment(make.essay(), by=other.commenter)
    browser.log_in("x", "Kofi Asante")
    me = browser.user
    answer = browser.connect("facebook")
    assert answer.headers["Location"] == "/accounts/3rdparty/"
    assert "Account connected. Its comments are now in this account." in browser.get("/accounts/3rdparty/").text
    assert browser.user == me
    assert people() == 1
    assert set(SocialAccount.objects.values_list("provider", "user")) == {
        ("twitter_oauth2", me.pk),
        ("facebook", me.pk),
    }
    assert Comment.objects.get().commenter == browser.commenter
    assert other.user is None  # that log-in is gone; the account elsewhere leads to the one that is left
    other.log_in("facebook")
    assert other.user == me


@pytest.mark.once
def test_connecting_an_account_that_is_nobodys_yet_adds_it_with_its_proved_address(browser: Browser) -> None:
    browser.log_in("facebook", "Kofi Asante")
    me = browser.user
    browser.connect("x")
    assert people() == 1
    assert EmailAddress.objects.get(email=MARA, verified=True).user == me
    other = Browser()
    other.log_in("demo", "Mara L.")
    assert other.user == me  # the same proved address, by yet another


def test_connecting_one_that_proves_an_address_of_somebody_else_here_joins_them_too(browser: Browser) -> None:
    mara = make.user("mara")
    EmailAddress.objects.create(user=mara, email=MARA, verified=True)
    browser.log_in("facebook", "Kofi Asante")
    me = browser.user
    browser.connect("x")
    assert browser.user == me
    assert not User.objects.filter(pk=mara.pk).exists()
    assert EmailAddress.objects.get(email=MARA).user == me


@pytest.mark.once
def test_connecting_the_same_again_changes_nothing(browser: Browser) -> None:
    browser.log_in("x")
    browser.connect("x")
    assert people() == 1
    assert SocialAccount.objects.count() == 1


@pytest.mark.once
def test_connecting_what_proves_nothing_takes_no_address_from_anybody(browser: Browser) -> None:
    mara = make.user("mara")
    EmailAddress.objects.create(user=mara, email=MARA, verified=True)
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert browser.user != mara
    assert EmailAddress.objects.get(email=MARA).user == mara
    assert SocialAccount.objects.get(provider="facebook").user == browser.user


@pytest.mark.once
def test_staff_is_not_connected_away_and_the_page_says_what_to_do(browser: Browser) -> None:
    moderator = make.moderator("moderator")
    staff = Browser()
    staff.force_login(moderator)
    staff.connect("facebook")
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert "an author or moderator" in browser.get("/accounts/3rdparty/").text
    assert SocialAccount.objects.get(provider="facebook").user == moderator
    assert not browser.user.is_staff
    staff.connect("x", "Kofi Asante")  # the other way round it goes
    assert SocialAccount.objects.get(provider="twitter_oauth2").user == moderator
    assert browser.user is None


@pytest.mark.once
def test_an_account_with_a_second_step_is_not_handed_over_without_it(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    Authenticator.objects.create(user=other.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert "That account uses two-factor authentication" in browser.get("/accounts/3rdparty/").text
    assert people() == 2
    assert SocialAccount.objects.get(provider="facebook").user != browser.user


@pytest.mark.once
def test_who_has_a_password_gives_it_again_before_two_accounts_become_one(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    me = make.user("me", password=PASSWORD)
    browser.force_login(me)
    answer = browser.connect("facebook")
    assert answer.headers["Location"] == "/accounts/reauthenticate/"
    assert people() == 2
    done = browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert done.headers["Location"] == "/accounts/3rdparty/"
    assert people() == 1
    assert SocialAccount.objects.get().user == me


def test_the_same_proved_address_by_a_second_provider_ends_in_one_account(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    browser.post("/accounts/logout/")
    browser.log_in("demo", "Mara L.")
    assert browser.user == me
    assert people() == 1
    assert SocialAccount.objects.filter(user=me).count() == 2
    assert Commenter.objects.count() == 1


def test_a_mailed_code_and_a_provider_that_proves_the_same_address_end_in_one_account(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    browser.post("/accounts/logout/")
    browser.log_in_by_code(MARA)
    assert browser.user == me
    other = Browser()
    other.log_in_by_code(MARA)
    other.post("/accounts/logout/")
    other.log_in("demo")
    assert other.user == me
    assert people() == 1


def account_of(browser: Browser, provider: str) -> dict[str, int]:
    return {"account": SocialAccount.objects.get(user=browser.user, provider=provider).pk}


def test_one_of_two_is_let_go_and_nothing_says_any_more_that_it_is_theirs(browser: Browser) -> None:
    browser.log_in("facebook")
    browser.connect("x", "Kofi Asante")
    browser.post("/accounts/logout/")
    browser.log_in("x", "Kofi Asante")
    me, essay = browser.user, make.essay()
    assert "You are commenting using your X (Twitter) account." in browser.get(essay.get_absolute_url()).text
    assert browser.commenter.mark == "X: @kofi_asante"
    assert browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2")).status_code == 302
    assert browser.user == me
    assert (browser.commenter.mark, browser.commenter.profile) == ("", "")
    assert "X (Twitter) account" not in browser.get(essay.get_absolute_url()).text
    other = Browser()
    other.log_in("x", "Kofi Asante")
    assert other.user != me


@pytest.mark.once
def test_the_last_one_goes_too_where_a_mailed_code_lets_them_in(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    assert not me.has_usable_password()
    assert browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2")).status_code == 302
    assert not SocialAccount.objects.exists()
    browser.post("/accounts/logout/")
    browser.log_in_by_code(MARA)
    assert browser.user == me


@pytest.mark.once
def test_who_has_a_password_gives_it_again_before_a_connected_account_goes(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    me.set_password(PASSWORD)
    me.save()
    browser.force_login(me)
    answer = browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2"))
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert SocialAccount.objects.exists()


@pytest.mark.once
def test_the_only_way_in_stays_and_the_page_says_what_to_do(browser: Browser) -> None:
    browser.log_in("facebook")  # its address is not proved
    page = browser.post("/accounts/3rdparty/", account_of(browser, "facebook"))
    assert page.status_code == 200
    assert "This is your only way to log in. Verify an email address first" in page.text
    assert SocialAccount.objects.exists()
    assert all("disconnected" not in message.subject.lower() for message in mail.outbox)


@pytest.mark.once
def test_proving_once_more_who_one_is_does_not_change_how_one_came(browser: Browser) -> None:
    browser.log_in("x")
    user = browser.user
    user.set_password(PASSWORD)
    user.save()
    browser.log_in("x")
    assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert "You are logged in with your X (Twitter) account." in browser.get("/accounts/me/").text
