"""Django's SQLite, with a fair wait for the write lock: what `ENGINE` names."""

import random
import threading
import time
from sqlite3 import SQLITE_BUSY

from django.db import OperationalError
from django.db.backends.sqlite3 import base

PAUSE = (0.001, 0.005)  # seconds
asking = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
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
