"""A connection to PostgreSQL that does not wait forever for a hanging server, and a cursor for prepared statements."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8

CHECK_TIMEOUT = 2.0  # seconds
TIMEOUT = 12.0  # longer than PostgreSQL's own limit for a statement
CHECK_OF_PLAN = "RevalidateCachedQuery"  # PostgreSQL's function that refuses a plan whose columns changed their type


class LimitedConnection(psycopg.Connection[Any]):
    """Closes itself when there is no response in time. A server that hangs does not enforce its own limits."""

    is_checked = False

    def execute(self, query: Any, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        """Run a statement. An empty one is the pool's check of an idle connection, which must respond sooner."""
        self.is_checked = query == ""
        try:
            return super().execute(query, *arguments, **options)
        finally:
            self.is_checked = False

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for a response. Raises OperationalError if there is none in time."""
        try:
            return super().wait(gen, interval, timeout or (CHECK_TIMEOUT if self.is_checked else TIMEOUT))
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError("The database server is not responding.") from error


class PreparedCursor(psycopg.RawCursor[Any]):
    """Runs one statement, which its connection prepares the first time; Django's logs show its own SQL for it."""

    def __init__(self, connection: psycopg.Connection[Any], sql: str, places: Sequence[int]) -> None:
        super().__init__(connection)
        self._sql, self._places = sql, places

    def execute(self, _query: Any, params: Any = None, **_options: Any) -> "PreparedCursor":  # type: ignore[override]
        """Run the statement with the values at its places. Raises OperationalError if its plan is outdated."""
        # By its value psycopg would send 1 and 100,000 as different types, and prepare a statement for each.
        values = [Int8(params[place]) if type(params[place]) is int else params[place] for place in self._places]
        try:
            return super().execute(self._sql, values, prepare=True)
        except psycopg.errors.FeatureNotSupported as error:
            if error.diag.source_function != CHECK_OF_PLAN:
                raise
            self.connection.close()  # the next one prepares the statement for the changed table
            raise psycopg.OperationalError("A migration has changed the type of a column.") from error
