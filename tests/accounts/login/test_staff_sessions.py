"""Staff sessions are shorter than readers', and end after some idle hours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests import make
from tests.accounts.by_provider import PASSWORD
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HEADERS = {"host": "127.0.0.1", "sec-fetch-site": "same-origin"}
EXPIRED = "Your session has expired. Please log in again."
ADMIN = "/admin/"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 24, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def moderator() -> User:
    return make.moderator("moderator", password=PASSWORD)


def logged_in(login: str = "moderator") -> Browser:
    browser = Browser(headers=HEADERS)
    assert browser.post("/accounts/login/", {"login": login, "password": PASSWORD}).status_code == 302
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/accounts/me/").status_code == 200


def test_staff_are_logged_out_after_twelve_idle_hours(clock: time_machine.Traveller, moderator: User) -> None:
    browser = logged_in()
    clock.shift(timedelta(hours=11, minutes=59))
    assert browser.get(ADMIN).status_code == 200
    clock.shift(timedelta(hours=12))
    answer = browser.get("/admin/comments/queue/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=/admin/comments/queue/")
    assert EXPIRED in Page(answer).text
    assert not is_in(browser)


def test_staff_are_logged_out_fourteen_days_after_they_logged_in(
    clock: time_machine.Traveller, moderator: User
) -> None:
    browser = logged_in()
    for _six_hours in range(14 * 4 - 1):
        clock.shift(timedelta(hours=6))
        assert browser.get(ADMIN).status_code == 200
    clock.shift(timedelta(hours=6))
    assert browser.get(ADMIN).status_code == 302
    assert is_in(logged_in())  # a new login lasts as long again


@pytest.mark.parametrize("make_staff", [make.author, make.editor, make.owner])
def test_every_kind_of_staff_has_these_limits(clock: time_machine.Traveller, make_staff: Any) -> None:
    make_staff("someone", password=PASSWORD)
    browser = logged_in("someone")
    clock.shift(timedelta(hours=12))
    assert not is_in(browser)


def test_both_limits_are_settings(clock: time_machine.Traveller, moderator: User, settings: Any) -> None:
    settings.STAFF_IDLE_HOURS, settings.STAFF_SESSION_DAYS = 48, 1
    browser = logged_in()
    clock.shift(timedelta(hours=23))
    assert is_in(browser)
    clock.shift(timedelta(hours=1))
    assert not is_in(browser)


def test_readers_stay_logged_in_for_thirty_days(clock: time_machine.Traveller) -> None:
    make.user("reader", password=PASSWORD)
    browser = logged_in("reader")
    clock.shift(timedelta(days=29, hours=23))
    assert is_in(browser)


def test_a_reader_who_becomes_staff_gets_the_limits_of_staff(clock: time_machine.Traveller) -> None:
    reader = make.user("reader", password=PASSWORD)
    browser = logged_in("reader")
    clock.shift(timedelta(days=1))
    assert is_in(browser)
    User.objects.filter(pk=reader.pk).update(is_staff=True)
    assert not is_in(browser)


def test_pages_seldom_write_to_the_session(clock: time_machine.Traveller, moderator: User) -> None:
    def session_writes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert browser.get(ADMIN).status_code == 200
        return sum("django_session" in query["sql"] and not query["sql"].startswith("SELECT") for query in made)

    browser = logged_in()
    browser.get(ADMIN)
    assert [session_writes() for _page in range(3)] == [0, 0, 0]
    clock.shift(timedelta(minutes=6))
    assert session_writes() > 0
    assert session_writes() == 0


def test_background_requests_of_open_pages_do_not_extend_a_session(
    clock: time_machine.Traveller, moderator: User
) -> None:
    browser = logged_in()
    essay = make.essay()
    script = {"sec-fetch-mode": "cors"}
    for _hour in range(12):
        clock.shift(timedelta(hours=1))
        browser.get("/admin/comments/queue/news/", headers=script)
        browser.post("/admin/comments/queue/looking/", {"comment": ""}, headers=script)
        browser.get(f"{essay.get_absolute_url()}feed/", headers=script)
    assert not is_in(browser)


def test_a_comment_typed_before_the_session_expired_is_kept(clock: time_machine.Traveller, moderator: User) -> None:
    browser, essay = logged_in(), make.essay()
    form = browser.read(essay).form_values | {"text": "What I was writing."}
    clock.shift(timedelta(hours=12))
    page = Page(browser.post(f"{essay.get_absolute_url()}respond/", form))
    assert "You’re no longer logged in." in page.error_summary
    assert page.form_values["text"] == "What I was writing."
    assert not essay.comments.exists()
