"""Fixtures: clients of the demo provider, a user with a password, and a person with a picture."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

# None of our modules can be imported here: this file is read before Django is set up.
if TYPE_CHECKING:
    from accounts.models import Commenter, User
    from tests.accounts.service_client import ServiceClient
    from tests.comments.browser_client import Browser
    from tests.services.provider import Demo
    from tests.services.web import Server

# Services


@pytest.fixture(scope="module")
def demo() -> "Iterator[Demo]":
    from tests.services.provider import provider

    with provider(slow=0.3, very_slow=0.3) as demo:
        yield demo


@pytest.fixture(scope="module")
def running() -> "Iterator[Demo]":
    """The demo provider as `bin/run` starts it."""
    from tests.services.provider import provider

    with provider() as started:
        yield started


@pytest.fixture
def configured_provider(running: "Demo", settings: "Settings") -> "Demo":
    """The demo provider, configured for every service."""
    from tests.accounts.by_provider import configure_provider

    configure_provider(settings, running.base)
    return running


@pytest.fixture
def x(demo: "Demo") -> "ServiceClient":
    from tests.accounts.service_client import X_FIELDS, X_SCOPE, ServiceClient

    return ServiceClient(demo, "x", "/i/oauth2/authorize", "/2/oauth2/token", "/2/users/me", X_SCOPE, X_FIELDS)


@pytest.fixture
def facebook(demo: "Demo") -> "ServiceClient":
    from tests.accounts.service_client import FB_FIELDS, ServiceClient

    return ServiceClient(
        demo, "facebook", "/v24.0/dialog/oauth", "/v24.0/oauth/access_token", "/v24.0/me", "email", FB_FIELDS
    )


@pytest.fixture
def wordpress(demo: "Demo") -> "ServiceClient":
    from tests.accounts.service_client import ServiceClient

    return ServiceClient(demo, "wordpress", "/oauth2/authorize", "/oauth2/token", "/rest/v1.1/me/", "auth")


@pytest.fixture
def oidc(demo: "Demo") -> "ServiceClient":
    from tests.accounts.service_client import ServiceClient

    return ServiceClient(demo, "oidc", "/authorize", "/token", "/userinfo", "openid profile email")


@pytest.fixture(params=["x", "facebook", "wordpress", "oidc"])
def service(request: pytest.FixtureRequest) -> "ServiceClient":
    site: ServiceClient = request.getfixturevalue(request.param)
    return site


# People


@pytest.fixture
def rosa(db: None) -> "User":
    from tests import make
    from tests.accounts.account_pages import PASSWORD

    return make.user("rosa", name="Rosa Castellanos", password=PASSWORD)


# Pictures


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def picture_server(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Server]":
    """A picture server that counts as public."""
    from demo.identity_provider.pictures import portrait_png
    from tests.services.web import allow_requests_to, serving

    with serving() as server:
        allow_requests_to(monkeypatch, server.origin)
        server.responder = lambda handler: handler.respond(body=portrait_png("someone", 96))
        yield server


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """`with commit():` runs on_commit callbacks at its end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def mara() -> "Commenter":
    from tests.accounts.avatar_files import create_person

    return create_person()


@pytest.fixture
def mara_browser(mara: "Commenter") -> "Browser":
    from tests.accounts.avatar_files import HOST
    from tests.comments.browser_client import Browser

    assert mara.user is not None
    return Browser(mara.user, headers=HOST)
