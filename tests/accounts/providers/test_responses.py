"""Responses of providers: none causes an error page, takes long or logs in the wrong person."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.models import Commenter, User
from accounts.providers import requests as provider_requests
from blog.models import Essay
from config import providers
from tests import make
from tests.accounts.by_provider import Browser, configure_provider
from tests.lists import one_in
from tests.services import provider as demo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SERVICES = ("x", "facebook", "wordpress", "demo")


@pytest.fixture(scope="module")
def running() -> Iterator[demo.Demo]:
    with demo.provider(slow=0.1, very_slow=30) as started:
        yield started


@pytest.fixture
def service(running: demo.Demo, settings: Any) -> demo.Demo:
    configure_provider(settings, running.base)
    return running


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})


@pytest.fixture
def essay() -> Essay:
    return make.essay("Of Forms")


def leave(client: Client, essay: Essay, key: str) -> str:
    """Press a provider's icon without JavaScript and return the URL it leads to."""
    answer = client.post(f"{essay.get_absolute_url()}connect/{key}/", {"text": "My very words."})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def come_back(client: Client, address: str) -> Any:
    return client.get(address.replace("http://127.0.0.1", "").replace("http://testserver", ""))


FAULTS = [
    name
    for name in demo.BY_NAME
    if name not in {"slow", "very-slow", "wrong-state", "no-state", "token-dripping", "me-dripping"}
]


TELLS_ENOUGH = {("demo", "me-null"): "the signed token says who it is, and came from the server itself"}


@pytest.mark.parametrize(
    ("fault", "key"),
    one_in(3, [(fault, key) for fault in FAULTS for key in SERVICES]),  # each with one or two of the four services
)
def test_a_hostile_response_shows_a_message_where_the_login_began(
    service: demo.Demo, client: Client, essay: Essay, key: str, fault: str
) -> None:
    before = (User.objects.count(), Commenter.objects.count())
    start = time.monotonic()
    answer = come_back(client, demo.complete_authorization(leave(client, essay, key), fault=fault))
    assert time.monotonic() - start < 6
    if (key, fault) in TELLS_ENOUGH:
        assert answer.headers["Location"] == f"{essay.get_absolute_url()}#respond"
        return
    assert answer.headers["Location"] == f"{essay.get_absolute_url()}?login=failed#respond"
    page = client.get(answer.headers["Location"]).text
    assert "We couldn’t log you in." in page
    assert "My very words." in page
    assert "_auth_user_id" not in client.session
    assert (User.objects.count(), Commenter.objects.count()) == before


@pytest.mark.parametrize("key", SERVICES)
@pytest.mark.parametrize("fault", ["very-slow", "token-dripping", "me-dripping"])
def test_a_slow_provider_does_not_exceed_the_deadline(
    service: demo.Demo, client: Client, essay: Essay, monkeypatch: pytest.MonkeyPatch, key: str, fault: str
) -> None:
    assert provider_requests.TIMEOUT <= 5
    monkeypatch.setattr(provider_requests, "TIMEOUT", 0.3)
    start = time.monotonic()
    answer = come_back(client, demo.complete_authorization(leave(client, essay, key), fault=fault))
    assert time.monotonic() - start < 3
    assert answer.headers["Location"] == f"{essay.get_absolute_url()}?login=failed#respond"
    assert not User.objects.filter(socialaccount__isnull=False).exists()


@pytest.mark.parametrize("key", SERVICES)
def test_an_unreachable_service_shows_a_message(client: Client, essay: Essay, settings: Any, key: str) -> None:
    with demo.provider() as gone:
        configure_provider(settings, gone.base)
        address = leave(client, essay, key)
        address = demo.complete_authorization(address)
    answer = come_back(client, address)
    assert answer.headers["Location"] == f"{essay.get_absolute_url()}?login=failed#respond"
    if key == "demo":  # the service that is requested before the redirect
        assert leave(client, essay, key) == f"{essay.get_absolute_url()}?login=failed#respond"
        answer = client.post("/accounts/oidc/demo/login/")
        assert answer.headers["Location"] == "/accounts/login/?login=failed"


@pytest.mark.parametrize("fault", ["wrong-state", "no-state"])
def test_a_response_in_another_browser_is_refused(service: demo.Demo, client: Client, essay: Essay, fault: str) -> None:
    answer = come_back(client, demo.complete_authorization(leave(client, essay, "x"), fault=fault))
    assert answer.status_code == 400
    assert "We couldn’t log you in." in answer.text
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("key", "mark", "profile"),
    [
        ("x", "X: @maralindqvist", "https://x.com/maralindqvist"),
        ("facebook", "Facebook", None),
        ("wordpress", "WordPress.com: @maralindqvist", None),
        ("demo", "Demo ID: @maralindqvist", None),
    ],
)
def test_the_commenter_gets_the_accounts_name_profile_and_picture(
    service: demo.Demo, client: Client, essay: Essay, key: str, mark: str, profile: str | None
) -> None:
    answer = come_back(client, demo.complete_authorization(leave(client, essay, key)))
    assert answer.headers["Location"] == f"{essay.get_absolute_url()}#respond"
    commenter = Commenter.objects.get(user__socialaccount__isnull=False)
    assert (commenter.name, commenter.mark, commenter.verified) == ("Mara Lindqvist", mark, True)
    assert profile is None or commenter.profile == profile
    assert commenter.picture_url.startswith(service.base)
    user = User.objects.get(commenter=commenter)
    assert "mara" in user.username
    assert "@" not in user.username


