"""No visitor after a commit gets a page from before it: in threads, between processes, and during faults."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.db.models import F
from pytest_django.plugin import DjangoDbBlocker

import pagecache
from pagecache import generations, sqlite
from pagecache.models import Generation
from pagecache.wsgi import PageCache
from tests.conftest import RUNS_ALL
from tests.pagecache.browsing import Application, get_response
from tests.services.processes import wait_until
from tests.services.site import ROOT, Installation

ROUNDS = 1000 if RUNS_ALL else 60
ROW = "essay:0"  # the row whose number the page shows

WRITER = f"""
import sys, django
django.setup()
from django.db import transaction
from django.db.models import F
import pagecache
from pagecache.models import Generation
for number, line in enumerate(sys.stdin):
    with transaction.atomic():
        if number % 2:
            Generation.objects.values_list(pagecache.Announcing()).get(key="{ROW}")
            pagecache.record_announcement()
        Generation.objects.filter(key="{ROW}").update(number=F("number") + 1)
        pagecache.invalidate("essay:1")
    print("committed", flush=True)
"""


@pytest.fixture
def database(installation: Installation, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """A database for this test alone, because it causes faults."""
    with django_db_blocker.unblock(), installation.connected():
        yield installation


@pytest.fixture
def number_page(app: Application) -> Application:
    """A page that shows a number from the database."""
    Generation.objects.create(key=ROW, number=0)
    app.text = lambda environ: str(Generation.objects.get(key=ROW).number)
    return app


def announce() -> None:
    """Announce the transaction's change as a query of it does."""
    Generation.objects.values_list(pagecache.Announcing()).get(key=ROW)
    pagecache.record_announcement()


def write(*, announces: bool = False) -> None:
    with transaction.atomic():
        if announces:
            announce()
        Generation.objects.filter(key=ROW).update(number=F("number") + 1)
        pagecache.invalidate("essay:1")


def read_number(cached: PageCache) -> int:
    return int(get_response(cached, accept_encoding="gzip").body)


def test_a_commit_is_on_the_very_next_page_under_load(
    cached: PageCache, number_page: Application, database: Installation
) -> None:
    committed, is_finished = 0, threading.Event()
    errors: list[str] = []
    read = 0

    def read_continuously() -> None:
        nonlocal read
        with database.connected():
            while not is_finished.is_set():
                previous = committed
                shown = read_number(cached)
                read += 1
                if shown < previous:
                    errors.append(f"{shown} after {previous}")

    visitors = [threading.Thread(target=read_continuously) for _ in range(3)]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(switch / 10)  # ten times as many chances to interrupt
    for visitor in visitors:
        visitor.start()
    try:
        for number in range(ROUNDS):
            write(announces=number % 2 == 1)
            committed += 1
            shown = read_number(cached)
            if shown != committed:
                errors.append(f"{shown} in place of {committed}")
    finally:
        is_finished.set()
        for visitor in visitors:
            visitor.join()
        sys.setswitchinterval(switch)
    assert errors == []
    assert len(number_page.requests) < read + ROUNDS, "nothing was ever served from the cache"


def test_a_writer_returns_only_when_no_reader_uses_an_old_number(
    cached: PageCache, number_page: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LEASE", 0.2)
    for committed in range(1, 4):
        read_number(cached)
        write()
        assert [read_number(cached), read_number(cached)] == [committed] * 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="changes are announced only on PostgreSQL")
