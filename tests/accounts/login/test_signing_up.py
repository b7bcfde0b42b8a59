"""Signing up and logging in with an emailed code, and the login page."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client

from accounts.models import Commenter, User
from tests.accounts.account_pages import (
    CODE,
    CONFIRM,
    LOGIN,
    NOON,
    SAFARI,
    browser,
    came_in,
    mailed_code,
    words_of,
)
from tests.accounts.by_provider import configure_provider
from tests.services.processes import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def client() -> Client:
    return browser()


def test_signing_up_needs_a_name_an_address_and_the_emailed_code(client: Client) -> None:
    page = words_of(client.get("/accounts/signup/"))
    assert "password" not in page.lower()
    answer = client.post("/accounts/signup/?next=/about/", {"name": "Ines Okafor", "email": "Ines@Example.org"})
    code = mailed_code()
    assert code in mail.outbox[-1].subject  # phones show the subject without opening the email
    answer = client.post(answer.headers["Location"], {"code": code})
    user = User.objects.get(email="ines@example.org")
    assert not user.has_usable_password()
    assert came_in(client)
    assert Commenter.objects.get(user=user).name == "Ines Okafor"


def test_an_incomplete_sign_up_shows_what_is_missing(client: Client) -> None:
    page = words_of(client.post("/accounts/signup/", {"name": "", "email": "ines"}))
    assert "Enter your name." in page
    assert "Enter a valid email address" in page
    page = words_of(client.post("/accounts/signup/", {"name": "Ines", "email": f"{'i' * 95}@example.org"}))
    assert "too long" in page


def test_a_mistyped_address_can_be_corrected_while_signing_up(client: Client) -> None:
    client.post("/accounts/signup/", {"name": "Ines Okafor", "email": "inez@example.org"})
    client.post("/accounts/confirm-email/", {"action": "change", "email": "ines@example.org"})
    assert mail.outbox[-1].to == ["ines@example.org"]
    client.post("/accounts/confirm-email/", {"code": mailed_code()})
    assert came_in(client)


def test_the_code_works_in_the_browser_that_requested_it_and_leads_to_the_next_page(client: Client, rosa: User) -> None:
    asked = client.post(f"{CODE}?next=/about/", {"email": " ROSA@example.org "})
    page = words_of(client.get(asked.headers["Location"]))
    assert 'inputmode="numeric"' in page
    assert 'autocomplete="one-time-code"' in page
    elsewhere = browser(SAFARI)  # another device, where the email is read
    assert elsewhere.post(CONFIRM, {"code": mailed_code()}).headers["Location"] == CODE
    answer = client.post(asked.headers["Location"], {"code": mailed_code().replace("-", " ")})
    assert answer.headers["Location"] == "/about/"


@pytest.mark.parametrize("is_first", [True, False])
def test_each_of_two_emailed_codes_works_once(client: Client, rosa: User, is_first: bool) -> None:
    client.post(CODE, {"email": "rosa@example.org"})
    first = mailed_code()
    client.post(CONFIRM, {"action": "resend"})
    assert "Any code from the last 15 minutes works." in words_of(client.get(CONFIRM))
    assert mailed_code() != first
    used = first if is_first else mailed_code()
    client.post(CONFIRM, {"code": used})
    assert came_in(client)
    client.post("/accounts/logout/")
    client.post(CODE, {"email": "rosa@example.org"})
    assert "This code is wrong or has expired." in words_of(client.post(CONFIRM, {"code": used}))
    assert not came_in(client)


def test_a_code_expires_after_fifteen_minutes(client: Client, rosa: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client.post(CODE, {"email": "rosa@example.org"})
        expired = mailed_code()
        clock.shift(timedelta(minutes=10))
        later = browser()
        later.post(CODE, {"email": "rosa@example.org"})
        clock.shift(timedelta(minutes=6))
        assert "This code is wrong or has expired." in words_of(later.post(CONFIRM, {"code": expired}))
        later.post(CONFIRM, {"code": mailed_code()})
        assert came_in(later)


def test_five_wrong_codes_end_the_attempt(client: Client, rosa: User) -> None:
    client.post(CODE, {"email": "rosa@example.org"})
    for _guess in range(4):
        assert client.post(CONFIRM, {"code": "0000-0000"}).status_code == 200
    assert client.post(CONFIRM, {"code": "0000-0000"}).status_code == 302
    client.post(CONFIRM, {"code": mailed_code()})
    assert not came_in(client)


def test_a_failing_mail_server_shows_a_message_and_no_error_page(
    client: Client, rosa: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> int:
        raise ConnectionRefusedError(111, "Connection refused")

    with monkeypatch.context() as failing:
        failing.setattr(locmem.EmailBackend, "send_messages", refuse)
        first = words_of(client.post(CODE, {"email": "rosa@example.org"}, follow=True))
        again = words_of(client.post(CONFIRM, {"action": "resend"}, follow=True))
    for page in (first, again):
        assert "send the email. Please try again in a few minutes." in page
        assert not any(words in page for words in ("We emailed a code", "Check your email", "spam folder"))
    assert "We emailed a code" in words_of(client.post(CONFIRM, {"action": "resend"}, follow=True))


def test_requesting_codes_too_often_shows_a_message() -> None:
    with time_machine.travel(NOON, tick=False):
        forms = [{"name": "Ines", "email": f"i{number}@example.org"} for number in range(6)]
        answers = [browser().post("/accounts/signup/", form) for form in forms]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "12"
    assert "Too many attempts. Please wait 1 minute and try again." in words_of(answers[-1])
    assert "i5@example.org" in words_of(answers[-1])  # what was typed is still there


def test_the_login_page_offers_every_login_method(client: Client) -> None:
    page = words_of(client.get(f"{LOGIN}?next=/about/"))
    for service in ("X (Twitter)", "Facebook", "WordPress.com"):
        assert f'aria-label="Log in with {service}"' in page
    assert page.index('name="email"') < page.index('name="login"')  # the emailed code comes first
    answer = client.post("/accounts/with/x/", {"next": "/about/"})
    assert answer.headers["Location"].startswith("http://localhost:8001/x/i/oauth2/authorize?")
    assert client.get("/accounts/with/x/").status_code == 405
    assert client.post("/accounts/with/nobody/").status_code == 404
    state = re.search(r"state=([^&]+)", answer.headers["Location"])
    assert state
    denied = client.get(f"/accounts/twitter_oauth2/login/callback/?error=access_denied&state={state[1]}")
    assert denied.headers["Location"] == f"{LOGIN}?next=%2Fabout%2F&login=denied"
    assert "You canceled the login." in words_of(client.get(denied.headers["Location"]))


def test_the_login_page_reports_an_unreachable_service(client: Client, settings: Any) -> None:
    configure_provider(settings, f"http://localhost:{free_port()}")  # no server listens there
    answer = client.post("/accounts/with/demo/", follow=True)
    assert "We couldn’t log you in." in words_of(answer)
