"""The owner's page for login services, email and invitations."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.pages import invitations
from config import providers
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.services.smtp import Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE = "/admin/identity/"
KEYS = {
    "X_CLIENT_ID": "a", "X_CLIENT_SECRET": "b", "LINKEDIN_CLIENT_ID": "a", "LINKEDIN_CLIENT_SECRET": "b",
    "OIDC_SERVERS": '[{"id": "lab", "name": "The Lab", "server": "https://id.example.org", "client_id": "a", "client_secret": "b"}]',
}  # fmt: skip


def browser() -> Client:
    return Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})


@pytest.fixture
def owner() -> User:
    return make.owner("joris", name="Joris Vane")


@pytest.fixture
def desk(owner: User) -> Client:
    client = browser()
    client.force_login(owner)
    return client


def words_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def invite(desk: Client, *, role: str = "Authors", **fields: str) -> Any:
    invited = {"email": "tomas@example.org", "name": "Tomás Vega", "role": role} | fields
    return desk.post(PAGE, invited, follow=True)


def mailed_link() -> str:
    """Run the job and return the path of the emailed link."""
    run_ready_jobs()
    found = re.search(r"http://127.0.0.1:\d+(/accounts/invitation/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


# Services


def test_only_the_owner_can_open_the_page(desk: Client) -> None:
    assert PAGE in words_of(desk.get("/admin/"))
    for who in (make.author(), make.moderator()):
        client = browser()
        client.force_login(who)
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, {"action": "test-mail"}).status_code == 403
        assert PAGE not in words_of(client.get("/admin/"))
    assert browser().get(PAGE).status_code == 302
    assert not mail.outbox


def row_of(page: str, name: str) -> str:
    found = re.search(rf'<th scope="row">{re.escape(name)}</th>.*?</tr>', page)
    assert found, name
    return found[0]


def test_the_page_shows_redirect_uris_and_missing_settings(desk: Client, settings: Any) -> None:
    settings.SITE_URL = "https://essays.example.org"
    settings.PROVIDERS = providers.configured_providers(KEYS)
    SocialAccount.objects.create(user=make.user(), provider="twitter_oauth2", uid="1")
    SocialAccount.objects.create(user=make.user(), provider="twitter_oauth2", uid="2")
    page = words_of(desk.get(PAGE))
    x = row_of(page, "X (Twitter)")
    assert "<td>On<br>Used by 2 people</td>" in x
    assert "https://essays.example.org/accounts/twitter_oauth2/login/callback/" in x
    assert "https://developer.x.com/" in x
    assert "Missing" not in x
    facebook = row_of(page, "Facebook")
    assert "<td>Off</td>" in facebook
    assert "FACEBOOK_CLIENT_ID, FACEBOOK_CLIENT_SECRET" in facebook
    assert "APPLE_CLIENT_ID, APPLE_TEAM_ID, APPLE_KEY_ID, APPLE_KEY_FILE" in row_of(page, "Apple")
    assert "https://essays.example.org/accounts/oidc/lab/login/callback/" in row_of(page, "The Lab")
    assert all(known.name in page for known in providers.KNOWN)


def test_the_shown_redirect_uris_are_allauths_callbacks(settings: Any) -> None:
    for provider in settings.PROVIDERS:
        assert str(resolve(provider.callback).url_name).endswith("_callback"), provider.callback


def test_the_page_makes_a_constant_number_of_queries(desk: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        invite(desk, email=f"tomas{number}@example.org")
    with django_assert_max_num_queries(8):
        desk.get(PAGE)


# Email


def test_a_test_email_goes_to_the_owner(desk: Client, settings: Any) -> None:
    settings.EMAIL_URL_IS_SET = True
    answer = desk.post(PAGE, {"action": "test-mail"}, follow=True)
    assert "accepted the test email to joris@example.org" in words_of(answer)
    assert mail.outbox[0].to == ["joris@example.org"]


def test_the_page_says_that_no_mail_server_is_configured(desk: Client) -> None:
    assert "EMAIL_URL is not set" in words_of(desk.get(PAGE))
    assert "only written to a file" in words_of(desk.post(PAGE, {"action": "test-mail"}, follow=True))


def test_the_mail_servers_error_is_shown(desk: Client, mailbox: Mailbox, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    mailbox.response = "554 5.7.1 Your network is on our list"
    page = words_of(desk.post(PAGE, {"action": "test-mail"}, follow=True))
    assert "The mail server answered: 554 5.7.1 Your network is on our list" in page
    settings.EMAIL_PORT = 1
    assert "Connection refused" in words_of(desk.post(PAGE, {"action": "test-mail"}, follow=True))


def test_an_owner_without_an_address_is_told_to_add_one(desk: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="")
    assert "Add one under" in words_of(desk.post(PAGE, {"action": "test-mail"}, follow=True))


# Invitations


@pytest.mark.parametrize(("role", "may"), [("Authors", "blog.add_essay"), ("Moderators", "comments.add_decision")])
def test_an_invited_person_logs_in_by_the_emailed_link_without_a_password(desk: Client, role: str, may: str) -> None:
    assert "sending the invitation to tomas@example.org" in words_of(invite(desk, role=role))
    link = mailed_link()
    assert mail.outbox[-1].subject == "[Rejoinder] Invitation from Joris Vane"
    assert not User.objects.filter(email="tomas@example.org").exists()
    client = browser()
    page = client.get(link)
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "Tomás Vega" in page.content.decode()
    assert "_auth_user_id" not in client.session  # opening it changes nothing
    answer = client.post(link)
    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    user = User.objects.get(email="tomas@example.org")
    assert user.has_perm(may)
    assert not user.has_usable_password()
    assert user.name == "Tomás Vega"
    assert EmailAddress.objects.get(user=user).verified
    assert client.get(link).status_code == 410  # once
    assert browser().post(link).status_code == 410
    assert "Tomás" not in words_of(desk.get(PAGE))


def test_the_link_expires_after_seven_days_and_can_be_sent_again(desk: Client) -> None:
    invite(desk)
    old = mailed_link()
    Invitation.objects.update(sent=timezone.now() - timedelta(days=7, seconds=1))
    assert browser().get(old).status_code == 410
    page = words_of(desk.get(PAGE))
    assert "Expired (sent on " in page
    answer = desk.post(PAGE, {"action": "again", "invitation": Invitation.objects.get().pk}, follow=True)
    assert "sending another invitation to tomas@example.org" in words_of(answer)
    new = mailed_link()
    assert browser().get(old).status_code == 410
    assert browser().get(new).status_code == 200


def test_a_second_invitation_of_an_address_is_refused(desk: Client) -> None:
    invite(desk)
    answer = invite(desk, email="TOMAS@example.org", name="Tom")
    assert answer.status_code == 422
    assert "Tomás Vega was invited on" in words_of(answer)
    assert Invitation.objects.get().name == "Tomás Vega"
    invited = browser()
    invited.post(mailed_link())
    assert "already has this role" in words_of(invite(desk))
    assert len(mail.outbox) == 1


def test_a_withdrawn_invitation_does_not_work(desk: Client) -> None:
    invite(desk)
    link = mailed_link()
    desk.post(PAGE, {"action": "withdraw", "invitation": Invitation.objects.get().pk})
    assert browser().post(link).status_code == 410
    assert "This invitation has expired" in words_of(browser().get(link))
    assert not User.objects.filter(email="tomas@example.org").exists()


def test_an_invited_reader_with_a_verified_address_keeps_their_account(desk: Client) -> None:
    rosa = make.user("rosa", name="Rosa Castellanos")
    invite(desk, email="rosa@example.org", name="R. Castellanos")
    reader = browser()
    reader.force_login(rosa)
    reader.post(mailed_link())
    rosa.refresh_from_db()
    assert (rosa.is_staff, rosa.name) == (True, "Rosa Castellanos")
    assert int(reader.session["_auth_user_id"]) == rosa.pk


def test_an_account_that_only_claimed_the_address_does_not_get_the_role(desk: Client) -> None:
    """The attack: make an account with an author's address and a password, and wait for the role."""
    browser().post("/accounts/signup/", {"name": "Mallory", "email": "tomas@example.org"})
    mallory = User.objects.get(email="tomas@example.org")
    mallory.set_password("orchards are not sold")
    mallory.save()
    invite(desk)
    client = browser()
    client.post(mailed_link())
    author = User.objects.get(pk=client.session["_auth_user_id"])
    assert author.pk != mallory.pk
    assert not User.objects.filter(pk=mallory.pk, is_staff=True).exists()
    assert (
        browser()
        .post("/accounts/login/", {"login": "tomas@example.org", "password": "orchards are not sold"})
        .status_code
        == 200
    )