def test_after_an_announced_change_its_writer_does_not_wait(
    cached: PageCache, number_page: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, waits, clock = 0.0, list[float](), time.monotonic
    monkeypatch.setattr(generations, "LEASE", 60)
    monkeypatch.setattr("pagecache.generations.time.monotonic", lambda: clock() + passed)
    monkeypatch.setattr("pagecache.generations.time.sleep", waits.append)
    read_number(cached)
    for committed in range(1, 4):
        with transaction.atomic():
            announce()
            passed += 61  # what readers knew before has expired
            assert read_number(cached) == committed - 1
            Generation.objects.filter(key=ROW).update(number=F("number") + 1)
            pagecache.invalidate("essay:1")
        assert waits == []
        assert read_number(cached) == committed


@pytest.mark.skipif(connection.vendor == "sqlite", reason="changes are announced only on PostgreSQL")
def test_an_announcement_that_was_rolled_back_or_of_an_earlier_change_shortens_no_wait(
    cached: PageCache, number_page: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("pagecache.generations.time.sleep", waits.append)
    write(announces=True)
    waits.clear()
    write()
    assert waits == [generations.LEASE]
    with suppress(ZeroDivisionError), transaction.atomic():
        announce()
        raise ZeroDivisionError
    write()
    with transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic():
            announce()
            raise ZeroDivisionError
        pagecache.invalidate("essay:1")
    assert waits == [generations.LEASE] * 3


def test_a_commit_of_another_process_is_on_the_very_next_page(
    cached: PageCache, number_page: Application, database: Installation
) -> None:
    environment = database.environment(DJANGO_SETTINGS_MODULE="config.settings")
    command = [sys.executable, "-c", WRITER]
    writer = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert writer.stdin
    assert writer.stdout
    try:
        for committed in range(1, ROUNDS + 1):
            writer.stdin.write("write\n")
            assert writer.stdout.readline() == "committed\n"
            assert [read_number(cached), read_number(cached)] == [committed] * 2
    finally:
        writer.stdin.close()
        writer.stdout.close()
        writer.wait(20)
    assert len(number_page.requests) == ROUNDS


def test_an_uncommitted_change_is_not_shown(
    cached: PageCache, number_page: Application, database: Installation
) -> None:
    assert read_number(cached) == 0
    has_begun, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with database.connected(), transaction.atomic():
            Generation.objects.filter(key=ROW).update(number=F("number") + 1)
            pagecache.invalidate("essay:1")
            has_begun.set()
            assert may_commit.wait(20)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert has_begun.wait(20)
    assert read_number(cached) == 0
    assert len(number_page.requests) == 1
    may_commit.set()
    writer.join()
    assert read_number(cached) == 1


def database_file(database: Installation) -> Path:
    return Path(urlsplit(database.database_url).path)


def disconnect(database: Installation) -> Callable[[], None]:
    """Make the database unreachable, and return a function that restores it."""
    if connection.vendor == "sqlite":
        file = database_file(database)
        moved_file = file.rename(file.with_suffix(".away"))

        def reconnect() -> None:
            moved_file.rename(file)
    else:
        import psycopg

        connection.close()
        url = urlsplit(database.database_url)
        name = url.path[1:]
        server = psycopg.connect(url._replace(path="/postgres").geturl(), autocommit=True)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

        def reconnect() -> None:
            with closing(server):
                server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    return reconnect


@pytest.fixture
def _no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "FILE_CHECK_INTERVAL", 0)
    monkeypatch.setattr(generations, "LEASE", 0)


@pytest.mark.usefixtures("_no_lease")
def test_cached_pages_are_served_for_a_while_without_the_database(
    cached: PageCache, app: Application, database: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = get_response(cached).body
    reconnect = disconnect(database)
    try:
        assert get_response(cached).body == previous
        assert len(app.requests) == 1
        monkeypatch.setattr(PageCache, "GRACE", 0)
        get_response(cached)
        assert len(app.requests) == 2
        get_response(cached, "/another/")
    finally:
        reconnect()
    monkeypatch.undo()
    get_response(cached, "/another/")
    get_response(cached, "/another/")
    assert len(app.requests) == 4
    assert get_response(cached).body == previous
    assert len(app.requests) == 4


@pytest.mark.usefixtures("_no_lease")
def test_a_page_known_to_be_outdated_is_not_shown_without_the_database(
    cached: PageCache, app: Application, database: Installation, invalidate: Callable[..., None]
) -> None:
    app.text = lambda environ: f"answer {len(app.requests)}"
    original_text = app.text
    assert get_response(cached).body == b"answer 1"
    invalidate("essay:1")

    def text_and_change(environ: dict[str, object]) -> str:
        invalidate("essay:1")
        return original_text(environ)

    app.text = text_and_change
    assert get_response(cached).body == b"answer 2"
    app.text = original_text
    reconnect = disconnect(database)
    try:
        assert get_response(cached).body == b"answer 3"
    finally:
        reconnect()


def test_the_cache_reconnects_to_a_restarted_server(cached: PageCache, app: Application) -> None:
    get_response(cached)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    get_response(cached)
    assert len(app.requests) == 1


def test_a_hanging_server_blocks_one_request_and_no_more(
    cached: PageCache, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        return  # SQLite has no server that could hang
    from pagecache import postgres

    monkeypatch.setattr(postgres, "TIMEOUT", 0.1)
    previous = get_response(cached).body
    assert isinstance(cached._reader, postgres.PostgresReader)
    assert cached._reader._connection
    backend = cached._reader._connection.info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            held_up = pool.submit(get_response, cached)
            wait_until(cached._reader._turn.locked, "one to be held up")
            assert [get_response(cached).body for _ in range(3)] == [previous] * 3
            assert not held_up.done()
            os.kill(backend, signal.SIGCONT)
            assert held_up.result().body == previous
    finally:
        with suppress(ProcessLookupError):  # it ended, because its client gave up
            os.kill(backend, signal.SIGCONT)
    assert len(app.requests) == 1


@pytest.mark.usefixtures("_no_lease")
def test_a_restored_file_is_noticed(cached: PageCache, number_page: Application, database: Installation) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL's file cannot be replaced; test_generations tests what a restore does to generations
    copy = database_file(database).with_suffix(".copy")
    with closing(sqlite3.connect(copy)) as target, closing(sqlite3.connect(database_file(database))) as source:
        source.backup(target)
    write()
    assert read_number(cached) == 1
    connection.close()
    for suffix in ("-wal", "-shm"):
        database_file(database).with_name(database_file(database).name + suffix).unlink(missing_ok=True)
    copy.rename(database_file(database))
    assert read_number(cached) == 0


def test_reading_blocks_neither_writers_nor_checkpoints(cached: PageCache, number_page: Application) -> None:
    if connection.vendor != "sqlite":
        return
    for _ in range(3):
        write()
        read_number(cached)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, log_pages, _moved = cursor.fetchone()
        assert (is_busy, log_pages) == (0, 0)
