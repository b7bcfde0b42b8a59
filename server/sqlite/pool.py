"""A pool of open SQLite connections: opening one and parsing the schema costs 1.4 ms."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

Files = tuple[tuple[int, int] | None, ...]
MAX_IDLE = 300.0  # seconds; each connection has a cache, and a burst of requests opens many


class PooledConnection(NamedTuple):
    connection: sqlite3.Connection
    files: Files


class Pool:
    """At most `size` idle connections to one file; the one used last comes first, since its cache is warm."""

    def __init__(self, path: str, size: int) -> None:
        self.path, self.size = path, size
        self._idle: list[tuple[PooledConnection, float]] = []  # and since when, the longest first
        self._lock = threading.Lock()

    def acquire(self, connect: Callable[[], sqlite3.Connection]) -> PooledConnection:
        """Return an idle connection to the current file, or a new one."""
        now = self.current_files()
        while (idle := self._pop()) is not None:
            if idle.files == now:
                return idle
            idle.connection.close()  # a restore has put another file in the database's place
        while True:
            before, connection = file_identity(self.path), connect()
            found = self.current_files()
            if before in {None, found[0]}:
                return PooledConnection(connection, found)
            connection.close()  # the file was replaced while it was being opened

    def _pop(self) -> PooledConnection | None:
        with self._lock:
            return self._idle.pop()[0] if self._idle else None

    def release(self, idle: PooledConnection) -> None:
        """Keep a connection that is in no transaction and whose cursors are closed, or close it."""
        is_kept = not idle.connection.in_transaction and idle.files == self.current_files()
        now, outdated = monotonic(), []
        with self._lock:
            if is_kept and len(self._idle) < self.size:
                self._idle.append((idle, now))
            else:
                outdated.append(idle)
            while self._idle and self._idle[0][1] < now - MAX_IDLE:
                outdated.append(self._idle.pop(0)[0])
        for each in outdated:
            each.connection.close()

    def clear(self) -> None:
        with self._lock:
            gone, self._idle = self._idle, []
        for idle, _since in gone:
            idle.connection.close()

    def current_files(self) -> Files:
        """Return the identities of the database, its log and the log's index, which a restore may replace."""
        return tuple(file_identity(self.path + suffix) for suffix in ("", "-wal", "-shm"))


def file_identity(path: str) -> tuple[int, int] | None:
    """Return a file's device and inode, or None if it does not exist."""
    with contextlib.suppress(FileNotFoundError):
        status = Path(path).stat()
        return status.st_dev, status.st_ino
    return None
