"""The write side: moving the generations of what a transaction changed, in that transaction."""

import functools
import threading
import time

from django.db import transaction

TABLE = "pagecache_generation"
ANY = "any"  # the row that moves with every bump, so that one small read tells whether anything moved
LEASE = 0.002  # seconds that readers may go on with the number they last read, and a writer outlasts them

waited = threading.local()


def bump(*keys: str) -> None:
    """Has every page that was made from one of these made anew, from the commit on.

    Call it once and last in a transaction: it holds the row ANY until the commit. That row comes first, so bumps
    queue there and never wait for one another in a ring. Numbers follow the clock, so that a database put back from
    a backup does not give out again a number that a kept page remembers.

    After the commit it waits for LEASE to pass, so whoever is told of the change is never shown a page from before it.
    """
    if not keys:
        return
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("bump() belongs inside the transaction of the change it tells of.")
    rows = [ANY, *sorted(set(keys) - {ANY})]
    now = time.time_ns() // 1_000_000
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {TABLE} ("key", number) VALUES {", ".join(["(%s, %s)"] * len(rows))} '  # noqa: S608
            f'ON CONFLICT ("key") DO UPDATE SET number = CASE WHEN {TABLE}.number < excluded.number '
            f"THEN excluded.number ELSE {TABLE}.number + 1 END",
            [value for key in rows for value in (key, now)],
        )
    transaction.on_commit(functools.partial(outlast_readers, time.monotonic()))


def outlast_readers(bumped: float) -> None:
    """Once for a transaction: a wait of this thread that began after this bump began after its commit too."""
    if getattr(waited, "since", float("-inf")) < bumped:
        waited.since = time.monotonic()
        time.sleep(LEASE)
