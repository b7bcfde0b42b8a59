"""Generations read from PostgreSQL: one connection, where one question answers all who waited when it was asked."""

import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from pagecache.generations import ANY, TABLE
from pagecache.reader import Away, Numbers

CURRENT, NUMBERS = b"current", b"numbers"
STATEMENTS = {
    CURRENT: f'SELECT "key", number FROM {TABLE} WHERE "key" = \'{ANY}\'',  # noqa: S608
    NUMBERS: f'SELECT "key", number FROM {TABLE} WHERE "key" = ANY($1::text[])',  # noqa: S608
}
TIMEOUT = 2.0
SLOW, REST = 0.5, 1.0  # after a failure that took long, nobody waits for the next one for a while


class Asking:
    """A question about to be asked, and all who wait for its answer."""

    __slots__ = ("answer", "is_answered")

    def __init__(self) -> None:
        self.answer: int | None = None
        self.is_answered = threading.Lock()
        self.is_answered.acquire()


class PostgresReader:
    """Speaks libpq's own calls: a cursor costs half as much again."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        limits = f"-c statement_timeout={TIMEOUT:.0f}s -c lock_timeout={TIMEOUT:.0f}s"
        self._parameters = {
            **parameters,
            "options": f"{parameters.get('options', '')} {limits}",
            "connect_timeout": int(TIMEOUT),
            "tcp_user_timeout": int(TIMEOUT * 1000),
        }
        self._connection: psycopg.Connection | None = None
        self._turn = threading.Lock()
        self._next: Asking | None = None
        self._rest_until = 0.0

    def current(self) -> int:
        """Whoever finds a question waiting for its turn joins it; once it is being asked, nobody finds it any more.

        No lock guards `_next`: of two who find none at once both ask, and a question taken away never comes back.
        """
        asking = self._next
        if asking is None:
            asking = self._next = Asking()
            self._lead(asking)
        elif asking.is_answered.acquire(timeout=TIMEOUT):
            asking.is_answered.release()  # lets the next of us through
        if asking.answer is None:
            raise Away
        return asking.answer

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        listed = ",".join(f'"{key}"' for key in (ANY, *keys))
        self._take_turn()
        try:
            found = self._read(NUMBERS, [f"{{{listed}}}".encode()])
        finally:
            self._turn.release()
        return found.pop(ANY, 0), found

    def close(self) -> None:
        with self._turn:
            self._disconnect()

    def _lead(self, asking: Asking) -> None:
        try:
            self._take_turn()
            try:
                self._withdraw(asking)
                asking.answer = self._read(CURRENT).get(ANY, 0)
            finally:
                self._turn.release()
        finally:
            self._withdraw(asking)
            asking.is_answered.release()

    def _withdraw(self, asking: Asking) -> None:
        if self._next is asking:
            self._next = None

    def _take_turn(self) -> None:
        """When a server hangs, it holds up the one whose turn it is, and nobody else for long."""
        if time.monotonic() < self._rest_until:
            raise Away
        if not self._turn.acquire(timeout=TIMEOUT):
            self._rest_until = time.monotonic() + REST
            raise Away

    def _read(self, statement: bytes, values: Sequence[bytes] = ()) -> Numbers:
        began = time.monotonic()
        try:
            return self._ask_persistently(statement, values)
        except psycopg.Error as error:
            if time.monotonic() - began > SLOW:
                self._rest_until = time.monotonic() + REST
            raise Away from error

    def _ask_persistently(self, statement: bytes, values: Sequence[bytes]) -> Numbers:
        """A server that was started again has ended our connection, and answers a new one."""
        if self._connection is not None:
            try:
                return ask(self._connection, statement, values)
            except psycopg.Error:
                self._disconnect()
        self._connection = psycopg.connect(**self._parameters, autocommit=True)
        try:
            for name, text in STATEMENTS.items():
                self._connection.pgconn.prepare(name, text.encode())
            return ask(self._connection, statement, values)
        except psycopg.Error:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def ask(connection: psycopg.Connection, statement: bytes, values: Sequence[bytes]) -> Numbers:
    result = connection.pgconn.exec_prepared(statement, values)
    if result.status != ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.get_error_message())
    rows = range(result.ntuples)
    return {(result.get_value(row, 0) or b"").decode(): int(result.get_value(row, 1) or 0) for row in rows}
