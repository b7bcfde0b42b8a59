"""Django's SQLite backend with pooled connections, a fair wait for the write lock, and files for one user."""

import os
import random
import threading
import time
import weakref
from contextlib import suppress
from sqlite3 import SQLITE_BUSY, Connection, Cursor
from typing import Any, ClassVar

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from server.sqlite.pool import Pool, PooledConnection

RETRY_PAUSE = (0.001, 0.005)  # seconds
write_queue = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """`OPTIONS["pool"]` limits the idle connections of a process; without it each is closed as Django closes it.

    Threads share them rather than keep one each (CONN_MAX_AGE): hundreds of threads serve, sixteen at a time.
    """

    _pools: ClassVar[dict[str, Pool]] = {}
    _pooled: PooledConnection | None = None
    _cursors: "weakref.WeakSet[Cursor]"

    @property
    def pool(self) -> Pool | None:
        """Return the pool of this database file, or None if OPTIONS["pool"] is not set or the database is in memory."""
        size, name = self.settings_dict["OPTIONS"].get("pool"), str(self.settings_dict["NAME"])
        if not size or self.is_in_memory_db():
            return None
        return self._pools.setdefault(name, Pool(name, size))

    def close_pool(self) -> None:
        """Close the idle connections: before a fork, since processes must not share them."""
        if self.pool:
            self.pool.clear()

    def get_connection_params(self) -> dict[str, Any]:
        """Leave out our own option, which sqlite3 does not know."""
        return {name: value for name, value in super().get_connection_params().items() if name != "pool"}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Return a connection from the pool, if there is one, else a new one."""
        self._cursors = weakref.WeakSet()
        pool = self.pool
        if pool is None:
            return self._open_connection(conn_params)
        self._pooled = pool.acquire(lambda: self._open_connection(conn_params))
        return self._pooled.connection

    def _open_connection(self, conn_params: dict[str, Any]) -> Connection:
        create_private_file(str(conn_params["database"]))
        connection: Connection = super().get_new_connection(conn_params)
        return connection

    def create_cursor(self, name: Any = None) -> Cursor:
        """Remember the cursor: `_close` closes it before the connection returns to the pool."""
        cursor: Cursor = super().create_cursor(name)
        self._cursors.add(cursor)
        return cursor

    def is_usable(self) -> bool:
        return not self.errors_occurred

    def _close(self) -> None:
        """Return the connection to the pool, unless something went wrong on it.

        An unfinished cursor would keep the next request in the database's earlier state.
        """
        taken, self._pooled = self._pooled, None
        if taken is None or self.pool is None or self.errors_occurred:
            super()._close()  # type: ignore[misc]
            return
        for cursor in list(self._cursors):
            cursor.close()
        self.pool.release(taken)

    def _start_transaction_under_autocommit(self) -> None:
        """Run BEGIN. One thread of a process tries at a time; the others queue, for OPTIONS["timeout"] at most.

        SQLite itself soon tries only once in 100 ms, and with many writers one can miss every moment in which the lock
        is free: of eight writers with 40 replies each, one failed after five seconds though a reply took 20 ms.
        """
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        deadline = time.monotonic() + patience
        is_next = write_queue.acquire(timeout=patience)
        try:
            self.connection.execute("PRAGMA busy_timeout = 0")
            while not self._try_begin(is_last_time=time.monotonic() > deadline):
                time.sleep(random.uniform(*RETRY_PAUSE))  # noqa: S311 - two processes not in step
        finally:
            if is_next:
                write_queue.release()
            self.connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")

    def _try_begin(self, *, is_last_time: bool) -> bool:
        """Run BEGIN, and return whether the lock was free; the last time, raise the error."""
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except OperationalError as error:
            if is_last_time or getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF != SQLITE_BUSY:
                raise
            return False
        return True


def create_private_file(name: str) -> None:
    """Create the file if there is none, closed to other users; SQLite gives its log and index the same mode."""
    if not name.startswith((":memory:", "file:")):
        with suppress(OSError):  # it exists, or SQLite says why it cannot
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
