"""Logging in by password and emailed code, and the commenter of a login."""

import re

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts.models import Commenter, User
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOGIN, QUEUE = "/accounts/login/", "/admin/comments/queue/"


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})


def log_in(client: Client, login: str, password: str, to: str = "/") -> None:
    answer = client.post(f"{LOGIN}?next={to}", {"login": login, "password": password})
    assert (answer.status_code, answer.headers.get("Location")) == (302, to)


def test_the_owner_of_a_site_without_email_can_open_the_queue(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "orchards are not sold")
    call_command("createsuperuser", username="ida", email="ida@example.org", interactive=False)
    assert client.get(QUEUE).headers["Location"].startswith(LOGIN)
    log_in(client, "ida", "orchards are not sold", to=QUEUE)
    assert client.get(QUEUE).status_code == 200
    assert not mail.outbox


def test_an_owner_without_an_address_can_open_the_queue(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "orchards are not sold")
    call_command("createsuperuser", username="ida", email="", interactive=False)
    log_in(client, "ida", "orchards are not sold", to=QUEUE)
    assert client.get(QUEUE).status_code == 200


def test_an_address_that_the_owner_sets_counts_as_verified(client: Client) -> None:
    owner = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    owner.force_login(make.owner())
    fields = {
        "username": "miriam", "name": "Miriam", "email": "miriam@example.org", "usable_password": "true",
        "password1": "a letter to no one", "password2": "a letter to no one",
    }  # fmt: skip
    assert owner.post("/admin/accounts/user/add/", fields).status_code == 302
    log_in(client, "miriam@example.org", "a letter to no one")


def test_an_emailed_code_logs_a_user_in(client: Client) -> None:
    make.user("miriam", name="Miriam")
    answer = client.post("/accounts/login/code/", {"email": "miriam@example.org"})
    assert answer.status_code == 302
    (message,) = mail.outbox
    assert "Rejoinder" in message.body
    code = re.search(r"^([A-Z0-9-]{6,})$", str(message.body), re.MULTILINE)
    assert code
    answer = client.post(answer.headers["Location"], {"code": code[1]})
    assert answer.status_code == 302
    assert int(client.session["_auth_user_id"]) == User.objects.get(username="miriam").pk


def test_requesting_a_code_looks_the_same_for_an_unknown_address(client: Client) -> None:
    answer = client.post("/accounts/login/code/", {"email": "nobody@example.org"})
    make.user("somebody")
    known = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"}).post(
        "/accounts/login/code/", {"email": "somebody@example.org"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (known.status_code, known.headers["Location"])


def test_a_new_account_has_the_typed_name_and_needs_a_verified_address(client: Client) -> None:
    answer = client.post("/accounts/signup/", {"email": "new.person@example.org", "name": "Rosa Castellanos"})
    assert answer.status_code == 302
    user = User.objects.get(email="new.person@example.org")
    assert (user.name, user.get_full_name()) == ("Rosa Castellanos", "Rosa Castellanos")
    assert "new" not in user.username
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_shows_an_error_and_logs_no_one_in(client: Client) -> None:
    make.user("miriam", password="a letter to no one")
    answer = client.post(LOGIN, {"login": "miriam", "password": "something else"})
    assert answer.status_code == 200
    assert "Wrong username or password." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_session_key_changes_at_login_and_ends_at_logout(client: Client) -> None:
    make.user("miriam", password="a letter to no one")
    client.get("/accounts/login/")
    before = client.cookies.get("session")
    log_in(client, "miriam", "a letter to no one")
    inside = client.cookies["session"].value
    assert before is None or before.value != inside
    assert client.post("/accounts/logout/").status_code == 302
    client.cookies["session"] = inside
    assert client.get("/accounts/email/").status_code == 302


@pytest.mark.parametrize("to", ["//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)"])
def test_a_login_never_redirects_to_another_site(client: Client, to: str) -> None:
    make.user("miriam", password="a letter to no one")
    answer = client.post(LOGIN, {"login": "miriam", "password": "a letter to no one", "next": to})
    assert answer.headers["Location"] == "/"


def test_every_login_of_a_user_has_the_same_commenter(client: Client) -> None:
    user = make.user("miriam", name="Miriam Achterberg", password="a letter to no one")
    log_in(client, "miriam", "a letter to no one")
    commenter = Commenter.objects.get(user=user)
    assert (commenter.name, commenter.verified) == ("Miriam Achterberg", True)
    essay = make.essay()
    page = client.get(essay.get_absolute_url()).content.decode()
    assert "You are commenting using your Rejoinder account." in page
    assert "Miriam Achterberg" in page
    assert 'id="respond-email"' not in page


def test_a_too_long_address_is_left_out_and_not_cut(client: Client) -> None:
    user = make.user("rosa", password="orchards are not sold")
    User.objects.filter(pk=user.pk).update(email=f"{'a' * 60}@{'b' * 60}.example.org")
    log_in(client, "rosa", "orchards are not sold")
    assert Commenter.objects.get(user=user).email == ""


def test_a_reader_cannot_open_the_admin(client: Client) -> None:
    make.user("reader", password="a letter to no one")
    log_in(client, "reader", "a letter to no one")
    assert client.get("/admin/").status_code == 403 or client.get("/admin/", follow=True).status_code == 403
    assert client.get(QUEUE).status_code == 403
