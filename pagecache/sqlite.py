"""Reads generations from SQLite: one row by its key costs no more than `PRAGMA data_version` and says more."""

import sqlite3
import threading
import time
from collections.abc import Collection
from pathlib import Path

from pagecache.generations import ANY, TABLE
from pagecache.reader import DatabaseUnavailable, Numbers

CURRENT = f"SELECT number FROM {TABLE} WHERE \"key\" = '{ANY}'"  # noqa: S608
FILE_CHECK_INTERVAL = 1.0  # seconds between checks whether a restore has replaced the database file


class ReadOnlyConnection(sqlite3.Connection):
    """Closes itself when the thread that owns it ends."""

    file: tuple[int, int]
    checked_at: float

    def __del__(self) -> None:
        self.close()


class SqliteReader:
    """Uses a connection for each thread: shared ones failed under load."""

    waits = False

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()

    def current(self) -> tuple[int, bool]:
        """Return the number of ANY; changes are never announced here."""
        rows = self._rows(CURRENT)
        return int(rows[0][0]) if rows else 0, True

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        """Return the number of ANY and those of the keys, read at one moment."""
        markers = ", ".join(["?"] * (len(keys) + 1))
        rows = self._rows(f'SELECT "key", number FROM {TABLE} WHERE "key" IN ({markers})', (ANY, *keys))  # noqa: S608
        found = dict(rows)
        return found.pop(ANY, 0), found

    def close(self) -> None:
        """Close this thread's connection; the others close with their threads, or with the reader."""
        self._local.__dict__.clear()

    def _rows(self, statement: str, parameters: tuple[str, ...] = ()) -> list[tuple[str, int]]:
        """Run a query; an error closes the connection."""
        try:
            return self._connection().execute(statement, parameters).fetchall()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise DatabaseUnavailable from error

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection, opened again if the database file was replaced."""
        now = time.monotonic()
        connection: ReadOnlyConnection | None = getattr(self._local, "connection", None)
        if connection is not None and now - connection.checked_at < FILE_CHECK_INTERVAL:
            return connection
        status = Path(self._path).stat()
        file = (status.st_dev, status.st_ino)
        if connection is None or connection.file != file:
            uri = f"{Path(self._path).absolute().as_uri()}?mode=ro"
            connection = self._local.connection = sqlite3.connect(
                uri, uri=True, timeout=1, isolation_level=None, check_same_thread=False, factory=ReadOnlyConnection
            )
            connection.file = file
        connection.checked_at = now
        return connection
