"""The wait for SQLite's write lock, and the pool of its connections."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from pytest_django.plugin import DjangoDbBlocker

from config.database import SQLITE_OPTIONS
from server.http import concurrency
from server.sqlite import pool

pytestmark = pytest.mark.once
WRITERS, TIMES = 8, 12


def test_nobody_is_passed_over_by_those_who_write_again_and_again(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    """Each waits for seven others, 70 ms; by SQLite's own way of asking some wait for longer than 0.8 s."""
    place = {"ENGINE": "server.sqlite", "NAME": tmp_path / "writers.sqlite3"}
    options = {"timeout": 0.8, "transaction_mode": "IMMEDIATE"}
    connections = ConnectionHandler({"default": {**place, "OPTIONS": options}})
    held = threading.Event()  # never set: what a writer does takes ten milliseconds
    begin = threading.Barrier(WRITERS)

    def write(_: int) -> int:
        connection = connections["default"]
        begin.wait()
        for _ in range(TIMES):
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            held.wait(0.01)
            connection.rollback()
            connection.set_autocommit(True)
        connection.close()
        return TIMES

    with django_db_blocker.unblock(), ThreadPoolExecutor(WRITERS) as pool:
        assert list(pool.map(write, range(WRITERS))) == [TIMES] * WRITERS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return filled(tmp_path / "site.sqlite3", "old")


def filled(file: Path, word: str) -> Path:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE said (word)")
        database.execute("INSERT INTO said VALUES (?)", [word])
        database.commit()
    return file


@pytest.fixture
def pooled(file: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    """The site's own settings on a file of two idle connections; each thread has a connection, as on the site."""
    options = {**SQLITE_OPTIONS, "pool": 2}
    handler = ConnectionHandler({"default": {"ENGINE": "server.sqlite", "NAME": file, "OPTIONS": options}})
    with django_db_blocker.unblock():
        yield handler
        connection: Any = handler["default"]
        connection.close()
        connection.close_pool()


def ask(connection: Any, sql: str = "SELECT word FROM said") -> list[str]:
    """What a request does: ask, and leave the connection at its end."""
    with connection.cursor() as cursor:
        rows = cursor.execute(sql).fetchall()
    connection.close_if_unusable_or_obsolete()
    return [row[0] for row in rows]


def raw(connection: Any) -> sqlite3.Connection:
    connection.ensure_connection()
    found: sqlite3.Connection = connection.connection
    connection.close_if_unusable_or_obsolete()
    return found


def test_the_site_keeps_as_many_connections_as_requests_run_at_once() -> None:
    assert SQLITE_OPTIONS["pool"] == concurrency.MAX_REQUESTS


def test_the_next_request_has_the_same_connection_on_any_thread(pooled: ConnectionHandler) -> None:
    first = raw(pooled["default"])
    assert raw(pooled["default"]) is first
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: raw(pooled["default"])).result() is first


def connections_at_once(pooled: ConnectionHandler, count: int) -> list[sqlite3.Connection]:
    """Let as many requests hold a connection at the same time; return these connections."""
    at_once = threading.Barrier(count)

    def request(_: int) -> sqlite3.Connection:
        pooled["default"].ensure_connection()
        at_once.wait()
        return raw(pooled["default"])

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(request, range(count)))


def test_no_more_idle_connections_are_kept_than_the_pool_holds(pooled: ConnectionHandler) -> None:
    used = connections_at_once(pooled, 6)
    assert len(set(map(id, used))) == 6
    assert sum(is_open(one) for one in used) == 2


def test_connections_that_were_idle_for_long_are_closed(
    pooled: ConnectionHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = connections_at_once(pooled, 2)
    monkeypatch.setattr(pool, "monotonic", lambda: time.monotonic() + pool.MAX_IDLE)
    last = raw(pooled["default"])
    assert [each for each in used if is_open(each)] == [last]


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_another_file_in_the_databases_place_is_noticed(file: Path, pooled: ConnectionHandler, tmp_path: Path) -> None:
    connection = pooled["default"]
    assert ask(connection) == ["old"]
    restored = filled(tmp_path / "backup.sqlite3", "restored")
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    restored.replace(file)
    assert ask(connection) == ["restored"]
    ask(connection, "INSERT INTO said VALUES ('new') RETURNING word")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT word FROM said").fetchall() == [("restored",), ("new",)]


def test_a_log_that_was_taken_away_is_noticed(file: Path, pooled: ConnectionHandler) -> None:
    first = raw(pooled["default"])
    Path(f"{file}-wal").unlink()
    assert raw(pooled["default"]) is not first
    assert not is_open(first)


def test_a_result_that_was_not_read_to_its_end_holds_no_later_request_to_the_past(
    file: Path, pooled: ConnectionHandler
) -> None:
    connection = pooled["default"]
    left = connection.cursor()
    left.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, word FROM n, said")
    assert left.fetchone()
    connection.close_if_unusable_or_obsolete()
    with closing(sqlite3.connect(file)) as database:
        database.execute("INSERT INTO said VALUES ('since then')")
        database.commit()
    assert ask(connection) == ["old", "since then"]


def test_a_connection_on_which_something_went_wrong_is_not_kept(pooled: ConnectionHandler) -> None:
    connection = pooled["default"]
    connection.ensure_connection()
    first = connection.connection
    with pytest.raises(OperationalError):
        connection.cursor().execute("SELECT nothing FROM nowhere")
    assert raw(connection) is first
    assert not is_open(first)


def test_a_transaction_left_open_is_undone(pooled: ConnectionHandler) -> None:
    connection = pooled["default"]
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.cursor().execute("DELETE FROM said")
    connection.close()
    assert ask(connection) == ["old"]
