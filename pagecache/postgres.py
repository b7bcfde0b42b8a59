"""Generations read from PostgreSQL: one connection, where one read answers all who waited when it began."""

import select
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
    """Speaks libpq's own calls: a cursor costs half as much again, and has no time limit."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self._readable = select.poll()
        self._begun = 0
        self._current: int | None = None
        self._rest_until = 0.0

    def current(self) -> int:
        arrived = self._begun
        with self._lock:
            if self._begun == arrived:
                self._read(CURRENT)
            if self._current is None:  # the read that would have answered us failed
                raise Away
            return self._current

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        with self._lock:
            listed = ",".join(f'"{key}"' for key in (ANY, *keys))
            found = self._read(NUMBERS, [f"{{{listed}}}".encode()])
        return found.pop(ANY, 0), found

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _read(self, statement: bytes, values: Sequence[bytes] = ()) -> Numbers:
        self._begun += 1
        self._current = None
        began = time.monotonic()
        if began < self._rest_until:
            raise Away
        try:
            found = self._ask_persistently(statement, values)
        except (psycopg.Error, OSError) as error:
            if time.monotonic() - began > SLOW:
                self._rest_until = time.monotonic() + REST
            raise Away from error
        self._current = found.get(ANY, 0)
        return found

    def _ask_persistently(self, statement: bytes, values: Sequence[bytes]) -> Numbers:
        """A server that was started again has ended our connection, and answers a new one."""
        if self._connection is not None:
            try:
                return self._ask(self._connection, statement, values)
            except psycopg.Error:
                self._disconnect()
        try:
            return self._ask(self._connect(), statement, values)
        except (psycopg.Error, OSError):
            self._disconnect()
            raise

    def _ask(self, connection: psycopg.Connection, statement: bytes, values: Sequence[bytes]) -> Numbers:
        libpq = connection.pgconn
        libpq.send_query_prepared(statement, values)
        libpq.flush()
        deadline = time.monotonic() + TIMEOUT
        while libpq.is_busy():
            if not self._readable.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError("PostgreSQL did not answer in time.")
            libpq.consume_input()
        result = libpq.get_result()
        if result is None or result.status != ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(libpq.get_error_message())
        found = {
            (result.get_value(row, 0) or b"").decode(): int(result.get_value(row, 1) or 0)
            for row in range(result.ntuples)
        }
        while libpq.get_result() is not None:
            pass
        return found

    def _connect(self) -> psycopg.Connection:
        connection = self._connection = psycopg.connect(**self._parameters, autocommit=True)
        for name, statement in STATEMENTS.items():
            result = connection.pgconn.prepare(name, statement.encode())
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.OperationalError(result.get_error_message())
        self._readable = select.poll()
        self._readable.register(connection.pgconn.socket, select.POLLIN)
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
