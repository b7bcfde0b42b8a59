"""A database, or another service, that is away: 503 in words wherever it is noticed, and a fault of ours stays a 500."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client, override_settings

from server.http.database_errors import exit_if_unreachable, is_unavailable


def of_sqlite(code: int) -> OperationalError:
    error, cause = OperationalError("as Django says it"), sqlite3.OperationalError("as SQLite says it")
    cause.sqlite_errorcode = code
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), True),
        (of_sqlite(sqlite3.SQLITE_LOCKED), True),
        (of_sqlite(sqlite3.SQLITE_FULL), True),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), True),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), True),
        (of_sqlite(sqlite3.SQLITE_READONLY), True),
        (of_sqlite(sqlite3.SQLITE_ERROR), False),  # a statement that is wrong, a table that is missing
        (OperationalError("server closed the connection unexpectedly"), True),
        (InterfaceError("connection already closed"), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (ConnectionRefusedError("of the bucket"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (ValueError("a fault of ours"), False),
        (None, False),
    ],
)
def test_which_errors_say_that_the_records_are_away(error: BaseException | None, away: bool) -> None:
    assert is_unavailable(error) is away


def is_said_in_words(response: Any) -> bool:
    words = response.content.decode()
    return bool(response.status_code == 503 and response.headers["Retry-After"] and "nothing was saved" in words)


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
def test_a_database_that_is_away_from_the_start_is_503(monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    """The middleware asks it first, before any view."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    with override_settings(DEBUG=debug):
        client = Client(raise_request_exception=False)
        monkeypatch.setattr(connection, "cursor", refuse)
        monkeypatch.setattr(connection, "make_cursor", refuse)  # for prepared queries
        for path in ("/", "/accounts/login/", "/admin/", "/nowhere/"):
            assert is_said_in_words(client.get(path))
        assert is_said_in_words(client.post("/2026/11/24/nothing/respond/", {"text": "Hello"}))
        assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status"), [(OperationalError("deadlock detected"), 503), (KeyError("x"), 500)])
def test_what_a_view_runs_into(monkeypatch: pytest.MonkeyPatch, error: Exception, status: int) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr("server.http.health.find_problem", fail)
    assert Client(raise_request_exception=False).get("/readyz").status_code == status


@pytest.mark.parametrize(
    ("statement", "size", "said"),
    [
        ("INSERT INTO a VALUES (1)", 60_000, "write to the file"),
        ("SELECT * FROM a", 5000, "latest backup"),
    ],
    ids=["read-only", "cut"],
)
def test_a_command_says_what_to_do_about_a_file_that_it_cannot_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str, size: int, said: str
) -> None:
    file = tmp_path / "site.sqlite3"
    execute(f"file:{file}", "CREATE TABLE a (b)", "INSERT INTO a VALUES (zeroblob(50000))")
    os.truncate(file, min(size, file.stat().st_size))
    with pytest.raises(SystemExit) as ended, exit_if_unreachable():
        execute(f"file:{file}?mode=ro", statement)
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip()
    assert line.startswith("The database cannot be used: ")
    assert said in line


def execute(address: str, *statements: str) -> None:
    """Execute SQL as Django does, with SQLite's error as the cause of its own."""
    try:
        with closing(sqlite3.connect(address, uri=True)) as made:
            for statement in statements:
                made.execute(statement).fetchall()
            made.commit()
    except sqlite3.DatabaseError as error:
        raise DatabaseError(str(error)) from error
