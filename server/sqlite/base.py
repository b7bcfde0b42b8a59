"""Django's SQLite, with a fair wait for the write lock, in files for one user: what `ENGINE` names."""

import os
import random
import threading
import time
from contextlib import suppress
from sqlite3 import SQLITE_BUSY
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

PAUSE = (0.001, 0.005)  # seconds
asking = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        create_private(str(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        """BEGIN: in a process one asks at a time, the others behind it in a row, each for OPTIONS["timeout"] at most.

        SQLite itself soon looks but once in 100 ms, and among many who write one can miss every moment in which nobody
        does: of eight writers with 40 replies each, one was refused after five seconds though a reply took 20 ms.
        """
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        deadline = time.monotonic() + patience
        is_next = asking.acquire(timeout=patience)
        try:
            self.connection.execute("PRAGMA busy_timeout = 0")
            while not self._has_begun(is_last_time=time.monotonic() > deadline):
                time.sleep(random.uniform(*PAUSE))  # noqa: S311 - two processes not in step
        finally:
            if is_next:
                asking.release()
            self.connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")

    def _has_begun(self, *, is_last_time: bool) -> bool:
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except OperationalError as error:
            if is_last_time or getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF != SQLITE_BUSY:
                raise
            return False
        return True


def create_private(name: str) -> None:
    """Create the file if there is none, closed to other users; SQLite gives its log and index the same mode."""
    if not name.startswith((":memory:", "file:")):
        with suppress(OSError):  # it is there, or SQLite says why it cannot be
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
