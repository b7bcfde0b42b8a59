"""A served site with an essay whose rules approve every comment immediately."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.faults.http_client import HTTPClient

if TYPE_CHECKING:
    from tests.services.site import Installation, Serve, Server


@dataclass
class Forum:
    """A served site and the address of an essay there."""

    server: "Server"
    essay: str
    blocker: DjangoDbBlocker

    def client(self, number: int = 1, *, url: str = "", **options: Any) -> HTTPClient:
        """Return a person with an IP address of their own. `url`: of a load balancer."""
        return HTTPClient(url or self.server.url, f"203.0.113.{number}", **options)

    @property
    def slug(self) -> str:
        return self.essay.strip("/").rpartition("/")[2]

    def stored_texts(self) -> list[str]:
        """The texts of all stored comments on the essay."""
        from comments.models import Comment

        with self.blocker.unblock(), self.server.connected():
            comments = Comment.objects.filter(essay__slug=self.slug)
            return list(comments.order_by("pk").values_list("wording__text", flat=True))

    def create_roots(self, count: int) -> list[int]:
        """Create threads to reply to, and return their keys."""
        from blog.models import Essay
        from tests import make

        with self.blocker.unblock(), self.server.connected():
            essay = Essay.objects.get(slug=self.slug)
            return [make.comment(essay).pk for _ in range(count)]

    def has_sound_threads(self) -> bool:
        from comments import checking

        with self.blocker.unblock(), self.server.connected():
            return list(checking.problems()) == []


@pytest.fixture
def forum(serve: "Serve", django_db_blocker: DjangoDbBlocker) -> Callable[..., Forum]:
    def forum(*, on: "Installation | None" = None, **environment: str | None) -> Forum:
        from tests.services.site import Server

        environment["TRUSTED_PROXIES"] = "127.0.0.1"
        server = Server(on, provider=False, **environment) if on else serve(demo=False, provider=False, **environment)
        return create_forum(server, django_db_blocker)

    return forum


@pytest.fixture(scope="session")
def _busy_server(_migrated: "Installation", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    from tests.services.site import Server

    with _migrated.copy(tmp_path_factory.mktemp("busy")) as installation:
        server = Server(installation, WEB_CONCURRENCY="2", TRUSTED_PROXIES="127.0.0.1")
        yield server
        server.stop()


@pytest.fixture
def busy_forum(_busy_server: "Server", django_db_blocker: DjangoDbBlocker) -> Forum:
    """A new essay on a site of two processes that is only used for concurrent requests, never stopped or changed."""
    return create_forum(_busy_server, django_db_blocker)


def create_forum(server: "Server", blocker: DjangoDbBlocker) -> Forum:
    from tests import make

    with blocker.unblock(), server.connected():
        make.site()
        make.rules(hold_first_comment=False)
        return Forum(server, make.essay(f"The forum {next(make.numbers)}").get_absolute_url(), blocker)
