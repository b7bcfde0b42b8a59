"""A site with an essay to answer, whose rules let everything through at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.faults.road import Caller

if TYPE_CHECKING:
    from tests.services.site import Installation, Serve, Server


@dataclass
class Forum:
    """A served site and the address of its one essay."""

    server: "Server"
    essay: str
    blocker: DjangoDbBlocker

    def caller(self, number: int = 1, **more: float) -> Caller:
        return Caller(self.server.url, f"203.0.113.{number}", **more)  # type: ignore[arg-type]

    def stored(self) -> list[str]:
        """The words of every comment in the database."""
        from comments.models import Comment

        with self.blocker.unblock(), self.server.connected():
            return list(Comment.objects.order_by("pk").values_list("wording__text", flat=True))

    def roots(self, count: int) -> list[int]:
        """Threads to answer, made through the verbs."""
        from blog.models import Essay
        from tests import make

        with self.blocker.unblock(), self.server.connected():
            essay = Essay.objects.get(slug="the-forum")
            return [make.comment(essay).pk for _ in range(count)]

    def problems(self) -> str:
        """What check_threads says; an error if it finds anything."""
        return self.server.installation.manage("check_threads")


@pytest.fixture
def forum(serve: "Serve", django_db_blocker: DjangoDbBlocker) -> Callable[..., Forum]:
    def forum(*, on: "Installation | None" = None, **environment: str | None) -> Forum:
        from tests import make
        from tests.services.site import Server

        environment["TRUSTED_PROXIES"] = "127.0.0.1"
        server = Server(on, provider=False, **environment) if on else serve(demo=False, provider=False, **environment)
        with django_db_blocker.unblock(), server.connected():
            make.site()
            make.rules(hold_first_comment=False)
            essay = make.essay("The Forum", slug="the-forum").get_absolute_url()
        return Forum(server, essay, django_db_blocker)

    return forum
