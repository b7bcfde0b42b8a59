"""Generations read from PostgreSQL: one connection, where one read answers all who waited when it began."""

import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from pagecache.generations import ANY, TABLE
from pagecache.reading import Away, Numbers

CURRENT, NUMBERS = b"current", b"numbers"
STATEMENTS = {
    CURRENT: f'SELECT "key", number FROM {TABLE} WHERE "key" = \'{ANY}\'',  # noqa: S608
    NUMBERS: f'SELECT "key", number FROM {TABLE} WHERE "key" = ANY($1::text[])',  # noqa: S608
}
TIMEOUT = 2.0
SLOW, REST = 0.5, 1.0  # after a failure that took long, nobody waits for the next one for a while


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
        self._lock = threading.Lock()
        self._begun = 0
        self._current: int | None = None
        self._rest_until = 0.0

    def current(self) -> int:
        arrived = self._begun
        self._take_turn()
        try:
            if self._begun == arrived:
                self._read(CURRENT)
            if self._current is None:  # the read that would have answered us failed
                raise Away
            return self._current
        finally:
            self._lock.release()

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        listed = ",".join(f'"{key}"' for key in (ANY, *keys))
        self._take_turn()
        try:
            found = self._read(NUMBERS, [f"{{{listed}}}".encode()])
        finally:
            self._lock.release()
        return found.pop(ANY, 0), found

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _take_turn(self) -> None:
        """When a server hangs, it holds up the one whose turn it is, and nobody else for long."""
        if time.monotonic() < self._rest_until:
            raise Away
        if not self._lock.acquire(timeout=TIMEOUT):
            self._rest_until = time.monotonic() + REST
            raise Away

    def _read(self, statement: bytes, values: Sequence[bytes] = ()) -> Numbers:
        self._begun += 1
        self._current = None
        began = time.monotonic()
        try:
            found = self._ask_persistently(statement, values)
        except psycopg.Error as error:
            if time.monotonic() - began > SLOW:
                self._rest_until = time.monotonic() + REST
            raise Away from error
        self._current = found.get(ANY, 0)
        return found

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
