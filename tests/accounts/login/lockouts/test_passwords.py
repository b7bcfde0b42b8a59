"""Strangers who guess passwords can neither lock anyone out nor log in."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail

from accounts.models import User
from tests.accounts.by_provider import PASSWORD, Browser, code_in
from tests.accounts.login.lockouts.guessing import CONFIRM, EMAIL, SECOND, app_code, guess, known_browser, stranger

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("login", ["miriam", EMAIL])
def test_a_network_that_guesses_waits_and_the_owner_does_not(miriam: User, login: str) -> None:
    assert guess(login, times=7) == [200] * 5 + [429] * 2
    refused = stranger().log_in_by_password(login.upper(), PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "Too many attempts. Please wait 1 minute and try again." in refused.text
    assert login.upper() in refused.text
    owner = Browser()
    owner.log_in_by_password(login, PASSWORD)
    assert owner.user == miriam
    assert not mail.outbox


def test_an_ipv6_network_of_64_bits_counts_as_one(miriam: User) -> None:
    statuses = [
        Browser(f"2001:db8:0:1::{number:x}").log_in_by_password("miriam", "guess").status_code for number in range(1, 7)
    ]
    assert statuses == [200] * 5 + [429]
    neighbor = Browser("2001:db8:0:2::1")
    neighbor.log_in_by_password("miriam", PASSWORD)
    assert neighbor.user == miriam


def test_a_known_browser_has_its_own_limit_even_in_a_guessing_network(miriam: User) -> None:
    owner = known_browser("198.51.0.1")
    assert guess(times=6)[-1] == 429
    assert [owner.log_in_by_password("miriam", "mistyped").status_code for _time in range(4)] == [200] * 4
    owner.log_in_by_password("miriam", PASSWORD)
    assert owner.user == miriam


def test_guesses_from_a_stolen_known_browser_are_limited_too(miriam: User) -> None:
    thief = known_browser()
    statuses = [thief.log_in_by_password("miriam", f"guess {number}").status_code for number in range(6)]
    assert statuses == [200] * 5 + [429]


def test_logins_that_succeed_do_not_count(miriam: User) -> None:
    for _time in range(12):
        browser = Browser()
        browser.log_in_by_password("miriam", PASSWORD)
        assert browser.user


def test_a_network_that_tries_many_accounts_waits(miriam: User) -> None:
    statuses = [stranger().log_in_by_password(f"name{number}", "guess").status_code for number in range(31)]
    assert statuses == [200] * 30 + [429]


def test_a_known_browser_logs_in_from_a_network_that_has_to_wait(miriam: User) -> None:
    owner = known_browser("198.51.0.1")
    assert [guess(f"name{number}", times=1) for number in range(30)] == [[200]] * 30
    owner.log_in_by_password("miriam", PASSWORD)
    assert owner.user == miriam
    unknown = stranger()
    assert unknown.log_in_by_password("miriam", PASSWORD).status_code == 429


def test_guessing_at_a_name_without_an_account_looks_the_same() -> None:
    assert guess("nobody", times=7) == [200] * 5 + [429] * 2


# From many networks


def test_after_twenty_failures_a_new_browser_needs_an_emailed_code_as_well(miriam: User) -> None:
    guess(times=19, networks=19)
    early = Browser("203.0.113.1")
    early.log_in_by_password("miriam", PASSWORD)
    assert early.user == miriam
    guess(times=1)
    owner = Browser()
    answer = owner.log_in_by_password("miriam", PASSWORD)
    assert answer.headers["Location"] == CONFIRM
    assert owner.user is None
    assert "There were many failed login attempts on your account" in owner.get(CONFIRM).text
    assert mail.outbox[-1].to == [EMAIL]
    owner.enter_code(code_in(mail.outbox[-1]))
    assert owner.user == miriam


def test_a_wrong_code_does_not_let_the_right_password_in(miriam: User) -> None:
    guess(times=20, networks=20)
    thief = Browser()
    thief.log_in_by_password("miriam", PASSWORD)
    for _time in range(5):
        thief.enter_code("0000-0000")
    assert thief.user is None


def test_a_known_browser_needs_no_code_after_twenty_failures(miriam: User) -> None:
    owner = known_browser()
    guess(times=20, networks=20)
    owner.log_in_by_password("miriam", PASSWORD)
    assert owner.user == miriam


@pytest.fixture
def unreached(miriam: User) -> User:
    """A user without an email address, who cannot be sent a code."""
    miriam.emailaddress_set.all().delete()
    User.objects.filter(pk=miriam.pk).update(email="")
    return User.objects.get(pk=miriam.pk)


def test_an_account_that_cannot_be_emailed_is_not_locked_out(unreached: User) -> None:
    guess(times=20, networks=20)
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    assert owner.user == unreached


def test_an_account_that_cannot_be_emailed_is_not_locked_out_by_wrong_two_factor_codes(unreached: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(unreached, secret)
    for number in range(20):
        thief = stranger(number)
        thief.log_in_by_password("miriam", PASSWORD)
        thief.post(SECOND, {"code": "000000"})
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    owner.post(SECOND, {"code": app_code(secret)})
    assert owner.user == unreached


def test_two_factor_authentication_still_follows_the_emailed_code(miriam: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(miriam, secret)
    guess(times=20, networks=20)
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    answer = owner.enter_code(code_in(mail.outbox[-1]))
    assert answer.headers["Location"].startswith(SECOND)
    assert owner.user is None
    owner.post(SECOND, {"code": app_code(secret)})
    assert owner.user == miriam


def test_wrong_two_factor_codes_slow_down_only_their_network(miriam: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(miriam, secret)
    thief = stranger()
    thief.log_in_by_password("miriam", PASSWORD)
    assert [thief.post(SECOND, {"code": "000000"}).status_code for _time in range(6)] == [200] * 5 + [429]
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    owner.post(SECOND, {"code": app_code(secret)})
    assert owner.user == miriam


def test_two_factor_codes_cannot_be_guessed_from_many_networks_without_the_mailbox(miriam: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(miriam, secret)
    thieves = [stranger(number) for number in range(21)]
    for thief in thieves:
        thief.log_in_by_password("miriam", PASSWORD)
    for thief in thieves[:20]:
        thief.post(SECOND, {"code": "000000"})
    answer = thieves[20].post(SECOND, {"code": app_code(secret)})
    assert "Please log in again; we’ll also email you a code." in answer.text
    assert thieves[20].user is None
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    owner.enter_code(code_in(mail.outbox[-1]))
    owner.post(SECOND, {"code": app_code(secret)})
    assert owner.user == miriam


def test_the_code_is_emailed_to_a_verified_address(miriam: User) -> None:
    EmailAddress.objects.filter(user=miriam).update(primary=False)
    EmailAddress.objects.create(user=miriam, email="new@example.org", primary=True)
    guess(times=20, networks=20)
    Browser().log_in_by_password("miriam", PASSWORD)
    assert [message.to for message in mail.outbox] == [[EMAIL]]
