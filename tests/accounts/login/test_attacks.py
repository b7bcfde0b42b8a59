"""Attacks on other people's accounts, none of which succeeds."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from accounts.login import email_verification
from accounts.models import Commenter, User
from demo.identity_provider.people import MARA
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser, code_in
from tests.services import provider as demo

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("configured_provider")]


@pytest.fixture
def attacker() -> Browser:
    return Browser("198.51.100.6")


@pytest.fixture
def victim() -> Browser:
    return Browser("203.0.113.5")


# Accounts made before the victim's


def test_saving_a_user_in_the_admin_does_not_verify_a_claimed_address(attacker: Browser) -> None:
    attacker.log_in("facebook")
    user = attacker.user
    owner = Browser()
    owner.force_login(make.owner("boss"), "accounts.login.backends.Backend")
    person = {"username": user.username, "name": "Mara L.", "email": user.email, "is_active": "on"}
    assert owner.post(f"/admin/accounts/user/{user.pk}/change/", person).status_code == 302
    assert User.objects.get(pk=user.pk).name == "Mara L."
    assert not EmailAddress.objects.filter(verified=True, user=user).exists()


def test_an_address_that_the_owner_removes_cannot_be_used_to_log_in() -> None:
    owner, user = Browser(), make.user("rosa", name="Rosa Castellanos")
    make.user("ines")
    owner.force_login(make.owner("boss"), "accounts.login.backends.Backend")
    person = {"username": "rosa", "name": user.name, "email": "ines@example.org", "is_active": "on"}
    answer = owner.post(f"/admin/accounts/user/{user.pk}/change/", person)
    assert "belongs to another account" in answer.text
    owner.post(f"/admin/accounts/user/{user.pk}/change/", person | {"email": "Castellanos@example.org"})
    (address,) = EmailAddress.objects.filter(user=user)
    assert (address.email, address.verified, address.primary) == ("castellanos@example.org", True, True)


def test_an_attackers_account_with_a_password_gains_nothing(attacker: Browser, victim: Browser) -> None:
    attacker.sign_up(MARA, "Mallory", PASSWORD)
    username = User.objects.get().username
    victim.log_in("x")
    assert victim.user
    assert EmailAddress.objects.get(email=MARA, verified=True).user == victim.user
    assert victim.commenter.name == "Mara Lindqvist"
    for login in (MARA, username):
        attacker.log_in_by_password(login, PASSWORD)
        assert attacker.user is None
    attacker.post(
        "/accounts/confirm-email/", {"code": code_in(mail.outbox[0])}
    )  # even with the code of the first email
    assert attacker.user is None


def test_an_attacker_waiting_at_the_code_gains_nothing(attacker: Browser, victim: Browser) -> None:
    attacker.sign_up(MARA, "Mallory", PASSWORD)
    victim.log_in("x")
    for address in ("/accounts/confirm-email/", "/accounts/login/", "/accounts/me/", "/accounts/email/"):
        attacker.get(address, follow=True)
        assert attacker.user is None
    attacker.post("/accounts/confirm-email/", {"action": "resend"})
    assert attacker.user is None


def test_an_attackers_account_from_an_untrusted_provider_gains_nothing(attacker: Browser, victim: Browser) -> None:
    attacker.log_in("facebook")
    mallory = attacker.user
    assert mallory
    assert EmailAddress.objects.get(email=MARA).verified is False
    victim.log_in("x", "Mara L.")
    assert victim.user not in {None, mallory}
    assert EmailAddress.objects.get(email=MARA).user == victim.user
    assert attacker.user == mallory
    mallory.refresh_from_db()
    assert mallory.email == ""
    assert Commenter.objects.get(user=mallory).email == ""


def test_an_untrusted_provider_does_not_open_the_victims_existing_account(attacker: Browser, victim: Browser) -> None:
    victim.log_in("x")
    attacker.log_in("facebook", "Mara L.")
    assert attacker.user not in {None, victim.user}
    assert EmailAddress.objects.get(email=MARA).user == victim.user
    assert not mail.outbox


@pytest.mark.parametrize("name", ["Vera Holt", "Teodor Marin"])
def test_no_provider_opens_a_staff_account_by_its_email_address(attacker: Browser, name: str) -> None:
    moderator = make.moderator("moderator", password=PASSWORD)
    for service in ("demo", "facebook", "wordpress", "x"):
        attacker.log_in(service, name)
        assert attacker.user is None or attacker.user != moderator
        assert attacker.user is None or not attacker.user.is_staff
        attacker.post("/accounts/logout/")
    assert not SocialAccount.objects.filter(user=moderator).exists()


def test_an_emailed_code_never_opens_an_account_that_another_made_with_the_address(
    attacker: Browser, victim: Browser
) -> None:
    attacker.sign_up(MARA, "Mallory", PASSWORD)
    made = User.objects.get()
    victim.log_in_by_code(MARA)
    assert victim.user not in {None, made}
    assert not User.objects.filter(pk=made.pk).exists()  # with its password and its sessions
    attacker.log_in_by_password(MARA, PASSWORD)
    assert attacker.user is None
    attacker.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[0])})
    assert attacker.user is None
    assert EmailAddress.objects.get(email=MARA, verified=True).user == victim.user


def test_an_emailed_code_never_opens_an_account_that_another_uses(attacker: Browser, victim: Browser) -> None:
    attacker.log_in("facebook")
    mallory = attacker.user
    assert mallory
    mallory.set_password(PASSWORD)
    mallory.save()
    attacker.log_in_by_password(mallory.username, PASSWORD)
    victim.log_in_by_code(MARA)
    assert victim.user not in {None, mallory}
    assert EmailAddress.objects.get(email=MARA).user == victim.user
    attacker.log_in("facebook")
    assert attacker.user == mallory


def test_an_unverified_added_address_cannot_be_used_to_log_in(attacker: Browser, victim: Browser) -> None:
    mallory = make.user("mallory")
    attacker.force_login(mallory)
    attacker.post("/accounts/email/", {"action_add": "", "email": MARA})
    code = code_in(mail.outbox[-1])
    victim.log_in("x")
    assert victim.user not in {None, mallory}
    attacker.post(
        "/accounts/confirm-email/", {"code": code}
    )  # even if it were known, it would log in to the victim's account
    assert EmailAddress.objects.get(email=MARA, verified=True).user == victim.user
    assert attacker.user == mallory


def test_verifying_an_address_removes_it_from_accounts_that_only_claimed_it(attacker: Browser, victim: Browser) -> None:
    attacker.log_in("facebook")
    victim.force_login(mara := make.user("mara"))
    victim.post("/accounts/email/", {"action_add": "", "email": MARA})
    victim.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
    assert EmailAddress.objects.get(email=MARA).user == mara
    assert attacker.user.email == ""


def test_an_unverified_address_cannot_reset_a_password(attacker: Browser, victim: Browser) -> None:
    attacker.log_in("facebook")
    victim.post("/accounts/password/reset/", {"email": MARA})
    (message,) = mail.outbox
    assert "password reset" not in message.body.lower() or "do not have" in message.body.lower()
    with pytest.raises(AssertionError):
        code_in(message)


def test_a_second_address_of_another_account_is_not_given_to_a_new_one(attacker: Browser, victim: Browser) -> None:
    victim.log_in("x", "Łucja Wiśniewska")
    EmailAddress.objects.create(user=victim.user, email=MARA, verified=True)
    attacker.log_in("facebook")
    assert attacker.user.email == ""
    assert not EmailAddress.objects.filter(user=attacker.user).exists()


def test_an_address_of_a_user_without_an_address_row_is_not_given_to_a_new_account(attacker: Browser) -> None:
    User.objects.create(username="ines", email=MARA)
    attacker.log_in("facebook")
    assert attacker.user.email == ""
    assert not EmailAddress.objects.filter(email=MARA).exists()


def test_an_address_that_another_account_has_verified_is_not_added() -> None:
    rosa, ines = make.user("rosa"), make.user("ines")
    EmailAddress.objects.create(user=rosa, email=MARA, verified=True)
    email_verification.add_verified(ines, MARA)
    assert EmailAddress.objects.get(email=MARA).user == rosa


@pytest.mark.parametrize("sign", ["a login", "a passkey"])
def test_an_account_in_use_loses_a_claimed_address_and_nothing_else(victim: Browser, sign: str) -> None:
    user = User.objects.create(username="mallory", last_login=timezone.now() if sign == "a login" else None)
    EmailAddress.objects.create(user=user, email=MARA, verified=False)
    if sign == "a passkey":
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    victim.log_in("x")
    assert User.objects.filter(pk=user.pk).exists()
    assert EmailAddress.objects.get(email=MARA).user == victim.user


# By a provider that calls an address verified and is not trusted


def test_an_untrusted_provider_opens_no_account_by_a_verified_address(attacker: Browser, victim: Browser) -> None:
    victim.log_in("x")
    mara = victim.user
    attacker.log_in("club")
    assert attacker.user not in {None, mara}
    assert SocialAccount.objects.get(provider="club").user == attacker.user
    assert EmailAddress.objects.get(email=MARA).user == mara


def test_an_untrusted_provider_verifies_no_address(attacker: Browser) -> None:
    attacker.log_in("club")
    assert EmailAddress.objects.get(email=MARA).verified is False


def test_an_untrusted_provider_takes_no_claimed_address_from_another_account(
    attacker: Browser, victim: Browser
) -> None:
    victim.log_in("facebook")
    attacker.log_in("club")
    assert EmailAddress.objects.get(email=MARA).user == victim.user != attacker.user


def test_connecting_an_untrusted_provider_verifies_no_address(attacker: Browser) -> None:
    attacker.log_in("x", "Kofi Asante")
    attacker.connect("club")
    assert SocialAccount.objects.filter(user=attacker.user, provider="club").exists()
    assert not EmailAddress.objects.filter(email=MARA, verified=True).exists()


# Responses in another browser


def test_an_attackers_code_does_not_log_the_victim_in(attacker: Browser, victim: Browser) -> None:
    callback = demo.complete_authorization(attacker.start_login("x"), "Kofi Asante")
    answer = victim.finish_login(callback)
    assert answer.status_code == 400
    assert victim.user is None
    assert not SocialAccount.objects.exists()
    victim.log_in("x")
    mara = victim.user
    victim.finish_login(demo.complete_authorization(attacker.start_login("x"), "Kofi Asante"))
    assert victim.user == mara


def test_an_attackers_code_is_not_connected_to_the_victims_account(attacker: Browser, victim: Browser) -> None:
    """Otherwise the attacker's provider account could log in to the victim's account."""
    victim.log_in("x")
    attacker.log_in("demo", "Kofi Asante")
    victim.finish_login(demo.complete_authorization(attacker.start_login("facebook", connect=True), "Kofi Asante"))
    assert SocialAccount.objects.get(user=victim.user).provider == "twitter_oauth2"


@pytest.mark.parametrize("state", ["", "guessed", "wrong-state", None])
def test_a_forged_state_is_refused(victim: Browser, state: str | None) -> None:
    address = victim.start_login("x")
    if state == "wrong-state":
        callback = demo.complete_authorization(address, fault="wrong-state")
    else:
        callback, _, _ = demo.complete_authorization(address).partition("&state=")
        callback += "" if state is None else f"&state={state}"
    answer = victim.finish_login(callback)
    assert answer.status_code == 400
    assert victim.user is None


def test_the_state_of_another_service_is_refused(victim: Browser) -> None:
    """A mix-up attack."""
    state = urlsplit(victim.start_login("x")).query.partition("state=")[2].partition("&")[0]
    code = (
        urlsplit(demo.complete_authorization(victim.start_login("facebook")))
        .query.partition("code=")[2]
        .partition("&")[0]
    )
    assert victim.get(f"/accounts/facebook/login/callback/?code={code}&state={state}").status_code == 400
    assert victim.user is None


@pytest.mark.parametrize("elsewhere", ["wordpress", "demo"])
@pytest.mark.parametrize("key", [None, False, [], {}, 0])
def test_an_account_without_an_id_is_refused(
    victim: Browser, elsewhere: str, key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = requests.Response.json

    def lost(self: requests.Response) -> Any:
        answer = told(self)
        return {**answer, **{name: key for name in ("ID", "sub") if name in answer}}

    monkeypatch.setattr(requests.Response, "json", lost)
    assert victim.log_in(elsewhere).headers["Location"] == "/accounts/done/?login=failed"
    assert not User.objects.exists()


def test_simultaneous_responses_leave_no_partial_account(victim: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def first(self: SocialAccount, **rest: Any) -> None:
        raise IntegrityError("The other one was first.")

    monkeypatch.setattr(SocialAccount, "save", first)
    assert victim.log_in("x").headers["Location"] == "/accounts/done/?login=failed"
    assert not User.objects.exists()


def test_a_redirect_target_that_is_not_a_path_is_refused(victim: Browser) -> None:
    denied = victim.finish_login(demo.complete_authorization(victim.start_login("facebook", to="foo"), deny=True))
    assert denied.headers["Location"] == "foo?login=denied"
    assert victim.log_in("x", to="foo").headers["Location"] == "foo"
    assert victim.log_in("facebook", connect=True, to="foo").headers["Location"] == "foo"


def test_a_code_works_once(attacker: Browser, victim: Browser) -> None:
    callback = demo.complete_authorization(victim.start_login("x"))
    victim.finish_login(callback)
    assert victim.user
    victim.post("/accounts/logout/")
    assert victim.finish_login(callback).status_code == 400  # its state is used up
    assert victim.user is None
    attacker_state = urlsplit(attacker.start_login("x")).query.partition("state=")[2].partition("&")[0]
    code = urlsplit(callback).query.partition("code=")[2].partition("&")[0]
    attacker.get(f"/accounts/twitter_oauth2/login/callback/?code={code}&state={attacker_state}")
    assert attacker.user is None
