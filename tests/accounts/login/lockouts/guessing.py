"""Helpers for tests of guessing: strangers, known browsers and codes."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.accounts.by_provider import PASSWORD, Browser

CODE, CONFIRM, RESET = "/accounts/login/code/", "/accounts/login/code/confirm/", "/accounts/password/reset/"
SECOND = "/accounts/2fa/authenticate/"
EMAIL = "miriam@example.org"


def stranger(number: int = 0) -> Browser:
    return Browser(f"198.51.{number // 250}.{number % 250 + 1}")


def guess(login: str = "miriam", *, times: int, networks: int = 1) -> list[int]:
    """Enter wrong passwords from each network in turn and return the statuses."""
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
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
