"""Fixtures for all tests: a clean environment, served sites, a browser, a mailbox and Redis."""

import contextlib
import gc
import os
import shutil
import signal
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.services.processes import end_with_parent

# The environment is read once, by config/settings.py, so it must be complete before anything imports Django.
DATA_DIR = Path(tempfile.mkdtemp(prefix="rejoinder-tests-"))
RUNS_ALL = bool(os.environ.get("REJOINDER_ALL"))
PART = os.environ.get("REJOINDER_PART")  # of several in parallel: "sqlite", "postgres" or "browser"; then "alone"
for _name in ("SITE_URL", "CACHE_URL", "EMAIL_URL", "TRUSTED_PROXIES", "WEB_CONCURRENCY", "PORT"):
    os.environ.pop(_name, None)
os.environ["DEBUG"] = "1"
os.environ["SECRET_KEY"] = "a key for the tests alone, long enough to be no weak one 0123456789"
os.environ["DATA_DIR"] = str(DATA_DIR)
(DATA_DIR / "static").mkdir()  # WhiteNoise warns of a missing one for every client
if PART:
    end_with_parent(signal.SIGKILL)()
if PART == "postgres":
    os.environ["DATABASE_URL"] = os.environ["REJOINDER_POSTGRES"]
elif PART or "DATABASE_URL" not in os.environ:
    os.environ["DATABASE_URL"] = f"sqlite:///{DATA_DIR / 'rejoinder.sqlite3'}"

gc.disable()  # until the tests are collected: nothing that importing and collecting them makes is garbage

import django
import hypothesis
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, transaction
from django.template import Template
from django.test.utils import _TestState
from playwright.sync_api import Browser, Page
from pytest_django.plugin import DjangoDbBlocker
from xdist.workermanage import parse_tx_spec_config

from tests.services.chromium import Visitor, chromium
from tests.services.databases import database
from tests.services.redis import Redis, redis
from tests.services.sharing import Sharing
from tests.services.site import Installation, Serve, Server, new_installation, shared_installation
from tests.services.smtp import Mailbox
from tests.services.smtp import mailbox as smtp_server
from tests.services.tabs import Tabs

hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, max_examples=50, database=None)
hypothesis.settings.register_profile("all", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile("all" if RUNS_ALL else "suite")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not PART and config.getoption("dist", "no") == "each":
        return  # it only distributes the tests
    # Set only for this moment: a worker that inherited it would read the settings before the lines above.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]
    from server.logs.counting import SuspiciousRequestCounter  # not before Django is set up

    # Hashes created here are fast, and every server that the tests start can verify them.
    PBKDF2PasswordHasher.iterations = 1000
    if settings.ON_SQLITE:
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = ":memory:"
    SuspiciousRequestCounter.SECONDS = 3600  # no line of one test in the output of another
    # The tests' own clients request no static files, so they need not list them; served sites do.
    settings.WHITENOISE_USE_FINDERS = False


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Skip files for Chromium where it is never run."""
    return (PART == "postgres" and _is_for_browsers(collection_path)) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "visitor" in _fixtures(item) or _is_for_browsers(item.path):
            item.add_marker("browser")
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            # Rows that migrations insert are restored after a flush.
            whole = pytest.mark.django_db(**{**marker.kwargs, "serialized_rollback": True})
            item.add_marker(whole, append=False)
    left_out = [item for item in items if not _runs_here(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _runs_here(item)]
    if PART:
        work: Counter[Path] = Counter()
        for item in items:
            work[item.path] += _code_size(item)
        items.sort(key=lambda item: (_turn(item), -work[item.path]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> Sharing:
    return Sharing(len(parse_tx_spec_config(config)))


def pytest_report_header() -> str:
    if RUNS_ALL:
        return "long lists and rounds: all of them"
    return "long lists of cases by a sample, rounds by a few: --all runs every one, on both databases"


def pytest_collection_finish() -> None:
    # What exists now exists until the end, so the garbage collector need not check it again.
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(200_000, 20, 50)  # the tree of one page has thousands of objects


def _runs_here(item: pytest.Item) -> bool:
    """Return whether this part runs the test: database tests run on both, others once, in any part on SQLite."""
    if item.get_closest_marker("long") and not RUNS_ALL:
        return False
    if PART and bool(item.get_closest_marker("alone")) != (PART == "alone"):
        return False
    if item.name.endswith("NOTSET]"):
        return False  # cases of a collection that is not installed; another test runs in their place
    if item.get_closest_marker("browser"):
        return PART != "postgres"
    is_once = item.get_closest_marker("once") and not item.get_closest_marker("both") and not RUNS_ALL
    return PART != "postgres" or bool(_touches_database(item) and not is_once)


def _turn(item: pytest.Item) -> int:
    """Return a sort key: tests that mostly wait come first, while others work; Chromium's are first in one part only.

    Of each kind the file with the most work comes first, so that at the end no part waits for a long file of another.
    """
    if item.get_closest_marker("browser"):
        return 0 if PART == "browser" else 3
    return 1 if {"faults", "server"}.intersection(item.path.parts) else 2


def _code_size(item: pytest.Item) -> int:
    """Return the length of a test's code; in the work of a file it counts once for each of its parameters."""
    return len(item.function.__code__.co_code) if isinstance(item, pytest.Function) else 0


def _is_for_browsers(path: Path) -> bool:
    return Path(__file__).with_name("browser") in path.parents


def _touches_database(item: pytest.Item) -> bool:
    named = {"db", "transactional_db", "live_server", "_migrated", "serve"} & _fixtures(item)
    return bool(named or item.get_closest_marker("django_db") or getattr(item, "cls", None))


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


# Whole sites


Made = contextlib.AbstractContextManager[Installation]


def _once(name: str, make: Callable[[Path], Made], folders: pytest.TempPathFactory) -> Made:
    """Create something once that all parts copy; all parts but one are on SQLite."""
    if PART in {None, "postgres"}:
        return make(folders.mktemp(name))
    return shared_installation(Path(os.environ["REJOINDER_SHARED"]) / name, make)


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with _once(
        "migrated", lambda at: new_installation(os.environ["DATABASE_URL"], at), tmp_path_factory
    ) as installation:
        yield installation


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Copy a migrated database where one exists, instead of migrating the tests' own."""
    if settings.ON_SQLITE and not PART:
        request.getfixturevalue("django_db_setup")  # pytest-django's; a single test needs no whole site
        yield
        return
    request.getfixturevalue("django_test_environment")
    migrated: Installation = request.getfixturevalue("_migrated")
    with database(migrated.database_url, tmp_path_factory.mktemp("own"), template=migrated.database_url) as url:
        with django_db_blocker.unblock():
            tests_own(url)
        yield
        with django_db_blocker.unblock():
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()


@pytest.fixture(scope="session", autouse=True)
def _quiet_templates(django_test_environment: None) -> None:
    """Skip recording which templates rendered a page: copying all names for each of a page's hundred is wasted."""
    Template._render = _TestState.saved_data.template_render  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _cleared_caches() -> None:
    """Begin as a new process: the database that pages were rendered from is rolled back after each test."""
    from tests import caches  # not before Django is set up

    caches.clear()


@pytest.fixture(scope="module")
def module_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep what module fixtures insert for all tests of the module; each test's changes are rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def tests_own(url: str) -> None:
    """Connect this process to that database from now on; its current rows are restored after a flush."""
    path = urlsplit(url).path
    name = path[1:]
    if settings.ON_SQLITE:
        name = f"file:{Path(path).stem}?mode=memory&cache=shared"
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    if settings.ON_SQLITE:
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(path)) as source:
            source.backup(connection.connection)
    connection._test_serialized_contents = connection.creation.serialize_db_to_string()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def _with_demo(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    @contextlib.contextmanager
    def filled(folder: Path) -> Iterator[Installation]:
        with _migrated.copy(folder) as installation:
            installation.manage("demo")
            yield installation

    with _once("demo", filled, tmp_path_factory) as installation:
        yield installation


@pytest.fixture
def installation(_migrated: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A migrated, empty site for one test, used through `installation.manage(…)`."""
    with _migrated.copy(tmp_path) as installation:
        yield installation


@pytest.fixture
def connected_installation(installation: Installation, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """A site with its own database, to which this thread is connected."""
    with django_db_blocker.unblock(), installation.connected():
        yield installation


@pytest.fixture
def serve(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start the real server for a new site; `demo=True` adds content, and keywords set the environment."""
    with contextlib.ExitStack() as stack:

        def serve(*, demo: bool = False, provider: bool = False, **environment: str | None) -> Server:
            source: Installation = request.getfixturevalue("_with_demo" if demo else "_migrated")
            place = stack.enter_context(source.copy(tmp_path_factory.mktemp("site")))
            server = Server(place, provider=provider, **environment)
            stack.callback(server.stop)
            return server

        yield serve


@pytest.fixture(scope="session")
def _site(_with_demo: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Not the one that others are copied from: PostgreSQL does not copy a database with open connections.
    with _with_demo.copy(tmp_path_factory.mktemp("site")) as installation:
        server = Server(installation, provider=True)
        yield server
        server.stop()


@pytest.fixture
def site(_site: Server, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """The demo site, served for real with its page cache; all tests of a run share it.

    The ORM is connected to its database, so that a test creates its own essay and checks its rows. The rules are
    restored afterwards.
    """
    with django_db_blocker.unblock(), _site.connected():
        rules = apps.get_model("comments", "Rules")._base_manager
        before = rules.values().get()
        yield _site
        if rules.values().get() != before:
            rules.model(**before).save()


# Browsers and servers


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in this thread
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def _tabs(browser: Browser) -> Iterator[Tabs]:
    tabs = Tabs(browser)
    yield tabs
    tabs.close()


@pytest.fixture
def visitor(_tabs: Tabs) -> Iterator[Visitor]:
    """Opens pages. At the end none may have logged an error or requested anything from another host."""
    visitor = Visitor(_tabs)
    yield visitor
    visitor.close()
    assert not visitor.errors


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """An empty page, 1280 pixels wide, light."""
    return visitor.open()


@pytest.fixture(
    params=[(360, False), (360, True), (1280, False), (1280, True)], ids=["phone", "phone-dark", "desk", "desk-dark"]
)
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Runs a test at each width and in each color scheme: `visitor.open(url, **look)`."""
    width, dark = request.param
    return {"width": width, "dark": dark}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server; `mailbox.url` is its EMAIL_URL."""
    with smtp_server() as box:
        yield box


@pytest.fixture(name="redis")
def redis_server() -> Iterator[Redis]:
    """A Redis server; `redis.url` is its CACHE_URL."""
    with redis() as server:
        yield server
