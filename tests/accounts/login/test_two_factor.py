"""Two-factor secrets are stored encrypted, are shown nowhere, and can be removed by the owner of the site."""

import html
import json
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import jobs
from accounts.models import User
from server.doctor import Severity, findings
from tests import make
from tests.accounts.account_pages import (
    PASSWORD,
    app_of,
    browser,
    came_in,
    code_of,
    log_in,
    passkey_of,
    words_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ASK = "/accounts/2fa/authenticate/"
OTHER_KEY = "another key for the tests alone, long enough to be no weak one 9876543210"


@pytest.fixture
def miriam() -> User:
    return make.author("miriam", name="Miriam Achterberg", password=PASSWORD)


def log_in_with(user: User, code: str) -> Any:
    """Log in by password and code in a browser of its own; return the last response."""
    client = browser()
    log_in(client, user)
    response = client.post(ASK, {"code": code})
    response.logged_in = came_in(client)  # type: ignore[attr-defined]
    return response


def reset(login: str) -> str:
    out = StringIO()
    call_command("reset_two_factor", login, stdout=out)
    return out.getvalue().strip()


def told() -> list[str]:
    return [
        each.problem
        for each in findings()
        if each.subject == "Two-factor authentication" and each.severity is Severity.ERROR
    ]


def test_secrets_are_encrypted_in_the_database_and_codes_work(miriam: User) -> None:
    secret = app_of(miriam)
    codes = RecoveryCodes.activate(miriam).generate_codes()
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    tokens = [row.data.get("secret") or row.data.get("seed") for row in Authenticator.objects.all()]
    assert [token[:5] for token in tokens] == ["gAAAA", "gAAAA"]
    assert log_in_with(miriam, code_of(secret)).logged_in
    assert log_in_with(miriam, codes[0]).logged_in
    assert not log_in_with(miriam, codes[0]).logged_in
    assert told() == []


def test_a_fallback_key_is_honored_until_the_secrets_are_encrypted_with_the_new_one(
    miriam: User, settings: Any
) -> None:
    secret = app_of(miriam)
    codes = RecoveryCodes.activate(miriam).generate_codes()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OTHER_KEY, [settings.SECRET_KEY]
    assert log_in_with(miriam, code_of(secret)).logged_in
    assert told() == []
    jobs.reencrypt_two_factor_secrets.call()
    settings.SECRET_KEY_FALLBACKS = []
    assert told() == []
    assert RecoveryCodes.activate(miriam).generate_codes() == codes
    assert log_in_with(miriam, codes[1]).logged_in
    data = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))
    jobs.reencrypt_two_factor_secrets.call()
    assert list(Authenticator.objects.order_by("pk").values_list("data", flat=True)) == data


@pytest.mark.parametrize("is_plain", [False, True])
def test_an_unreadable_secret_logs_no_one_in_and_the_doctor_names_the_account(
    miriam: User, settings: Any, is_plain: bool
) -> None:
    secret = app_of(miriam)
    if is_plain:
        Authenticator.objects.update(data={"secret": secret})
    else:
        settings.SECRET_KEY = OTHER_KEY
    refused = log_in_with(miriam, code_of(secret))
    assert (refused.status_code, refused.logged_in) == (403, False)
    assert "We can’t check your codes. Ask the owner of this site" in html.unescape(words_of(refused))
    assert told() == ["These users cannot log in because their two-factor secrets cannot be decrypted: miriam."]
    jobs.reencrypt_two_factor_secrets.call()
    assert reset("miriam") == "Removed from miriam: an authenticator app. Ended 0 sessions."
    assert told() == []


def test_the_admin_shows_no_authenticator(client: Client, miriam: User) -> None:
    client.force_login(make.owner())
    app_of(miriam)
    row = Authenticator.objects.get()
    pages = [f"/admin/mfa/authenticator/{path}" for path in ("", f"{row.pk}/change/", "add/")] + ["/admin/mfa/"]
    assert [client.get(page).status_code for page in pages] == [404, 404, 404, 404]
    for page in ("/admin/", f"/admin/accounts/user/{miriam.pk}/change/", f"/admin/accounts/user/{miriam.pk}/delete/"):
        assert row.data["secret"] not in client.get(page).content.decode()
    assert "authenticator" not in client.get("/admin/").content.decode().lower()


@pytest.mark.parametrize("login", ["miriam", "Miriam@example.org", "second@example.org"])
def test_a_reset_removes_everything_and_the_owner_of_the_account_logs_in_again(miriam: User, login: str) -> None:
    miriam.emailaddress_set.create(email="second@example.org", verified=True)
    other = make.author("ben")
    passkey_of(other)
    elsewhere = browser()
    log_in(elsewhere, miriam)
    assert came_in(elsewhere)
    app_of(miriam)
    passkey_of(miriam)
    passkey_of(miriam)
    RecoveryCodes.activate(miriam)
    said = "Removed from miriam: an authenticator app, 2 passkeys, recovery codes. Ended 1 session."
    assert reset(login) == said
    assert list(Authenticator.objects.values_list("user__username", flat=True)) == ["ben"]
    assert elsewhere.get("/accounts/me/").status_code == 302
    log_in(elsewhere, miriam)
    assert came_in(elsewhere)
    assert reset(login) == "miriam has no two-factor authentication. Nothing was changed."
    assert came_in(elsewhere)


def test_a_reset_of_an_unknown_or_ambiguous_account_changes_nothing(miriam: User) -> None:
    passkey_of(miriam)
    miriam.emailaddress_set.create(email="claimed@example.org", verified=False)
    for login in ("nobody", "claimed@example.org", ""):
        with pytest.raises(CommandError, match=r"^No account has the username or email address '.*'\.$"):
            reset(login)
    make.author("ben")
    User.objects.filter(username="ben").update(email="miriam@example.org")
    with pytest.raises(CommandError, match=r"Use one of these usernames: ben, miriam\.$"):
        reset("miriam@example.org")
    assert Authenticator.objects.count() == 1
