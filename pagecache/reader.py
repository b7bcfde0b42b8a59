"""The read side: what the generations are now, by connections of our own that never write."""

from collections.abc import Collection
from typing import Protocol

from django.db import connections

Numbers = dict[str, int]


class Away(Exception):
    """The database does not answer."""


class Reader(Protocol):
    """Every answer was read after its question, so it knows all that was committed before the question."""

    def current(self) -> int:
        """The number of ANY: while it stands still nothing has moved."""
        ...

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        """The number of ANY and those of these keys, of one moment; what was never bumped has none."""
        ...

    def close(self) -> None: ...


def reader() -> Reader:
    connection = connections["default"]
    if connection.vendor == "postgresql":
        from pagecache.postgres import PostgresReader  # psycopg is there only where it is used

        return PostgresReader(connection.get_connection_params())
    from pagecache.sqlite import SqliteReader

    return SqliteReader(str(connection.settings_dict["NAME"]))
