"""Logging in with a second factor: who needs one, how it is set up, and when staff must have one."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from tests import make
from tests.accounts.account_pages import (
    ADMIN,
    ME,
    PASSWORD,
    SECOND,
    app_of,
    browser,
    came_in,
    code_of,
    log_in,
    passkey_of,
    words_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def client() -> Client:
    return browser()


def test_everyone_with_an_authenticator_app_has_to_enter_a_code(client: Client, rosa: User) -> None:
    secret = app_of(rosa)
    answer = log_in(client, rosa, "/about/")
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert not came_in(client)
    page = words_of(client.post("/accounts/2fa/authenticate/", {"code": "000000"}))
    assert "This code is wrong or has expired." in page
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).headers["Location"] == "/about/"


def test_a_readers_passkey_is_not_required_on_another_device(client: Client, rosa: User) -> None:
    passkey_of(rosa)
    assert log_in(client, rosa, "/about/").headers["Location"] == "/about/"


def test_a_staff_members_passkey_is_required_after_the_password(client: Client) -> None:
    miriam = make.author("miriam", password=PASSWORD)
    passkey_of(miriam)
    assert log_in(client, miriam).headers["Location"].startswith("/accounts/2fa/authenticate/")


def test_the_qr_code_is_inline_and_recovery_codes_follow_immediately(client: Client, rosa: User) -> None:
    log_in(client, rosa)
    answer = client.get("/accounts/2fa/totp/activate/")
    answer = client.post(answer.headers["Location"], {"password": PASSWORD})
    page = words_of(client.get("/accounts/2fa/totp/activate/"))
    assert "data:" not in page  # the Content-Security-Policy would block it
    assert "<svg width=" in page
    secret = re.search(r'class="secret">(\w+)<', page)
    assert secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret[1])})
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    codes = re.findall(r"<code>(\d{8})</code>", words_of(client.get("/accounts/2fa/recovery-codes/")))
    assert len(codes) == 10
    later = browser()
    log_in(later, rosa)
    later.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert came_in(later)


def test_the_admin_requires_two_factor_authentication_if_the_setting_says_so(
    client: Client, rosa: User, settings: Any
) -> None:
    miriam = make.author("miriam", password=PASSWORD)
    log_in(client, miriam)
    assert client.get(ADMIN).status_code == 200
    settings.STAFF_SECOND_FACTOR = True
    for path in (ADMIN, "/admin/blog/essay/", "/admin/comments/queue/"):
        assert client.get(path).headers["Location"] == SECOND
    assert "requires two-factor authentication" in words_of(client.get(SECOND))
    secret = app_of(miriam)
    step = client.get(ADMIN).headers["Location"]  # it is set up, but this session has not used it
    assert step == f"{SECOND}reauthenticate/?next=%2Fadmin%2F"
    assert client.post(step, {"code": code_of(secret)}).headers["Location"] == ADMIN
    assert client.get(ADMIN).status_code == 200
    Authenticator.objects.all().delete()
    assert client.get(ADMIN).headers["Location"] == SECOND
    reader = browser()
    log_in(reader, rosa)
    assert reader.get(ME).status_code == 200
    assert reader.get("/admin/", follow=True).status_code == 403
