"""A pool of open SQLite connections: opening one and parsing the schema costs 1.4 ms."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Files = tuple[tuple[int, int] | None, ...]


class PooledConnection(NamedTuple):
    connection: sqlite3.Connection
    files: Files


class Pool:
    """At most `size` idle connections to one file; the one used last comes first, since its cache is warm."""

    def __init__(self, path: str, size: int) -> None:
        self.path, self.size = path, size
        self._idle: list[PooledConnection] = []
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
            return self._idle.pop() if self._idle else None

    def release(self, idle: PooledConnection) -> None:
        """Keep a connection that is in no transaction and whose cursors are closed, or close it."""
        is_kept = not idle.connection.in_transaction and idle.files == self.current_files()
        with self._lock:
            is_kept = is_kept and len(self._idle) < self.size
            if is_kept:
                self._idle.append(idle)
        if not is_kept:
            idle.connection.close()

    def clear(self) -> None:
        with self._lock:
            gone, self._idle = self._idle, []
        for idle in gone:
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
