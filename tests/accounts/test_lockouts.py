"""Strangers who guess and ask for codes cannot keep anyone out, and do not get in either."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.test import Client

from accounts.models import User
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser, code_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CODE, CONFIRM, RESET = "/accounts/login/code/", "/accounts/login/code/confirm/", "/accounts/password/reset/"
SECOND = "/accounts/2fa/authenticate/"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EMAIL = "miriam@example.org"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def miriam() -> User:
    return make.moderator("miriam", name="Miriam", password=PASSWORD)


def stranger(number: int = 0) -> Browser:
    return Browser(f"198.51.{number // 250}.{number % 250 + 1}")


def guess(login: str = "miriam", *, times: int, networks: int = 1) -> list[int]:
    """The statuses of wrong passwords, from each network in turn."""
    strangers = [stranger(number) for number in range(networks)]
    return [
        strangers[number % networks].log_in_by_password(login, f"guess {number}").status_code for number in range(times)
    ]


def known_browser(address: str = "203.0.113.7") -> Browser:
    browser = Browser(address)
    browser.log_in_by_password("miriam", PASSWORD)
    assert browser.user
    browser.post("/accounts/logout/")
    return browser


def app_code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(NOON.timestamp()) // 30)))


# Passwords


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


def test_a_known_browser_has_a_counter_of_its_own_even_in_the_network_of_those_who_guess(miriam: User) -> None:
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


# Passwords that are guessed from many networks


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
    assert "There were many failed logins for your account" in owner.get(CONFIRM).text
    assert mail.outbox[-1].to == [EMAIL]
    owner.type_code(code_in(mail.outbox[-1]))
    assert owner.user == miriam


def test_a_wrong_code_does_not_let_the_right_password_in(miriam: User) -> None:
    guess(times=20, networks=20)
    thief = Browser()
    thief.log_in_by_password("miriam", PASSWORD)
    for _time in range(5):
        thief.type_code("0000-0000")
    assert thief.user is None


def test_a_known_browser_needs_no_code_after_twenty_failures(miriam: User) -> None:
    owner = known_browser()
    guess(times=20, networks=20)
    owner.log_in_by_password("miriam", PASSWORD)
    assert owner.user == miriam


def test_an_account_that_cannot_be_emailed_is_not_locked_out() -> None:
    ida = make.owner("ida", password=PASSWORD)
    ida.emailaddress_set.all().delete()
    User.objects.filter(pk=ida.pk).update(email="")
    guess("ida", times=20, networks=20)
    owner = Browser()
    owner.log_in_by_password("ida", PASSWORD)
    assert owner.user == ida


def test_two_factor_authentication_still_follows_the_emailed_code(miriam: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(miriam, secret)
    guess(times=20, networks=20)
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    answer = owner.type_code(code_in(mail.outbox[-1]))
    assert answer.headers["Location"].startswith(SECOND)
    assert owner.user is None
    owner.post(SECOND, {"code": app_code(secret)})
    assert owner.user == miriam


def test_guesses_at_two_factor_codes_hold_up_only_their_network(miriam: User) -> None:
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
    assert "Please log in again; we&#x27;ll also email you a code." in answer.text
    assert thieves[20].user is None
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    owner.type_code(code_in(mail.outbox[-1]))
    owner.post(SECOND, {"code": app_code(secret)})
    assert owner.user == miriam


def test_the_code_is_emailed_to_a_verified_address(miriam: User) -> None:
    EmailAddress.objects.filter(user=miriam).update(primary=False)
    EmailAddress.objects.create(user=miriam, email="new@example.org", primary=True)
    guess(times=20, networks=20)
    Browser().log_in_by_password("miriam", PASSWORD)
    assert [message.to for message in mail.outbox] == [[EMAIL]]


@pytest.fixture
def unreached(miriam: User) -> User:
    """Somebody without an address, so that no code can be emailed to them."""
    EmailAddress.objects.filter(user=miriam).delete()
    User.objects.filter(pk=miriam.pk).update(email="")
    return User.objects.get(pk=miriam.pk)


def test_nobody_without_an_address_needs_an_emailed_code(unreached: User) -> None:
    guess(times=20, networks=20)
    owner = Browser()
    owner.log_in_by_password("miriam", PASSWORD)
    assert owner.user == unreached
    assert not mail.outbox


def test_nobody_without_an_address_is_kept_out_by_wrong_two_factor_codes(unreached: User) -> None:
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


# Codes and password resets


@pytest.mark.parametrize("networks", [3, 40])
def test_strangers_who_ask_for_codes_do_not_keep_anyone_from_logging_in_by_code(miriam: User, networks: int) -> None:
    for number in range(networks):
        stranger(number).post(CODE, {"email": EMAIL})
    owner = Browser()
    assert owner.post(CODE, {"email": EMAIL}).status_code == 302
    owner.type_code(code_in(mail.outbox[-1]))
    assert owner.user == miriam


@pytest.mark.parametrize("networks", [3, 40])
def test_strangers_who_ask_for_resets_do_not_keep_anyone_from_a_new_password(miriam: User, networks: int) -> None:
    for number in range(networks):
        stranger(number).post(RESET, {"email": EMAIL})
    owner, new = Browser(), "another letter to no one"
    answer = owner.post(RESET, {"email": EMAIL})
    answer = owner.post(answer.headers["Location"], {"code": code_in(mail.outbox[-1])})
    owner.post(answer.headers["Location"], {"password1": new, "password2": new})
    owner.log_in_by_password("miriam", new)
    assert owner.user == miriam


def test_strangers_who_sign_up_with_an_address_do_not_keep_its_owner_from_an_account() -> None:
    for number in range(20):
        stranger(number).sign_up("ines@example.org", "Mallory")
    Browser().sign_up("ines@example.org", "Ines")
    assert "You have one already" in mail.outbox[-1].body
    owner = Browser()
    owner.log_in_by_code("ines@example.org")
    assert owner.user.email == "ines@example.org"
    assert owner.user.last_login


def test_a_code_from_strangers_requests_is_always_valid(miriam: User, clock: time_machine.Traveller) -> None:
    """However long they go on: the emails come sooner after one another than a code expires."""
    for minute in range(90):
        stranger(minute).post(CODE, {"email": EMAIL})
        clock.shift(timedelta(minutes=1))
    owner = Browser()
    owner.post(CODE, {"email": EMAIL})
    owner.type_code(code_in(mail.outbox[-1]))
    assert owner.user == miriam


def test_the_code_of_one_address_is_not_the_code_of_another(miriam: User) -> None:
    make.user("mallory")
    mallory, thief = stranger(1), stranger(2)
    mallory.post(CODE, {"email": "mallory@example.org"})
    thief.post(CODE, {"email": EMAIL})
    thief.type_code(code_in(mail.outbox[0]))
    assert thief.user is None
    mallory.type_code(code_in(mail.outbox[0]))
    assert mallory.user == User.objects.get(username="mallory")


def test_no_mailbox_is_flooded(miriam: User, clock: time_machine.Traveller) -> None:
    for minute in range(60):
        for path in (CODE, RESET):
            for email in (EMAIL, "unknown@example.org"):
                stranger(minute).post(path, {"email": email})
        clock.shift(timedelta(minutes=1))
    to = [message.to[0] for message in mail.outbox]
    assert {email: to.count(email) for email in set(to)} == {EMAIL: 18, "unknown@example.org": 9}


def test_a_known_browser_gets_emails_of_its_own(miriam: User) -> None:
    owner = known_browser()
    for number in range(10):
        stranger(number).post(CODE, {"email": EMAIL})
    before = len(mail.outbox)
    owner.post(CODE, {"email": EMAIL})
    assert len(mail.outbox) == before + 1


def test_a_network_that_keeps_asking_is_told_to_wait(miriam: User) -> None:
    for path in (CODE, RESET):
        statuses = [stranger().post(path, {"email": EMAIL}).status_code for _time in range(6)]
        assert statuses == [302] * 5 + [429]


def test_a_network_that_asks_for_many_addresses_is_told_to_wait() -> None:
    statuses = [stranger().post(CODE, {"email": f"name{n}@example.org"}).status_code for n in range(31)]
    assert statuses == [302] * 30 + [429]


def test_codes_become_longer_while_strangers_guess_at_them(miriam: User) -> None:
    for number in range(4):
        thief = stranger(number)
        thief.post(CODE, {"email": EMAIL})
        assert len(code_in(mail.outbox[-1])) == len("1234-5678")
        for _time in range(5):
            thief.type_code("0000-0000")
    owner = Browser()
    owner.post(CODE, {"email": EMAIL})
    code = code_in(mail.outbox[-1])
    assert len(re.sub(r"\D", "", code)) == 16
    assert len(code) <= 20  # what the field takes
    owner.type_code(code)
    assert owner.user == miriam


def test_a_code_for_one_purpose_serves_no_other(miriam: User) -> None:
    browser = Browser()
    browser.post(RESET, {"email": EMAIL})
    reset = code_in(mail.outbox[-1])
    browser.post(CODE, {"email": EMAIL})
    browser.type_code(reset)
    assert browser.user is None


def test_a_code_for_an_address_without_an_account_logs_nobody_in(miriam: User) -> None:
    """Somebody asked before the account was there, and types the code that its owner asked for later."""
    early, owner = Browser("198.51.100.1"), Browser()
    early.post(CODE, {"email": "ines@example.org"})
    make.user("ines")
    owner.post(CODE, {"email": "ines@example.org"})
    answer = early.type_code(code_in(mail.outbox[-1]))
    assert answer.status_code == 200
    assert early.user is None


# The cookie


def cookie_of(browser: Client) -> Any:
    return browser.cookies["device"]


def test_the_cookie_of_known_browsers_is_for_the_server_alone(miriam: User) -> None:
    browser = Browser()
    assert "device" not in browser.cookies
    browser.log_in_by_password("miriam", PASSWORD)
    cookie = cookie_of(browser)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 365 * 24 * 60 * 60
    assert "device" in browser.get("/privacy/").text


@pytest.mark.parametrize("change", ["another account", "another signature", "another password", "too old"])
def test_the_cookie_is_bound_to_its_account_and_password(
    miriam: User, clock: time_machine.Traveller, change: str
) -> None:
    make.user("mallory", password=PASSWORD)
    owner = known_browser("198.51.0.1")
    if change == "another account":
        owner.cookies.clear()
        owner.log_in_by_password("mallory", PASSWORD)
        owner.post("/accounts/logout/")
    elif change == "another signature":
        owner.cookies["device"] = cookie_of(owner).value[:-1] + "~"
    elif change == "too old":
        clock.shift(timedelta(days=366))
    else:
        miriam.set_password("another letter to no one")
        miriam.save()
    guess(times=6)
    assert owner.log_in_by_password("miriam", PASSWORD).status_code == 429


def test_one_browser_is_known_to_several_accounts(miriam: User) -> None:
    make.user("rosa", password=PASSWORD)
    shared = known_browser("198.51.0.1")
    shared.log_in_by_password("rosa", PASSWORD)
    shared.post("/accounts/logout/")
    guess(times=6)
    guess("rosa", times=6)
    for login in ("miriam", "rosa"):
        assert shared.log_in_by_password(login, PASSWORD).status_code == 302
        shared.post("/accounts/logout/")
    assert len(cookie_of(shared).value.split("~")) == 2


@pytest.mark.parametrize("value", ["", "~~~~", "a" * 3000, "1:2:3"])
def test_a_forged_cookie_is_no_error(miriam: User, value: str) -> None:
    browser = Browser()
    browser.cookies["device"] = value
    browser.log_in_by_password("miriam", PASSWORD)
    assert browser.user == miriam


def test_no_request_waits_for_a_lock_of_the_rate_limits(miriam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"A request slept {seconds} s.")

    from django.core.cache import cache

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(cache, "add", lambda *_arguments, **_more: False)  # every lock is taken
    Browser().post(CODE, {"email": EMAIL})
    Browser().post(RESET, {"email": EMAIL})
    Browser().sign_up("ines@example.org", "Ines")
    browser = Browser()
    browser.log_in_by_password("miriam", "wrong")
    browser.log_in_by_password("miriam", PASSWORD)
    assert browser.user == miriam
