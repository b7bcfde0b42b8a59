"""Fixtures: clients of the demo provider, and a person with a picture."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

# None of our modules can be imported here: this file is read before Django is set up.
if TYPE_CHECKING:
    from accounts.models import Commenter
    from tests.accounts.asking import Site
    from tests.comments.door import Browser
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
def played(running: "Demo", settings: "Settings") -> "Demo":
    """The demo provider, configured for every service."""
    from tests.accounts.by_provider import play

    play(settings, running.base)
    return running


@pytest.fixture
def x(demo: "Demo") -> "Site":
    from tests.accounts.asking import X_FIELDS, X_SCOPE, Site

    return Site(demo, "x", "/i/oauth2/authorize", "/2/oauth2/token", "/2/users/me", X_SCOPE, X_FIELDS)


@pytest.fixture
def facebook(demo: "Demo") -> "Site":
    from tests.accounts.asking import FB_FIELDS, Site

    return Site(demo, "facebook", "/v24.0/dialog/oauth", "/v24.0/oauth/access_token", "/v24.0/me", "email", FB_FIELDS)


@pytest.fixture
def wordpress(demo: "Demo") -> "Site":
    from tests.accounts.asking import Site

    return Site(demo, "wordpress", "/oauth2/authorize", "/oauth2/token", "/rest/v1.1/me/", "auth")


@pytest.fixture
def oidc(demo: "Demo") -> "Site":
    from tests.accounts.asking import Site

    return Site(demo, "oidc", "/authorize", "/token", "/userinfo", "openid profile email")


@pytest.fixture(params=["x", "facebook", "wordpress", "oidc"])
def service(request: pytest.FixtureRequest) -> "Site":
    site: Site = request.getfixturevalue(request.param)
    return site


# Pictures


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Server]":
    """A picture server that counts as public."""
    from demo.identity_provider.pictures import portrait_png
    from tests.services.web import pass_for_public, serving

    with serving() as server:
        pass_for_public(monkeypatch, server.origin)
        server.answer = lambda handler: handler.say(body=portrait_png("someone", 96))
        yield server


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """`with commit():` runs on_commit callbacks at its end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def mara() -> "Commenter":
    from tests.accounts.faces import person

    return person()


@pytest.fixture
def hers(mara: "Commenter") -> "Browser":
    from tests.accounts.faces import HOST
    from tests.comments.door import Browser

    assert mara.user is not None
    return Browser(mara.user, headers=HOST)
