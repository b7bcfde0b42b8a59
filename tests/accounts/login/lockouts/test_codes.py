"""Strangers who request codes can neither lock anyone out nor log in."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from tests import make
from tests.accounts.by_provider import Browser, code_in
from tests.accounts.login.lockouts.guessing import (
    CODE,
    EMAIL,
    RESET,
    known_browser,
    stranger,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("networks", [3, 40])
def test_strangers_who_ask_for_codes_do_not_keep_anyone_from_logging_in_by_code(miriam: User, networks: int) -> None:
    for number in range(networks):
        stranger(number).post(CODE, {"email": EMAIL})
    owner = Browser()
    assert owner.post(CODE, {"email": EMAIL}).status_code == 302
    owner.enter_code(code_in(mail.outbox[-1]))
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
    assert "You already have an account" in mail.outbox[-1].body
    owner = Browser()
    owner.log_in_by_code("ines@example.org")
    assert owner.user.email == "ines@example.org"
    assert owner.user.last_login


def test_a_code_from_strangers_requests_is_always_valid(miriam: User, clock: time_machine.Traveller) -> None:
    """Even in the long run, emails are sent more often than codes expire."""
    for minute in range(90):
        stranger(minute).post(CODE, {"email": EMAIL})
        clock.shift(timedelta(minutes=1))
    owner = Browser()
    owner.post(CODE, {"email": EMAIL})
    owner.enter_code(code_in(mail.outbox[-1]))
    assert owner.user == miriam


def test_the_code_of_one_address_is_not_the_code_of_another(miriam: User) -> None:
    make.user("mallory")
    mallory, thief = stranger(1), stranger(2)
    mallory.post(CODE, {"email": "mallory@example.org"})
    thief.post(CODE, {"email": EMAIL})
    thief.enter_code(code_in(mail.outbox[0]))
    assert thief.user is None
    mallory.enter_code(code_in(mail.outbox[0]))
    assert mallory.user == User.objects.get(username="mallory")


def test_the_number_of_emails_to_an_address_is_limited(miriam: User, clock: time_machine.Traveller) -> None:
    for minute in range(60):
        for path in (CODE, RESET):
            for email in (EMAIL, "unknown@example.org"):
                stranger(minute).post(path, {"email": email})
        clock.shift(timedelta(minutes=1))
    to = [message.to[0] for message in mail.outbox]
    assert {email: to.count(email) for email in set(to)} == {EMAIL: 18, "unknown@example.org": 9}


def test_a_known_browser_has_its_own_limit_of_emails(miriam: User) -> None:
    owner = known_browser()
    for number in range(10):
        stranger(number).post(CODE, {"email": EMAIL})
    before = len(mail.outbox)
    owner.post(CODE, {"email": EMAIL})
    assert len(mail.outbox) == before + 1


def test_a_network_that_keeps_requesting_codes_has_to_wait(miriam: User) -> None:
    for path in (CODE, RESET):
        statuses = [stranger().post(path, {"email": EMAIL}).status_code for _time in range(6)]
        assert statuses == [302] * 5 + [429]


def test_a_network_that_requests_codes_for_many_addresses_has_to_wait() -> None:
    statuses = [stranger().post(CODE, {"email": f"name{n}@example.org"}).status_code for n in range(31)]
    assert statuses == [302] * 30 + [429]


def test_codes_become_longer_while_strangers_guess_at_them(miriam: User) -> None:
    for number in range(4):
        thief = stranger(number)
        thief.post(CODE, {"email": EMAIL})
        assert len(code_in(mail.outbox[-1])) == len("1234-5678")
        for _time in range(5):
            thief.enter_code("0000-0000")
    owner = Browser()
    owner.post(CODE, {"email": EMAIL})
    code = code_in(mail.outbox[-1])
    assert len(re.sub(r"\D", "", code)) == 16
    assert len(code) <= 20  # the length of the field
    owner.enter_code(code)
    assert owner.user == miriam


def test_a_code_works_for_one_purpose_only(miriam: User) -> None:
    browser = Browser()
    browser.post(RESET, {"email": EMAIL})
    reset = code_in(mail.outbox[-1])
    browser.post(CODE, {"email": EMAIL})
    browser.enter_code(reset)
    assert browser.user is None


def test_a_code_for_an_address_without_an_account_logs_no_one_in(miriam: User) -> None:
    """A person requests a code before the account exists and enters the one that its owner requested later."""
    early, owner = Browser("198.51.100.1"), Browser()
    early.post(CODE, {"email": "ines@example.org"})
    make.user("ines")
    owner.post(CODE, {"email": "ines@example.org"})
    answer = early.enter_code(code_in(mail.outbox[-1]))
    assert answer.status_code == 200
    assert early.user is None
