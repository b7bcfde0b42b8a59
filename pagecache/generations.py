"""Invalidates pages by raising the generations of what a transaction changed, in that transaction."""

import functools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Expression

TABLE = "pagecache_generation"
ANY = "any"  # the row that rises with every change, so that one small read tells whether anything changed
LEASE = 0.002  # seconds that readers may reuse the number they last read; a writer waits for them
ANNOUNCED = 0x52656A6F696E64  # PostgreSQL's advisory lock that announced changes share until they end
ANNOUNCE = f"(pg_advisory_xact_lock_shared({ANNOUNCED}) IS NOT NULL)"

last_wait = threading.local()


class Announcement:
    """A change that readers know of since `at`, which is monotonic time, until its transaction ends."""

    def __init__(self) -> None:
        self.at = time.monotonic()
        self.is_committed = False

    def confirm(self) -> None:
        self.is_committed = True


class Announcing(Expression):
    """A column that announces on PostgreSQL that this transaction changes pages.

    Select it, then call record_announcement().
    Until the transaction ends, readers use no number twice, and invalidate() waits from now on instead of from the
    commit. A column, because a query of its own takes as long as it saves. Only a returned row announces.
    """

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return ANNOUNCE if connection.vendor == "postgresql" else "0", ()


def record_announcement() -> None:
    """Shorten the wait of this transaction's invalidate().

    Call it only after a query of the transaction has returned a row with Announcing(); else readers may be shown old
    pages.
    """
    if transaction.get_connection().vendor == "postgresql":
        last_wait.announcement = announcement = Announcement()
        transaction.on_commit(announcement.confirm)  # not called if the announcement was rolled back


def invalidate(*keys: str) -> None:
    """Invalidate every page that depends on one of these keys, from the commit on.

    Call it once and last in a transaction: it locks the row ANY until the commit. That row comes first, so
    transactions queue there and never deadlock. Numbers follow the clock, so that a database restored from a backup
    does not repeat a number that a cached page remembers.

    After the commit it waits for LEASE to pass, so no one who learns of the change is shown a page from before it;
    a request makes its response in that time (waiting_at_end).
    """
    if not keys:
        return
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Call invalidate() inside the transaction that makes the change.")
    rows = [ANY, *sorted(set(keys) - {ANY})]
    now = time.time_ns() // 1_000_000
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {TABLE} ("key", number) VALUES {", ".join(["(%s, %s)"] * len(rows))} '  # noqa: S608
            f'ON CONFLICT ("key") DO UPDATE SET number = CASE WHEN {TABLE}.number < excluded.number '
            f"THEN excluded.number ELSE {TABLE}.number + 1 END",
            [value for key in rows for value in (key, now)],
        )
    announcement: Announcement | None = getattr(last_wait, "announcement", None)
    if announcement is not None and announcement.is_committed:
        announcement = None  # of an earlier transaction
    transaction.on_commit(functools.partial(wait_for_readers, time.monotonic(), announcement))


def wait_for_readers(invalidated_at: float, announcement: Announcement | None) -> None:
    """Wait for LEASE after a commit or its announcement, unless this thread has waited since `invalidated_at`.

    That is monotonic time.
    """
    if announcement is not None and announcement.is_committed:
        last_wait.since = announcement.at
        if not getattr(last_wait, "is_deferred", False):
            wait_out_lease()
    elif getattr(last_wait, "since", float("-inf")) < invalidated_at:
        last_wait.since = time.monotonic()
        if not getattr(last_wait, "is_deferred", False):
            time.sleep(LEASE)


@contextmanager
def waiting_at_end() -> Iterator[None]:
    """Wait for readers at the end of the block, for what is left of LEASE, and not after each commit in it."""
    last_wait.is_deferred = True
    try:
        yield
    finally:
        last_wait.is_deferred = False
        wait_out_lease()


def wait_out_lease() -> None:
    """Wait for what is left of LEASE."""
    left = getattr(last_wait, "since", float("-inf")) + LEASE - time.monotonic()
    if left > 0:
        time.sleep(left)
