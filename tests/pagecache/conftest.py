"""A database without generations for each test that other threads and processes can use; and a whole site."""

import inspect
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

if TYPE_CHECKING:
    from pagecache.wsgi import PageCache
    from tests.pagecache.browsing import Application, Invalidate
    from tests.pagecache.world import CachedSite
    from tests.services.site import Installation


@pytest.fixture(scope="session")
def _installation(_migrated: "Installation", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Installation]":
    with _migrated.copy(tmp_path_factory.mktemp("generations")) as installation:
        yield installation


@pytest.fixture
def database(_installation: "Installation", django_db_blocker: DjangoDbBlocker) -> "Iterator[Installation]":
    """Connect this thread's ORM; another thread uses `database.connected()` itself."""
    from pagecache.models import Generation

    with django_db_blocker.unblock(), _installation.connected():
        yield _installation
        Generation.objects.all().delete()


@pytest.fixture
def app(database: "Installation", settings: Settings) -> "Application":
    from tests.pagecache.browsing import Application

    settings.PAGECACHE_QUERY_NAMES, settings.PAGECACHE_PERSONAL_NAMES = {"cpage", "order", "q"}, {"key"}
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    return Application()


@pytest.fixture
def numbered(app: "Application") -> None:
    """Number the application's responses."""
    count = itertools.count(1)
    app.text = lambda environ: f"answer {next(count)} " * 100


@pytest.fixture
def cached(app: "Application") -> "Iterator[PageCache]":
    """The page cache in front of that application."""
    from pagecache.wsgi import PageCache

    cache = PageCache(app)
    yield cache
    cache.close()


@pytest.fixture
def invalidate(database: "Installation") -> "Invalidate":
    """Invalidate these keys and commit."""
    from django.db import transaction

    import pagecache

    def invalidate(*keys: str) -> None:
        with transaction.atomic():
            pagecache.invalidate(*keys)

    return invalidate


@pytest.fixture(scope="module")
def _cached_site(
    _migrated: "Installation", tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> "Iterator[CachedSite]":
    from django.db import connection

    from tests.pagecache.world import CachedSite

    with (
        _migrated.copy(tmp_path_factory.mktemp("changes")) as installation,
        django_db_blocker.unblock(),
        installation.connected(),
    ):
        connection.settings_dict["CONN_MAX_AGE"] = None  # a connection for each of a thousand requests costs seconds
        cached_site = CachedSite()
        yield cached_site
        cached_site.cache.close()


@pytest.fixture
def cached_site(_cached_site: "CachedSite", request: pytest.FixtureRequest) -> "CachedSite":
    """One site for all tests of a file, including what earlier tests changed."""
    _cached_site.addresses = _cached_site.addresses_for(inspect.getsource(request.function))
    _cached_site.fill_cache()
    return _cached_site
