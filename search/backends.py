"""The index in SQLite (FTS5) and in PostgreSQL (tsvector), behind one method."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from django.db import connection, transaction

from search.indexing import key_range
from search.models import Kind

Match = Sequence[Sequence[str]]
"""Tokens that must occur: of each inner sequence at least one."""


class Row(NamedTuple):
    """What ranking and filters need to know of a text."""

    id: int
    essay: int
    authors: str
    tags: str


class Backend(Protocol):
    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        """Return the texts that match, with keys from first to last, the newest first."""


class SQLite:
    """Matches in an FTS5 table that stores no texts; triggers update it with the entries."""

    statement = """
        SELECT entry.id, entry.essay, entry.authors, entry.tags
        FROM search_index JOIN search_entry AS entry INDEXED BY search_entry_narrow ON entry.id = search_index.rowid
        WHERE search_index MATCH %s AND search_index.rowid BETWEEN %s AND %s
        ORDER BY search_index.rowid DESC LIMIT %s
    """

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        words = combine(match, '"{}"', " OR ", " AND ")
        with connection.cursor() as cursor:
            cursor.execute(self.statement, [words, first, last, limit])
            return list(map(Row._make, cursor.fetchall()))


class PostgreSQL:
    """Matches in the entries' `tsvector`, by its GIN index."""

    scans = ["enable_seqscan", "enable_indexscan", "enable_indexonlyscan"]
    statement = """
        SELECT id, essay, authors, tags FROM search_entry
        WHERE tokens @@ %s::tsquery AND id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s
    """

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        words = combine(match, "'{}'", " | ", " & ")
        with transaction.atomic(), connection.cursor() as cursor:
            if first >= key_range(Kind.ESSAY)[0]:
                # Essays' tokens are stored out of line. The planner does not know what it costs to read them, and would
                # read those of thousands of essays instead of the index.
                cursor.execute("SELECT set_config(name, 'off', true) FROM unnest(%s::text[]) AS name", [self.scans])
            cursor.execute(self.statement, [words, first, last, limit])
            return list(map(Row._make, cursor.fetchall()))


def combine(match: Match, quoted: str, either: str, both: str) -> str:
    """Return a query in a database's own syntax. Tokens have only letters and digits, so that quotes suffice."""
    return both.join(f"({either.join(quoted.format(token) for token in some)})" for some in match)


def get_backend() -> Backend:
    """Return the backend of the site's database."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()
