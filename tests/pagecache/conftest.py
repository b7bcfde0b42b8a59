"""A database without generations for each test, of which other threads and processes can know."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

if TYPE_CHECKING:
    from pagecache.wsgi import PageCache
    from tests.pagecache.browsing import Application
    from tests.services.site import Installation


@pytest.fixture(scope="session")
def _shared(_migrated: "Installation", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Installation]":
    with _migrated.copied(tmp_path_factory.mktemp("generations")) as installation:
        yield installation


@pytest.fixture
def database(_shared: "Installation", django_db_blocker: DjangoDbBlocker) -> "Iterator[Installation]":
    """The ORM of this thread speaks to it; another thread asks for its own `database.connected()`."""
    from pagecache.models import Generation

    with django_db_blocker.unblock(), _shared.connected():
        yield _shared
        Generation.objects.all().delete()


@pytest.fixture
def app(database: "Installation", settings: Settings) -> "Application":
    from tests.pagecache.browsing import Application

    settings.PAGECACHE_QUERY_NAMES, settings.PAGECACHE_PERSONAL_NAMES = {"cpage", "order", "q"}, {"key"}
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    return Application()


@pytest.fixture
def cached(app: "Application") -> "Iterator[PageCache]":
    """The page cache in front of that application."""
    from pagecache.wsgi import PageCache

    cache = PageCache(app)
    yield cache
    cache.close()


@pytest.fixture
def bump(database: "Installation") -> Callable[..., None]:
    """A change of these, committed."""
    from django.db import transaction

    import pagecache

    def bump(*keys: str) -> None:
        with transaction.atomic():
            pagecache.bump(*keys)

    return bump