def test_another_user_in_the_browser_is_logged_out(desk: Client, owner: User) -> None:
    invite(desk)
    link = mailed_link()
    assert "logged in as Joris Vane" in words_of(desk.get(link))
    desk.post(link)
    assert User.objects.get(pk=desk.session["_auth_user_id"]).email == "tomas@example.org"


def test_another_user_in_the_browser_is_logged_out_before_two_factor_authentication(desk: Client) -> None:
    rosa = make.user("rosa")
    Authenticator.objects.create(user=rosa, type=Authenticator.Type.TOTP, data={"secret": "x"})
    invite(desk, email="rosa@example.org")
    answer = desk.post(mailed_link())
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in desk.session


def test_an_invitation_accepted_twice_at_once_is_used_once(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    invite(desk)
    link, found = mailed_link(), Invitation.objects.get()
    monkeypatch.setattr(invitations, "find_by_token", lambda _token: found)  # both read it before it was used
    assert browser().post(link).status_code == 302
    late = browser()
    assert late.post(link).status_code == 410
    assert "_auth_user_id" not in late.session


@pytest.mark.parametrize("token", ["x", "WzFd:1xWH6x:x", "%00", "W10:1:"])
def test_a_forged_link_causes_no_error(token: str) -> None:
    assert browser().get(f"/accounts/invitation/{token}/").status_code == 410


def test_the_mail_servers_error_is_shown_beside_the_invitation(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> int:
        raise ConnectionRefusedError(111, "Connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(locmem.EmailBackend, "send_messages", refuse)
        invite(desk)
        run_ready_jobs()
    assert "Not sent yet: [Errno 111] Connection refused" in words_of(desk.get(PAGE))
    assert not mail.outbox


def test_an_invalid_form_keeps_its_values(desk: Client) -> None:
    answer = invite(desk, email="tomas")
    assert answer.status_code == 422
    assert "Enter a valid email address" in words_of(answer)
    assert 'value="Tomás Vega"' in answer.content.decode()
