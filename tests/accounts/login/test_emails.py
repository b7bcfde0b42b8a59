"""Emails about an account: each subject begins with the site's name, and the words are our own."""

import pytest
from django.core import mail

from tests import make
from tests.accounts.account_pages import PASSWORD, browser, log_in, mailed_code, passkey_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_subjects_begin_with_the_name_of_the_site() -> None:
    make.site(name="Letters & Replies")
    client = browser()
    client.post("/accounts/signup/", {"name": "Ines Okafor", "email": "ines@example.org"})
    client.post("/accounts/confirm-email/", {"code": (code := mailed_code())})
    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    subjects = [f"{code} is your code", "Password set"]
    assert [message.subject for message in mail.outbox] == [f"[Letters & Replies] {subject}" for subject in subjects]
    assert str(mail.outbox[-1].body).startswith("A password was set for your account.")


def test_an_email_about_a_passkey_calls_it_a_passkey() -> None:
    user, client = make.user("ines", password=PASSWORD), browser()
    log_in(client, user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    passkey_of(user)
    client.post(f"/accounts/2fa/webauthn/keys/{user.authenticator_set.get().pk}/remove/")
    assert mail.outbox[-1].subject == "[Rejoinder] Passkey removed"
    assert str(mail.outbox[-1].body).startswith("A passkey was removed from your account.")
