"""Reads generations from PostgreSQL by one connection, where one query answers all threads that waited for it."""

import select
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from pagecache.generations import ANY, TABLE
from pagecache.reader import DatabaseUnavailable, Numbers

CURRENT, NUMBERS = "current", "numbers"
STATEMENTS = {
    CURRENT: f'SELECT "key", number FROM {TABLE} WHERE "key" = \'{ANY}\'',  # noqa: S608
    NUMBERS: f'SELECT "key", number FROM {TABLE} WHERE "key" = ANY($1::text[])',  # noqa: S608
}
TIMEOUT = 2.0
SLOW_FAILURE, BACKOFF = 0.5, 1.0  # after a slow failure no thread tries for a while


class SharedRead:
    """A query about to be sent, and the threads that wait for its result."""

    __slots__ = ("answer", "is_answered")

    def __init__(self) -> None:
        self.answer: int | None = None
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

    def current(self) -> int:
        """Return the number of ANY, by a query of another thread that is not being sent yet, or by one of its own.

        No lock guards `_next`: two threads that find none both send one, and a query taken away never comes back.
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
            found = self._read(NUMBERS, [f"{{{listed}}}".encode()])
        finally:
            self._turn.release()
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
                asking.answer = self._read(CURRENT).get(ANY, 0)
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

    def _read(self, statement: str, values: Sequence[bytes] = ()) -> Numbers:
        """Run a statement; after a slow failure, block further ones for a while."""
        began = time.monotonic()
        try:
            return self._read_with_reconnect(statement, values)
        except psycopg.Error as error:
            if time.monotonic() - began > SLOW_FAILURE:
                self._backoff_until = time.monotonic() + BACKOFF
            raise DatabaseUnavailable from error

    def _read_with_reconnect(self, statement: str, values: Sequence[bytes]) -> Numbers:
        """Run a statement; reconnect once, since a restarted server has closed the connection."""
        if self._connection is not None:
            try:
                return self._execute(self._connection, statement, values)
            except psycopg.Error:
                self._disconnect()
        self._connection = psycopg.connect(**self._parameters, autocommit=True)
        try:
            if not self._has_pooler:
                for name, text in STATEMENTS.items():
                    self._connection.pgconn.send_prepare(name.encode(), text.encode())
                    _receive(self._connection.pgconn)
            return self._execute(self._connection, statement, values)
        except psycopg.Error:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _execute(self, connection: psycopg.Connection, statement: str, values: Sequence[bytes]) -> Numbers:
        """Run a statement and return its rows as a dictionary. Raises psycopg.OperationalError."""
        server = connection.pgconn
        if self._has_pooler:
            server.send_query_params(STATEMENTS[statement].encode(), values)
        else:
            server.send_query_prepared(statement.encode(), values)
        result = _receive(server)
        if result.status != ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(result.get_error_message())
        rows = range(result.ntuples)
        return {(result.get_value(row, 0) or b"").decode(): int(result.get_value(row, 1) or 0) for row in rows}


def _receive(server: Any) -> Any:
    """Return the result of what was sent. Raises psycopg.OperationalError if a server that hangs does not respond."""
    poll = select.poll()
    poll.register(server.socket, select.POLLIN)
    while True:
        if not poll.poll(TIMEOUT * 1000):
            raise psycopg.OperationalError("The database server is not responding.")
        server.consume_input()
        if not server.is_busy():
            break
    result = server.get_result()
    while server.get_result() is not None:
        pass
    return result
