"""Staff who log in with a provider: only an account that they connected themselves logs them in."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from accounts.models import User
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser
from tests.comments.browser_client import Page
from tests.services import provider as demo

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("configured_provider")]
SENTENCE = "Log in with your password first, then connect {} in your account settings."
TEODOR = "Teodor Marin"  # has the moderator's address, confirmed


@pytest.fixture
def moderator() -> User:
    return make.moderator("moderator", password=PASSWORD)


@pytest.mark.parametrize("requires_two_factor", [False, True])
@pytest.mark.parametrize(("key", "name"), [("x", "X (Twitter)"), ("demo", "Demo ID"), ("facebook", "Facebook")])
def test_a_login_with_the_address_of_a_staff_account_is_refused(
    moderator: User, settings: Any, key: str, name: str, requires_two_factor: bool
) -> None:
    settings.STAFF_SECOND_FACTOR = requires_two_factor
    browser = Browser()
    answer = browser.log_in(key, TEODOR, to="/accounts/login/")
    assert answer.headers["Location"] == f"/accounts/login/?login=staff-{key}"
    assert SENTENCE.format(name) in Page(browser.get(answer.headers["Location"])).text
    assert browser.user is None
    assert list(User.objects.all()) == [moderator]
    assert not SocialAccount.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize("make_staff", [make.author, make.editor, make.owner])
def test_every_kind_of_staff_is_protected_at_every_verified_address(make_staff: Any) -> None:
    user = make_staff("someone")
    EmailAddress.objects.create(user=user, email="moderator@example.org", verified=True)
    browser = Browser()
    browser.log_in("x", TEODOR)
    assert browser.user is None


def test_an_address_that_staff_only_claim_refuses_no_login() -> None:
    EmailAddress.objects.create(user=make.author("someone"), email="moderator@example.org", verified=False)
    browser = Browser()
    browser.log_in("x", TEODOR)
    assert browser.user.email == "moderator@example.org"


def test_a_provider_account_that_the_staff_member_connected_logs_them_in(moderator: User) -> None:
    desk, phone = Browser(), Browser()
    desk.log_in_by_password("moderator", PASSWORD)
    answer = desk.connect("x", TEODOR)
    desk.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert SocialAccount.objects.get().user == moderator, answer
    phone.log_in("x", TEODOR)
    assert phone.user == moderator
    phone.post("/accounts/logout/")
    phone.log_in("demo", TEODOR)  # another service with the same address, which was never connected
    assert phone.user is None


def test_the_essay_page_shows_the_reason_and_keeps_the_typed_comment(moderator: User) -> None:
    essay, browser = make.essay("Of Forms"), Browser()
    left = browser.post(f"{essay.get_absolute_url()}connect/x/", {"text": "What I was writing."})
    answer = browser.finish_login(demo.complete_authorization(left.headers["Location"], TEODOR))
    page = Page(browser.get(answer.headers["Location"]))
    assert SENTENCE.format("X (Twitter)") in page.text
    assert page.form_values["text"] == "What I was writing."


def test_the_login_window_reports_the_refusal_to_the_page_behind_it(moderator: User) -> None:
    browser = Browser()
    answer = browser.log_in("x", TEODOR)
    page = Page(browser.get(answer.headers["Location"]))
    assert page.only("h1").get("data-outcome") == "staff"
    assert SENTENCE.format("X (Twitter)") in page.text


def test_a_forged_outcome_shows_no_message() -> None:
    page = Page(Browser().get("/accounts/login/?login=staff-%3Cscript%3E"))
    assert "in your account settings" not in page.text
