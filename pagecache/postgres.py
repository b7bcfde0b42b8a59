"""Reads generations from PostgreSQL by one connection, where one query answers all threads that waited for it."""

import select
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from pagecache.generations import ANNOUNCED, ANY, TABLE
from pagecache.reader import DatabaseUnavailable, Numbers

# The lock comes before the snapshot of the second query: a change that neither sees is announced only after both.
CURRENT = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_try_advisory_xact_lock({ANNOUNCED}); "  # noqa: S608
    f"SELECT number FROM {TABLE} WHERE \"key\" = '{ANY}'; COMMIT"
)
NUMBERS = f'SELECT "key", number FROM {TABLE} WHERE "key" = ANY($1::text[])'  # noqa: S608
PREPARED = b"numbers"
TIMEOUT = 2.0
SLOW_FAILURE, BACKOFF = 0.5, 1.0  # after a slow failure no thread tries for a while
SUCCESSES = {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}
Send = Callable[[PGconn], None]


class SharedRead:
    """A query about to be sent, and the threads that wait for its result."""

    __slots__ = ("answer", "is_answered")

    def __init__(self) -> None:
        self.answer: tuple[int, bool] | None = None
        self.is_answered = threading.Lock()
        self.is_answered.acquire()


class PostgresReader:
    """Uses libpq's own calls: a cursor costs half as much again."""

    waits = True

    def __init__(self, parameters: dict[str, Any], *, has_pooler: bool = False) -> None:
        """`has_pooler`: each statement may run in another session, so none is prepared, and no limit is set."""
        limits = f"-c statement_timeout={TIMEOUT:.0f}s -c lock_timeout={TIMEOUT:.0f}s"
        self._has_pooler = has_pooler
        self._parameters = {
            **parameters,
            "connect_timeout": int(TIMEOUT),
            "tcp_user_timeout": int(TIMEOUT * 1000),
        }
        if not has_pooler:
            self._parameters["options"] = f"{parameters.get('options', '')} {limits}"
        self._connection: psycopg.Connection | None = None
        self._turn = threading.Lock()
        self._next: SharedRead | None = None
        self._backoff_until = 0.0

    def current(self) -> tuple[int, bool]:
        """Return the number of ANY, and whether it may be used again for a while: not while a change is announced.

        By a query of another thread that is not being sent yet, or by one of its own. No lock guards `_next`: two
        threads that find none both send one, and a query taken away never comes back.
        """
        asking = self._next
        if asking is None:
            asking = self._next = SharedRead()
            self._send_shared_read(asking)
        elif asking.is_answered.acquire(timeout=TIMEOUT):
            asking.is_answered.release()  # lets the next waiting thread through
        if asking.answer is None:
            raise DatabaseUnavailable
        return asking.answer

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        """Return the number of ANY and those of the keys, read at one moment."""
        listed = ",".join(f'"{key}"' for key in (ANY, *keys))
        self._acquire_connection()
        try:
            [result] = self._read(lambda server: self._send_numbers(server, [f"{{{listed}}}".encode()]))
        finally:
            self._turn.release()
        rows = range(result.ntuples)
        found = {(result.get_value(row, 0) or b"").decode(): int(result.get_value(row, 1) or 0) for row in rows}
        return found.pop(ANY, 0), found

    def close(self) -> None:
        with self._turn:
            self._disconnect()

    def _send_shared_read(self, asking: SharedRead) -> None:
        """Send the query and give the result to the threads that joined it."""
        try:
            self._acquire_connection()
            try:
                self._withdraw(asking)
                _begin, lock, number, _commit = self._read(lambda server: server.send_query(CURRENT.encode()))
                asking.answer = int(number.get_value(0, 0) or 0), lock.get_value(0, 0) == b"t"
            finally:
                self._turn.release()
        finally:
            self._withdraw(asking)
            asking.is_answered.release()

    def _withdraw(self, asking: SharedRead) -> None:
        """Let no more threads join a query."""
        if self._next is asking:
            self._next = None

    def _acquire_connection(self) -> None:
        """Acquire the connection. A server that hangs delays the thread that has it, and no other for long."""
        if time.monotonic() < self._backoff_until:
            raise DatabaseUnavailable
        if not self._turn.acquire(timeout=TIMEOUT):
            self._backoff_until = time.monotonic() + BACKOFF
            raise DatabaseUnavailable

    def _send_numbers(self, server: PGconn, values: list[bytes]) -> None:
        if self._has_pooler:
            server.send_query_params(NUMBERS.encode(), values)
        else:
            server.send_query_prepared(PREPARED, values)

    def _read(self, send: Send) -> list[PGresult]:
        """Send statements and return their results; after a slow failure, block further ones for a while."""
        began = time.monotonic()
        try:
            return self._read_with_reconnect(send)
        except psycopg.Error as error:
            if time.monotonic() - began > SLOW_FAILURE:
                self._backoff_until = time.monotonic() + BACKOFF
            raise DatabaseUnavailable from error

    def _read_with_reconnect(self, send: Send) -> list[PGresult]:
        """Send statements; reconnect once, since a restarted server has closed the connection."""
        if self._connection is not None:
            try:
                return _run(self._connection.pgconn, send)
            except psycopg.Error:
                self._disconnect()
        self._connection = psycopg.connect(**self._parameters, autocommit=True)
        try:
            if not self._has_pooler:
                _run(self._connection.pgconn, lambda server: server.send_prepare(PREPARED, NUMBERS.encode()))
            return _run(self._connection.pgconn, send)
        except psycopg.Error:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _run(server: PGconn, send: Send) -> list[PGresult]:
    """Send statements and return their results. Raises psycopg.OperationalError, also if the server hangs."""
    send(server)
    poll = select.poll()
    poll.register(server.socket, select.POLLIN)
    results: list[PGresult] = []
    while True:
        if not poll.poll(TIMEOUT * 1000):
            raise psycopg.OperationalError("The database server is not responding.")
        server.consume_input()
        while not server.is_busy():
            result = server.get_result()
            if result is None:
                return results
            if result.status not in SUCCESSES:
                raise psycopg.OperationalError(result.get_error_message())
            results.append(result)
