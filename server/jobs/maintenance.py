"""Periodic maintenance: database optimization and checks, WAL checkpoints, and deletion of expired rows."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from server.http import ratelimit
from server.jobs.tasks import every, job
from server.models import Lease

MAX_WAL_BYTES = 64 * 1024 * 1024
KEEP_DONE = timedelta(days=2)
KEEP_FAILED = timedelta(days=30)


@every(hours=1)
@job()
def delete_expired() -> None:
    """Delete old rate limits, sessions, leases of workers and results of jobs."""
    ratelimit.delete_expired()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    now = timezone.now()
    Lease.objects.filter(renewed__lt=now - timedelta(days=1)).delete()
    DBTaskResult.objects.successful().filter(finished_at__lt=now - KEEP_DONE).delete()
    DBTaskResult.objects.failed().filter(finished_at__lt=now - KEEP_FAILED).delete()


@every(days=1)
@job()
def optimize_database() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")


@every(days=1)
@job()
def check_database() -> str:
    """Check SQLite's file; the job's result, shown by the doctor, is `ok` or what is damaged."""
    if connection.vendor != "sqlite":
        return "ok"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(20)")
        return "\n".join(line for (line,) in cursor.fetchall())


def checkpoint() -> None:
    """Move SQLite's newest pages from the log into the file; under `serve` only the worker does that."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        if log.exists() and log.stat().st_size > MAX_WAL_BYTES:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
