"""Connecting and disconnecting accounts of providers, and merging the users they belong to."""

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
def browser(configured_provider: demo.Demo, db: None) -> Browser:
    return Browser()


def people() -> int:
    return User.objects.filter(is_staff=False).count()


def test_connecting_an_account_of_another_user_merges_the_two(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    make.comment(make.essay(), by=other.commenter)
    browser.log_in("x", "Kofi Asante")
    me = browser.user
    answer = browser.connect("facebook")
    assert answer.headers["Location"] == "/accounts/3rdparty/"
    assert (
        "Account connected. Comments you posted with it are now in this account."
        in browser.get("/accounts/3rdparty/").text
    )
    assert browser.user == me
    assert people() == 1
    assert set(SocialAccount.objects.values_list("provider", "user")) == {
        ("twitter_oauth2", me.pk),
        ("facebook", me.pk),
    }
    assert Comment.objects.get().commenter == browser.commenter
    assert other.user is None  # that user was deleted; the account now opens the remaining one
    other.log_in("facebook")
    assert other.user == me


@pytest.mark.once
def test_connecting_a_new_account_adds_it_with_its_verified_address(browser: Browser) -> None:
    browser.log_in("facebook", "Kofi Asante")
    me = browser.user
    browser.connect("x")
    assert people() == 1
    assert EmailAddress.objects.get(email=MARA, verified=True).user == me
    other = Browser()
    other.log_in("demo", "Mara L.")
    assert other.user == me  # another provider with the same verified address


def test_connecting_an_account_with_another_users_verified_address_merges_the_two(browser: Browser) -> None:
    mara = make.user("mara")
    EmailAddress.objects.create(user=mara, email=MARA, verified=True)
    browser.log_in("facebook", "Kofi Asante")
    me = browser.user
    browser.connect("x")
    assert browser.user == me
    assert not User.objects.filter(pk=mara.pk).exists()
    assert EmailAddress.objects.get(email=MARA).user == me


@pytest.mark.once
def test_connecting_the_same_account_again_changes_nothing(browser: Browser) -> None:
    browser.log_in("x")
    browser.connect("x")
    assert people() == 1
    assert SocialAccount.objects.count() == 1


@pytest.mark.once
def test_connecting_an_untrusted_provider_takes_no_address_from_others(browser: Browser) -> None:
    mara = make.user("mara")
    EmailAddress.objects.create(user=mara, email=MARA, verified=True)
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert browser.user != mara
    assert EmailAddress.objects.get(email=MARA).user == mara
    assert SocialAccount.objects.get(provider="facebook").user == browser.user


@pytest.mark.once
def test_staff_are_not_merged_into_another_account_and_the_page_says_what_to_do(browser: Browser) -> None:
    moderator = make.moderator("moderator")
    staff = Browser()
    staff.force_login(moderator)
    staff.connect("facebook")
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert "an author or moderator" in browser.get("/accounts/3rdparty/").text
    assert SocialAccount.objects.get(provider="facebook").user == moderator
    assert not browser.user.is_staff
    staff.connect("x", "Kofi Asante")  # the other way round is allowed
    assert SocialAccount.objects.get(provider="twitter_oauth2").user == moderator
    assert browser.user is None


@pytest.mark.once
def test_an_account_with_two_factor_authentication_is_not_merged_without_it(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    Authenticator.objects.create(user=other.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert "That account uses two-factor authentication" in browser.get("/accounts/3rdparty/").text
    assert people() == 2
    assert SocialAccount.objects.get(provider="facebook").user != browser.user


@pytest.mark.once
def test_a_user_with_a_password_enters_it_again_before_accounts_are_merged(browser: Browser) -> None:
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


def test_the_same_verified_address_from_two_providers_leads_to_one_account(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    browser.post("/accounts/logout/")
    browser.log_in("demo", "Mara L.")
    assert browser.user == me
    assert people() == 1
    assert SocialAccount.objects.filter(user=me).count() == 2
    assert Commenter.objects.count() == 1


def test_an_emailed_code_and_a_trusted_provider_lead_to_one_account(browser: Browser) -> None:
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


def test_a_disconnected_account_is_not_shown_any_more(browser: Browser) -> None:
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
def test_the_last_account_can_be_disconnected_if_emailed_codes_work(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    assert not me.has_usable_password()
    assert browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2")).status_code == 302
    assert not SocialAccount.objects.exists()
    browser.post("/accounts/logout/")
    browser.log_in_by_code(MARA)
    assert browser.user == me


@pytest.mark.once
def test_a_user_with_a_password_enters_it_again_before_disconnecting(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    me.set_password(PASSWORD)
    me.save()
    browser.force_login(me)
    answer = browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2"))
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert SocialAccount.objects.exists()


@pytest.mark.once
def test_the_only_login_method_cannot_be_disconnected_and_the_page_says_what_to_do(browser: Browser) -> None:
    browser.log_in("facebook")  # its address is not verified
    page = browser.post("/accounts/3rdparty/", account_of(browser, "facebook"))
    assert page.status_code == 200
    assert "This is your only way to log in. Verify an email address before you disconnect this account" in page.text
    assert SocialAccount.objects.exists()
    assert all("disconnected" not in message.subject.lower() for message in mail.outbox)


@pytest.mark.once
def test_reauthentication_does_not_change_the_shown_login_method(browser: Browser) -> None:
    browser.log_in("x")
    user = browser.user
    user.set_password(PASSWORD)
    user.save()
    browser.log_in("x")
    assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert "You are logged in with your X (Twitter) account." in browser.get("/accounts/me/").text
