"""The wait for SQLite's write lock."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler
from pytest_django.plugin import DjangoDbBlocker

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
