"""Helpers for tests of logging in and of the account pages: browsers, emailed codes and second factors."""

import re
import time
from datetime import UTC, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.test import Client

from accounts.models import User

PASSWORD = "orchards are not sold"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19 Safari/604"
)
LOGIN, CODE, CONFIRM = "/accounts/login/", "/accounts/login/code/", "/accounts/login/code/confirm/"
ME, SESSIONS, ADMIN, SECOND = "/accounts/me/", "/accounts/sessions/", "/admin/", "/accounts/2fa/"


def browser(agent: str = FIREFOX) -> Client:
    return Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin", "user-agent": agent})


def log_in(client: Client, who: User, to: str = "/") -> Any:
    return client.post(f"{LOGIN}?next={to}", {"login": who.username, "password": PASSWORD})


def came_in(client: Client) -> bool:
    return client.get(ME).status_code == 200


def mailed_code() -> str:
    found = re.search(r"^(\d{4}-\d{4})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found[1]


def words_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def app_of(user: User) -> str:
    """Add an authenticator app and return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def passkey_of(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"})
