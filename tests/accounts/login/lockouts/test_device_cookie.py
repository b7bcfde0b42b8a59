"""The cookie of browsers that have logged in before."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser
from tests.accounts.login.lockouts.guessing import CODE, EMAIL, RESET, guess, known_browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def cookie_of(browser: Client) -> Any:
    return browser.cookies["device"]


def test_the_device_cookie_is_hidden_from_scripts_and_other_sites(miriam: User) -> None:
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


def test_a_browser_can_be_known_to_several_accounts(miriam: User) -> None:
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
def test_a_forged_cookie_causes_no_error(miriam: User, value: str) -> None:
    browser = Browser()
    browser.cookies["device"] = value
    browser.log_in_by_password("miriam", PASSWORD)
    assert browser.user == miriam


def test_no_request_waits_for_a_lock_of_the_rate_limits(miriam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"A request slept {seconds} s.")

    from django.core.cache import cache

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(cache, "add", lambda *_arguments, **_more: False)  # every lock is held by others
    Browser().post(CODE, {"email": EMAIL})
    Browser().post(RESET, {"email": EMAIL})
    Browser().sign_up("ines@example.org", "Ines")
    browser = Browser()
    browser.log_in_by_password("miriam", "wrong")
    browser.log_in_by_password("miriam", PASSWORD)
    assert browser.user == miriam
