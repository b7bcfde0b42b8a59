"""Whether the site runs: its processes hold a lock, which a command that replaces the data takes for itself."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection


class SiteIsRunning(Exception):
    """Processes of the site use its data; the argument says which."""


def hold_or_stop() -> None:
    """Hold the lock until this process and its children have ended; stop if the data is being replaced just now."""
    try:
        fcntl.flock(_open_lock(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("A backup is being restored. Start the site when that is done.")


@contextmanager
def stopped() -> Iterator[None]:
    """Keep the site from being started until the block ends. Raises SiteIsRunning."""
    lock = _open_lock()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise SiteIsRunning("on this machine") from error
    try:
        refuse_other_hosts()
        yield
    finally:
        os.close(lock)


def refuse_other_hosts() -> None:
    """Raise SiteIsRunning if processes of the site on any host are connected to PostgreSQL."""
    if count := _connections_of_other_hosts():
        raise SiteIsRunning(f"with {count} connections to the database")


def _open_lock() -> int:
    return os.open(Path(settings.DATA_DIR, "running.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _connections_of_other_hosts() -> int:
    """Count the connections of web and job processes on any host, which config/database.py names."""
    if connection.vendor != "postgresql":
        return 0
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s "
        "AND pid <> pg_backend_pid()"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [settings.REQUEST_OPTIONS["application_name"]])
        return int(cursor.fetchone()[0])
