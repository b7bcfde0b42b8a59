"""A database, or another service, that is away: 503 in words wherever it is noticed, and a fault of ours stays a 500."""

import errno
import sqlite3
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, override_settings

from server.http.database_errors import is_unavailable


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
