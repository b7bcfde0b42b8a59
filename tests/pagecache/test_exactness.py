"""Never a page from before a commit to a visitor from after it: in threads, between processes, through faults."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
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
from tests.pagecache.browsing import Application, ask
from tests.services.processes import wait_until
from tests.services.site import ROOT, Installation

ROUNDS = 1000 if RUNS_ALL else 60
WORDS = "essay:0"  # the row whose number the page shows

WRITER = f"""
import sys, django
django.setup()
from django.db import transaction
from django.db.models import F
import pagecache
from pagecache.models import Generation
for line in sys.stdin:
    with transaction.atomic():
        Generation.objects.filter(key="{WORDS}").update(number=F("number") + 1)
        pagecache.invalidate("essay:1")
    print("committed", flush=True)
"""


@pytest.fixture
def database(installation: Installation, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """One that nobody else has: faults happen to it."""
    with django_db_blocker.unblock(), installation.connected():
        yield installation


@pytest.fixture
def words(app: Application) -> Application:
    """A page that shows a number out of the database."""
    Generation.objects.create(key=WORDS, number=0)
    app.text = lambda environ: str(Generation.objects.get(key=WORDS).number)
    return app


def write() -> None:
    with transaction.atomic():
        Generation.objects.filter(key=WORDS).update(number=F("number") + 1)
        pagecache.invalidate("essay:1")


def number(cached: PageCache) -> int:
    return int(ask(cached, accept_encoding="gzip").body)


def test_what_was_committed_is_on_the_very_next_page_under_load(
    cached: PageCache, words: Application, database: Installation
) -> None:
    committed, is_over = 0, threading.Event()
    wrong: list[str] = []
    read = 0

    def visit() -> None:
        nonlocal read
        with database.connected():
            while not is_over.is_set():
                known = committed
                seen = number(cached)
                read += 1
                if seen < known:
                    wrong.append(f"{seen} after {known}")

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(switch / 10)  # ten times as many chances to come in between
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(ROUNDS):
            write()
            committed += 1
            seen = number(cached)
            if seen != committed:
                wrong.append(f"{seen} in place of {committed}")
    finally:
        is_over.set()
        for visitor in visitors:
            visitor.join()
        sys.setswitchinterval(switch)
    assert wrong == []
    assert len(words.asked) < read + ROUNDS, "nothing was ever served from the cache"


def test_a_writer_is_told_when_no_reader_goes_on_with_an_old_number(
    cached: PageCache, words: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LEASE", 0.2)
    for committed in range(1, 4):
        number(cached)
        write()
        assert [number(cached), number(cached)] == [committed] * 2


def test_what_another_process_committed_is_on_the_very_next_page(
    cached: PageCache, words: Application, database: Installation
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
            assert [number(cached), number(cached)] == [committed] * 2
    finally:
        writer.stdin.close()
        writer.stdout.close()
        writer.wait(20)
    assert len(words.asked) == ROUNDS


def test_a_change_nobody_committed_is_not_shown(cached: PageCache, words: Application, database: Installation) -> None:
    assert number(cached) == 0
    begun, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with database.connected(), transaction.atomic():
            Generation.objects.filter(key=WORDS).update(number=F("number") + 1)
            pagecache.invalidate("essay:1")
            begun.set()
            assert go_on.wait(20)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert begun.wait(20)
    assert number(cached) == 0
    assert len(words.asked) == 1
    go_on.set()
    writer.join()
    assert number(cached) == 1


def file_of(database: Installation) -> Path:
    return Path(urlsplit(database.database_url).path)


def take_away(database: Installation) -> Callable[[], None]:
    """The database answers nobody any more; returns what brings it back."""
    if connection.vendor == "sqlite":
        file = file_of(database)
        away = file.rename(file.with_suffix(".away"))

        def bring_back() -> None:
            away.rename(file)
    else:
        import psycopg

        connection.close()
        url = urlsplit(database.database_url)
        name = url.path[1:]
        server = psycopg.connect(url._replace(path="/postgres").geturl(), autocommit=True)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

        def bring_back() -> None:
            with closing(server):
                server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    return bring_back


@pytest.fixture
def _always_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "FILE_CHECK_INTERVAL", 0)
    monkeypatch.setattr(generations, "LEASE", 0)


@pytest.mark.usefixtures("_always_looking")
def test_reading_goes_on_for_a_while_when_the_database_is_away(
    cached: PageCache, app: Application, database: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ask(cached).body
    bring_back = take_away(database)
    try:
        assert ask(cached).body == known
        assert len(app.asked) == 1
        monkeypatch.setattr(PageCache, "GRACE", 0)
        ask(cached)
        assert len(app.asked) == 2
        ask(cached, "/another/")
    finally:
        bring_back()
    monkeypatch.undo()
    ask(cached, "/another/")
    ask(cached, "/another/")
    assert len(app.asked) == 4
    assert ask(cached).body == known
    assert len(app.asked) == 4


@pytest.mark.usefixtures("_always_looking")
def test_a_page_found_outdated_is_not_shown_when_the_database_goes_away(
    cached: PageCache, app: Application, database: Installation, bump: Callable[..., None]
) -> None:
    app.text = lambda environ: f"answer {len(app.asked)}"
    plain = app.text
    assert ask(cached).body == b"answer 1"
    bump("essay:1")

    def text_and_change(environ: dict[str, object]) -> str:
        bump("essay:1")
        return plain(environ)

    app.text = text_and_change
    assert ask(cached).body == b"answer 2"
    app.text = plain
    bring_back = take_away(database)
    try:
        assert ask(cached).body == b"answer 3"
    finally:
        bring_back()


def test_a_server_that_was_started_again_is_asked_again(cached: PageCache, app: Application) -> None:
    ask(cached)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    ask(cached)
    assert len(app.asked) == 1


def test_a_server_that_hangs_holds_up_one_reader_and_no_more(
    cached: PageCache, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        return  # there is no server to hang
    from pagecache import postgres

    monkeypatch.setattr(postgres, "TIMEOUT", 0.1)
    known = ask(cached).body
    assert isinstance(cached._reader, postgres.PostgresReader)
    assert cached._reader._connection
    backend = cached._reader._connection.info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            held_up = pool.submit(ask, cached)
            wait_until(cached._reader._turn.locked, "one to be held up")
            assert [ask(cached).body for _ in range(3)] == [known] * 3
            assert not held_up.done()
            os.kill(backend, signal.SIGCONT)
            assert held_up.result().body == known
    finally:
        os.kill(backend, signal.SIGCONT)
    assert len(app.asked) == 1


@pytest.mark.usefixtures("_always_looking")
def test_a_restored_file_is_noticed(cached: PageCache, words: Application, database: Installation) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL has no file to put in its place; see test_generations for what a restore does to numbers
    copy = file_of(database).with_suffix(".copy")
    with closing(sqlite3.connect(copy)) as target, closing(sqlite3.connect(file_of(database))) as source:
        source.backup(target)
    write()
    assert number(cached) == 1
    connection.close()
    for suffix in ("-wal", "-shm"):
        file_of(database).with_name(file_of(database).name + suffix).unlink(missing_ok=True)
    copy.rename(file_of(database))
    assert number(cached) == 0


def test_reading_holds_up_neither_writers_nor_checkpoints(cached: PageCache, words: Application) -> None:
    if connection.vendor != "sqlite":
        return
    for _ in range(3):
        write()
        number(cached)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, left, _moved = cursor.fetchone()
        assert (is_busy, left) == (0, 0)
