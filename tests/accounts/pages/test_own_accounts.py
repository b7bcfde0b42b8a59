"""The account pages: name, password and sessions."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.login.sessions import describe_browser
from accounts.models import Commenter, User
from pagecache.models import Generation
from tests import make
from tests.accounts.account_pages import (
    CODE,
    CONFIRM,
    FIREFOX,
    LOGIN,
    ME,
    PASSWORD,
    SAFARI,
    SECOND,
    SESSIONS,
    browser,
    came_in,
    log_in,
    mailed_code,
    words_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def client() -> Client:
    return browser()


# Name


def test_a_new_name_appears_on_all_comments(client: Client, rosa: User) -> None:
    log_in(client, rosa)
    essay = make.essay()
    make.comment(essay, by=Commenter.objects.get(user=rosa))
    before = Generation.objects.filter(key="site").values_list("number", flat=True).first() or 0
    answer = client.post(ME, {"name": "Rosa C.", "website": "rosa.example"})
    assert answer.headers["Location"] == ME
    assert Generation.objects.get(key="site").number > before  # no cached page shows the old one
    page = words_of(browser().get(essay.get_absolute_url()))
    assert "Rosa C." in page
    assert "https://rosa.example" in page
    assert "Rosa Castellanos" not in page
    assert User.objects.get(pk=rosa.pk).name == "Rosa C."


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "Enter your name."),
        ("MIRIAM ACHTERBERG", "too similar to Miriam Achterberg"),
        ("Miriаm Achterberg", "too similar to Miriam Achterberg"),
        ("Moderator", "looks like an official name"),
        ("Rejoinder", "looks like an official name"),
        ("Rоsа Luxemburg", "mixes letters from different alphabets"),
    ],
)
def test_a_name_that_imitates_another_is_refused(client: Client, rosa: User, name: str, problem: str) -> None:
    make.author(name="Miriam Achterberg")
    log_in(client, rosa)
    answer = client.post(ME, {"name": name, "website": ""})
    assert (answer.status_code, problem in words_of(answer)) == (422, True)
    assert User.objects.get(pk=rosa.pk).name == "Rosa Castellanos"


def test_the_account_page_makes_a_constant_number_of_queries(
    client: Client, rosa: User, django_assert_max_num_queries: Any
) -> None:
    log_in(client, rosa)
    for number in range(4):
        SocialAccount.objects.create(user=rosa, provider="facebook", uid=str(number))
    with django_assert_max_num_queries(12):
        assert "Facebook, Facebook" in words_of(client.get(ME))


def test_the_account_pages_require_a_login(client: Client) -> None:
    for path in (ME, SESSIONS, "/accounts/email/", SECOND, "/accounts/3rdparty/"):
        assert client.get(path).headers["Location"] == f"{LOGIN}?next={path}"


# Passwords


def test_removing_a_password_requires_entering_it_again(client: Client, rosa: User) -> None:
    client.force_login(rosa)
    answer = client.post("/accounts/password/remove/")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    rosa.refresh_from_db()
    assert rosa.has_usable_password()


def test_a_password_can_be_set_and_removed(client: Client) -> None:
    rosa = make.user("rosa", name="Rosa Castellanos")
    client.post(CODE, {"email": "rosa@example.org"})
    client.post(CONFIRM, {"code": mailed_code()})
    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert not came_in(client)  # every session ended
    log_in(client, rosa)
    assert came_in(client)
    answer = client.post("/accounts/password/remove/")  # requires reauthentication
    client.post(answer.headers["Location"], {"password": PASSWORD})
    assert not User.objects.get(pk=rosa.pk).has_usable_password()
    assert came_in(client)


def test_the_last_login_method_cannot_be_removed(client: Client, rosa: User) -> None:
    rosa.emailaddress_set.all().delete()
    User.objects.filter(pk=rosa.pk).update(email="")
    log_in(client, rosa)
    answer = client.post("/accounts/password/remove/")
    answer = client.post(answer.headers["Location"], {"password": PASSWORD}, follow=True)
    assert "Verify an email address first." in words_of(answer)
    assert User.objects.get(pk=rosa.pk).has_usable_password()


def test_a_forgotten_password_is_replaced_with_an_emailed_code(client: Client, rosa: User) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "rosa@example.org"})
    answer = client.post(answer.headers["Location"], {"code": mailed_code()})
    new = "a letter to no one"
    client.post(answer.headers["Location"], {"password1": new, "password2": new})
    assert client.post(LOGIN, {"login": "rosa", "password": new}).status_code == 302


# Sessions


def test_a_session_in_another_browser_can_be_ended(rosa: User) -> None:
    desk, phone = browser(FIREFOX), browser(SAFARI)
    log_in(desk, rosa)
    log_in(phone, rosa)
    assert set(UserSession.objects.values_list("user_agent", "ip")) == {
        ("Firefox on Linux", "0.0.0.0"),
        ("Safari on iPhone", "0.0.0.0"),
    }
    page = words_of(desk.get(SESSIONS))
    assert "Safari on iPhone" in page
    there = UserSession.objects.get(user_agent="Safari on iPhone")
    desk.post(SESSIONS, {"end": there.pk})
    assert came_in(desk)
    assert not came_in(phone)


def test_all_other_sessions_can_be_ended_and_the_current_one_by_logging_out(rosa: User) -> None:
    desk, phone, other = browser(), browser(SAFARI), browser()
    for each in (desk, phone):
        log_in(each, rosa)
    log_in(other, make.user("tobias", password=PASSWORD))
    desk.post(SESSIONS, {"end": "others"})
    assert (came_in(desk), came_in(phone), came_in(other)) == (True, False, True)
    own = UserSession.objects.get(user=rosa)
    other.post(SESSIONS, {"end": own.pk})  # another user's session
    assert came_in(desk)
    desk.post(SESSIONS, {"end": own.pk})
    assert not came_in(desk)


def test_the_next_login_deletes_records_of_ended_sessions(client: Client, rosa: User) -> None:
    log_in(client, rosa)
    client.session.flush()
    log_in(browser(), rosa)
    assert UserSession.objects.filter(user=rosa).count() == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/143.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/19 Safari/605", "Safari on macOS"),
        ("curl/8.9", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_have_readable_names(agent: str, words: str) -> None:
    assert describe_browser(agent) == words