@pytest.mark.parametrize(
    ("key", "person", "is_proved"),
    [
        ("x", "Mara Lindqvist", True),
        ("x", "Kofi Asante", None),
        ("x", "Yuki Tanabe", None),
        ("facebook", "Mara Lindqvist", False),
        ("wordpress", "Mara Lindqvist", False),
        ("demo", "Mara Lindqvist", True),
        ("demo", "Kofi Asante", False),
    ],
)
def test_which_addresses_count_as_verified(
    service: demo.Demo, client: Client, essay: Essay, key: str, person: str, is_proved: bool | None
) -> None:
    come_back(client, demo.complete_authorization(leave(client, essay, key), person))
    assert client.session["_auth_user_id"]  # no login waits for an email
    assert [address.verified for address in EmailAddress.objects.all()] == ([] if is_proved is None else [is_proved])


def test_the_last_login_decides_the_commenter(service: demo.Demo, client: Client, essay: Essay) -> None:
    come_back(client, demo.complete_authorization(leave(client, essay, "x"), "Kofi Asante"))
    come_back(client, demo.complete_authorization(leave(client, essay, "facebook"), "Yuki Tanabe"))
    page = client.get(essay.get_absolute_url()).text
    assert "Yuki Tanabe" in page
    assert "You are commenting using your Facebook account." in page
    assert SocialAccount.objects.count() == 2
    assert User.objects.filter(socialaccount__isnull=False).count() == 2


# Configuration


def test_a_provider_without_keys_is_not_offered(client: Client, essay: Essay, settings: Any) -> None:
    settings.PROVIDERS = ()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    page = client.get(essay.get_absolute_url()).text
    assert 'aria-label="Log in with Rejoinder"' in page
    assert "Log in with X" not in page
    assert client.post(f"{essay.get_absolute_url()}connect/x/").status_code == 404
    assert client.get(f"{essay.get_absolute_url()}connect/x/").status_code == 405


def test_a_provider_is_on_if_its_keys_are_set(tmp_path: Any) -> None:
    key = tmp_path / "key.p8"
    key.write_text("a key")
    pairs = ("X", "FACEBOOK", "WORDPRESS", "GOOGLE", "GITHUB", "MICROSOFT", "LINKEDIN")
    environment = {f"{name}_CLIENT_{part}": "value" for name in pairs for part in ("ID", "SECRET")}
    environment |= {f"APPLE_{part}": "value" for part in ("CLIENT_ID", "TEAM_ID", "KEY_ID")}
    environment["APPLE_KEY_FILE"] = str(key)
    environment["OIDC_SERVERS"] = json.dumps([server(id="lab", name="The Lab", trusted=True)])
    found = providers.configured_providers(environment)
    assert [one.name for one in found] == [
        "X (Twitter)", "Facebook", "WordPress.com", "Google", "Apple", "GitHub", "Microsoft", "LinkedIn", "The Lab",
    ]  # fmt: skip
    assert {one.key for one in found if one.verifies_emails} == {"x", "google", "apple", "lab"}
    assert providers.configured_providers({}) == ()


def server(**more: Any) -> dict[str, Any]:
    return {
        "id": "lab",
        "name": "Lab",
        "server": "https://id.example.org",
        "client_id": "a",
        "client_secret": "b",
    } | more


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"X_CLIENT_ID": "a"}, "X_CLIENT_SECRET"),
        ({"APPLE_CLIENT_ID": "a"}, "Missing: APPLE_TEAM_ID, APPLE_KEY_ID, APPLE_KEY_FILE"),
        ({"OIDC_SERVERS": "https://id.example.org"}, "must be a JSON list"),
        ({"OIDC_SERVERS": '{"id": "lab"}'}, "must be a JSON list"),
        ({"OIDC_SERVERS": '[{"id": "lab"}]'}, "must be a JSON list"),
        ({"OIDC_SERVERS": json.dumps([server(id="x")])}, "not a reserved name"),
        ({"OIDC_SERVERS": json.dumps([server(id="lab"), server(id="lab")])}, "a unique id"),
        ({"OIDC_SERVERS": json.dumps([server(origins="https://id.example.org")])}, "must be a JSON list"),
        ({"OIDC_SERVERS": json.dumps([server(server="id.example.org")])}, "needs a full URL"),
    ],
)
def test_an_incomplete_set_of_keys_is_reported_at_start_up(environment: dict[str, str], words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        providers.configured_providers(environment)


def test_a_server_is_trusted_only_if_the_setting_is_true() -> None:
    trusted = [server(id="yes", trusted=True), server(id="no", trusted="false"), server(id="none")]
    on = providers.configured_providers({"OIDC_SERVERS": json.dumps(trusted)})
    assert [provider.verifies_emails for provider in on] == [True, False, False]


@pytest.mark.parametrize("gone", ["google", "lab"])
def test_an_account_of_an_unconfigured_service_can_still_be_disconnected(settings: Any, gone: str) -> None:
    user = make.user("rosa", name="Rosa Castellanos")
    browser = Browser()
    browser.force_login(user, "accounts.login.backends.Backend")
    browser.get("/accounts/me/")
    account = SocialAccount.objects.create(user=user, provider=gone, uid="77", extra_data={"username": "rosa_c"})
    Commenter.objects.filter(user=user).update(mark="The Lab: @rosa_c", profile="https://id.example.org/rosa_c")
    settings.PROVIDERS, settings.SOCIALACCOUNT_PROVIDERS = (), {}
    for page in ("/accounts/me/", "/accounts/3rdparty/", "/accounts/data/", "/accounts/data/about-me.html"):
        assert browser.get(page).status_code == 200, page
    answer = browser.post("/accounts/3rdparty/", {"account": account.pk})
    assert answer.headers["Location"] == "/accounts/3rdparty/"
    assert not SocialAccount.objects.exists()
    commenter = Commenter.objects.get(user=user)
    assert (commenter.mark, commenter.profile) == ("", "")
