"""Deleting an account needs a fresh login and a confirmation, by whichever login method."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter, User
from tests import make
from tests.accounts.by_provider import Browser, code_in, configure_provider
from tests.comments import browser_client
from tests.services.provider import Demo
from tests.transfer.deletion import FORGET, PASSWORD, confirm_deletion, request_deletion, request_with_password

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def rosa() -> User:
    return make.user("rosa", name="Rosa", password=PASSWORD)


@pytest.fixture
def browser(rosa: User) -> Browser:
    browser = Browser()
    browser.log_in_by_password("rosa", PASSWORD)
    return browser


def is_there() -> bool:
    return User.objects.filter(username="rosa").exists()


def test_a_recent_login_is_not_enough(browser: Browser) -> None:
    answer = browser.post(FORGET, {"words": "go"}, follow=True)
    assert answer.request["PATH_INFO"] == "/accounts/login/"
    assert "Log in again to confirm that you want to delete your account." in answer.text
    assert browser.user is None
    assert is_there()


def test_the_password_and_a_confirmation_delete_the_account(browser: Browser) -> None:
    page = request_with_password(browser)
    shown = browser.get(page).text
    assert "Delete your account?" in shown
    assert "This cannot be undone." in shown
    assert is_there()
    assert confirm_deletion(browser, page).headers["Location"] == "/accounts/forgotten/"
    assert not is_there()


def test_an_emailed_code_and_a_confirmation_delete_the_account(browser: Browser, rosa: User) -> None:
    page = request_deletion(browser)
    asked = browser.post("/accounts/login/code/", {"email": rosa.email, "next": page})
    onward = (
        browser_client.Page(browser.get(asked.headers["Location"])).all("main//input[@name='next']")[0].get("value", "")
    )
    answer = browser.post("/accounts/login/code/confirm/", {"next": onward, "code": code_in(mail.outbox[-1])})
    assert answer.headers["Location"] == page
    confirm_deletion(browser, page)
    assert not is_there()


def test_a_provider_login_and_a_confirmation_delete_the_account(demo: Demo, settings: Any) -> None:
    configure_provider(settings, demo.base)
    browser = Browser()
    browser.log_in("x")
    user = browser.user
    page = request_deletion(browser)
    assert browser.user is None
    browser.log_in("x", to=page)
    assert browser.user == user
    confirm_deletion(browser, page)
    assert not User.objects.filter(pk=user.pk).exists()


def test_the_confirmation_page_deletes_nothing_without_a_fresh_login(browser: Browser) -> None:
    page = request_deletion(browser)
    old = Browser()
    old.log_in_by_password("rosa", PASSWORD)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        later = request_deletion(old)
    for address in (page, later):
        other = Browser()
        assert other.get(address).headers["Location"].startswith("/accounts/login/")
        assert other.post(FORGET, {"request": address.partition("request=")[2]}).status_code == 302
    browser.log_in_by_password("rosa", PASSWORD)
    answer = browser.get(later, follow=True)
    assert "Nothing was deleted. Request deletion again below, then log in to confirm." in answer.text
    assert is_there()


def test_another_account_cannot_confirm_the_deletion(browser: Browser) -> None:
    make.user("eve", password=PASSWORD)
    page = request_deletion(browser)
    browser.log_in_by_password("eve", PASSWORD)
    assert (
        "Nothing was deleted. Log in with the account that requested the deletion."
        in browser.get(page, follow=True).text
    )
    assert confirm_without_looking(browser, page).headers["Location"] == "/accounts/data/"
    assert User.objects.filter(username__in=["rosa", "eve"]).count() == 2


def confirm_without_looking(client: Client, page: str) -> Any:
    return client.post(FORGET, {"request": unquote(page.partition("request=")[2])})


def test_a_request_expires_after_an_hour(browser: Browser) -> None:
    page = request_with_password(browser)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert (
            "Your request has expired and nothing was deleted. Request deletion again below."
            in browser.get(page, follow=True).text
        )
        assert confirm_without_looking(browser, page).headers["Location"] == "/accounts/data/"
    assert is_there()


def test_a_guest_confirms_the_deletion_without_a_login() -> None:
    make.rules(hold_first_comment=False)
    guest = browser_client.Browser()
    said = guest.post_comment(make.essay(), remember="on")
    page = request_deletion(guest)
    assert "Delete your data?" in guest.get(page).content.decode()
    assert Commenter.objects.filter(pk=said.commenter_id).exists()
    assert confirm_deletion(guest, page).headers["Location"] == "/accounts/forgotten/"
    assert not Commenter.objects.filter(pk=said.commenter_id).exists()


def test_deletion_requires_a_choice_about_the_comments(browser: Browser) -> None:
    answer = browser.post(FORGET, {})
    assert answer.status_code == 422
    assert "Choose what happens to your comments." in answer.text


def test_the_owner_deletes_an_author_with_an_author_page(client: Client) -> None:
    author = make.author(name="Rosa")
    essay = make.essay(by=author)
    client.force_login(author)
    client.get("/admin/blog/profile/")  # creates the author page
    client.force_login(make.owner())
    address = f"/admin/accounts/user/{author.pk}/delete/"
    assert "Are you sure" in client.get(address).text
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=author.pk).exists()
    assert "Rosa" not in Client().get(essay.get_absolute_url()).text
