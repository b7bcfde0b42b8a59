"""A connection to PostgreSQL for requests and jobs, which does not wait forever for a server that hangs."""

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

CHECK_TIMEOUT = 2.0  # seconds
TIMEOUT = 12.0  # longer than PostgreSQL's own limit for a statement


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
