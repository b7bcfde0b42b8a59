"""Likes by readers who must log in first: the like is saved, applied once, and they return to the page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.utils import timezone

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Like
from tests import make
from tests.accounts.by_provider import PASSWORD, code_in
from tests.comments.browser_client import Browser
from tests.comments.like_buttons import like_count, like_path, press_like

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def rosa(db: None) -> User:
    return make.user("rosa", name="Rosa Castellanos", password=PASSWORD)


def by_password(guest: Browser, login: str) -> Any:
    return guest.post(login, {"login": "rosa", "password": PASSWORD})


def by_code(guest: Browser, login: str) -> Any:
    onward = login.partition("next=")[2]
    asked = guest.post(f"/accounts/login/code/?next={onward}", {"email": "rosa@example.org"})
    return guest.post(asked.headers["Location"], {"code": code_in(mail.outbox[-1])})


def by_a_new_account(guest: Browser, login: str) -> Any:
    onward = login.partition("next=")[2]
    asked = guest.post(f"/accounts/signup/?next={onward}", {"email": "new@example.org", "name": "Rosa Castellanos"})
    return guest.post(asked.headers["Location"], {"code": code_in(mail.outbox[-1])})


def ask_to_log_in(guest: Browser, target: Essay | Comment, query: str = "") -> str:
    """Press Like, then Log in; return the URL of the login page."""
    assert "Log in to like this" in press_like(guest, target).text
    answer = guest.post(like_path(target) + query, {"login": "1"})
    return str(answer.headers["Location"])


def is_logged_in(guest: Browser) -> bool:
    return "_auth_user_id" in guest.session


@pytest.mark.parametrize("way", [by_password, by_code, by_a_new_account])
@pytest.mark.parametrize("on", ["essay", "comment"])
def test_the_like_is_saved_and_the_reader_returns_to_the_page(
    essay: Essay, comment: Comment, guest: Browser, rosa: User, way: Callable[[Browser, str], Any], on: str
) -> None:
    target = essay if on == "essay" else comment
    answer = way(guest, ask_to_log_in(guest, target, "" if on == "essay" else "?order=newest"))
    assert is_logged_in(guest)
    back = guest.get(answer.headers["Location"])
    assert back.status_code == 303
    assert back.headers["Location"] == (
        f"{essay.get_absolute_url()}#likes" if on == "essay" else f"/comments/{comment.pk}/?order=newest"
    )
    assert Like.objects.get().commenter.name == "Rosa Castellanos"
    assert like_count(target) == 1


def test_the_like_is_applied_once(essay: Essay, guest: Browser, rosa: User) -> None:
    by_password(guest, ask_to_log_in(guest, essay))
    assert guest.get(like_path(essay)).status_code == 303
    press_like(guest, essay, 0)
    assert guest.get(like_path(essay)).status_code == 200
    assert like_count(essay) == 0


def test_the_like_expires_after_half_an_hour(essay: Essay, guest: Browser, rosa: User) -> None:
    login = ask_to_log_in(guest, essay)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        by_password(guest, login)
        assert guest.get(like_path(essay)).status_code == 200
    assert like_count(essay) == 0


def test_following_a_link_never_likes_anything(essay: Essay, guest: Browser, rosa: User) -> None:
    by_password(guest, f"/accounts/login/?next={like_path(essay)}")
    assert is_logged_in(guest)
    assert guest.get(like_path(essay)).status_code == 200
    assert guest.get(f"{like_path(essay)}?login=1&like=1").status_code == 200
    assert like_count(essay) == 0


def test_a_saved_like_applies_only_to_its_own_page(essay: Essay, comment: Comment, guest: Browser, rosa: User) -> None:
    by_password(guest, ask_to_log_in(guest, essay))
    assert guest.get(like_path(comment)).status_code == 200
    assert (like_count(comment), guest.get(like_path(essay)).status_code, like_count(essay)) == (0, 303, 1)


def test_another_site_cannot_save_a_like(essay: Essay) -> None:
    for site in ("cross-site", "same-site"):
        stranger = Browser(headers={"Sec-Fetch-Site": site})
        assert stranger.post(like_path(essay), {"login": "1"}).status_code == 403
        assert settings.SESSION_COOKIE_NAME not in stranger.cookies
    assert Browser(headers={}).post(like_path(essay), {"login": "1"}).status_code == 403


def test_liking_alone_creates_no_session(essay: Essay, guest: Browser) -> None:
    press_like(guest, essay)
    assert settings.SESSION_COOKIE_NAME not in guest.cookies


def test_logging_out_discards_the_saved_like(essay: Essay, guest: Browser, rosa: User) -> None:
    by_password(guest, ask_to_log_in(guest, essay))
    guest.post("/accounts/logout/")
    by_password(guest, "/accounts/login/")
    assert guest.get(like_path(essay)).status_code == 200
    assert like_count(essay) == 0


def test_a_reader_who_is_already_logged_in_likes_immediately(essay: Essay, reader: Browser) -> None:
    assert reader.post(like_path(essay), {"login": "1"}).status_code == 303
    assert like_count(essay) == 1


def test_logins_from_one_address_are_limited(essay: Essay, guest: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.login.oauth_start.PER_MINUTE", 1)
    ask_to_log_in(guest, essay)
    answer = Browser().post(like_path(essay), {"login": "1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
