"""Response times do not reveal whether an address or username has an account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """`with hashes() as counted:` lists the password hashes computed inside."""
    encode = PBKDF2PasswordHasher.encode

    @contextmanager
    def counting() -> Iterator[list[str]]:
        counted: list[str] = []

        def counts(self: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
            counted.append(salt)
            return encode(self, password, salt, iterations)

        with monkeypatch.context() as patched:
            patched.setattr(PBKDF2PasswordHasher, "encode", counts)
            yield counted

    return counting


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("miriam", "wrong"),
        ("miriam", PASSWORD),
        ("MIRIAM", "wrong"),
        ("miriam@example.org", "wrong"),
        ("miriam@example.org", PASSWORD),
        ("no-password@example.org", "wrong"),
        ("inactive@example.org", "wrong"),
        ("unverified@example.org", "wrong"),
        ("unknown", "wrong"),
        ("unknown@example.org", "wrong"),
    ],
)
def test_every_login_computes_one_password_hash(hashes: Callable[[], Any], login: str, password: str) -> None:
    make.user("miriam", password=PASSWORD)
    make.user("no-password")
    make.user("inactive", password=PASSWORD, is_active=False)
    make.user("unverified", password=PASSWORD).emailaddress_set.update(verified=False)
    browser = Browser()
    with hashes() as counted:
        browser.log_in_by_password(login, password)
    assert len(counted) == 1
    assert (browser.user is not None) == (password == PASSWORD)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/accounts/login/code/", {}),
        ("/accounts/password/reset/", {}),
        ("/accounts/signup/", {"name": "Miriam"}),
    ],
)
@pytest.mark.parametrize("email", ["miriam@example.org", "unknown@example.org"])
def test_requesting_an_email_computes_no_password_hash(
    hashes: Callable[[], Any], path: str, more: dict[str, str], email: str
) -> None:
    make.user("miriam", password=PASSWORD)
    with hashes() as counted:
        assert Browser().post(path, {"email": email, **more}).status_code == 302
    assert not counted


def test_a_verified_address_is_preferred_to_a_claimed_one() -> None:
    claimed = make.user("mallory", password="another letter")
    claimed.emailaddress_set.create(email="miriam@example.org", verified=False)
    miriam = make.user("miriam", password=PASSWORD)
    browser = Browser()
    browser.log_in_by_password("miriam@example.org", "another letter")
    assert browser.user is None
    browser.log_in_by_password("miriam@example.org", PASSWORD)
    assert browser.user == miriam


def test_a_sign_up_makes_no_account_for_an_address_that_has_one() -> None:
    make.user("miriam", password=PASSWORD)
    before = User.objects.count()
    Browser().sign_up("miriam@example.org", "Miriam")
    assert User.objects.count() == before
    assert mail.outbox[-1].to == ["miriam@example.org"]


def test_a_sign_up_makes_the_same_queries_for_known_and_unknown_addresses() -> None:
    def questions(email: str) -> int:
        with CaptureQueriesContext(connection) as made:
            Browser().sign_up(email, "Miriam")
        return sum(query["sql"].startswith(("INSERT", "UPDATE")) for query in made)

    make.user("miriam", password=PASSWORD)
    questions("first@example.org")  # fill caches first
    assert abs(questions("miriam@example.org") - questions("unknown@example.org")) <= 1
