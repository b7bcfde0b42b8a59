"""Signing up, logging in without a password, and the account pages."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client

from accounts.login.sessions import describe_browser
from accounts.models import Commenter, User
from pagecache.models import Generation
from tests import make
from tests.accounts.by_provider import configure_provider
from tests.services.processes import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.once]
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


@pytest.fixture
def client() -> Client:
    return browser()


@pytest.fixture
def rosa() -> User:
    return make.user("rosa", name="Rosa Castellanos", password=PASSWORD)


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


# Logging in


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

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", refuse)
    page = words_of(client.post(CODE, {"email": "rosa@example.org"}, follow=True))
    assert "send the email. Please try again in a few minutes." in page


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


# Two-factor authentication


def app_of(user: User) -> str:
    """Add an authenticator app and return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def passkey_of(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"})


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
