"""The index in SQLite (FTS5) and in PostgreSQL (tsvector), behind one method."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple, Protocol

from django.db import connection, transaction

from search.models import NUMBER_BITS, TIME_BITS, Kind

Match = Sequence[Sequence[str]]
"""Tokens that must occur: of each inner sequence at least one."""


class Row(NamedTuple):
    """What ranking and filters need to know of a text."""

    id: int
    essay: int
    authors: str
    tags: str


TABLES = {
    Kind.COMMENT: "search_entry_comments",
    Kind.NOTE: "search_entry_notes",
    Kind.ESSAY: "search_entry_essays",
}
SAMPLE = 300  # newest comments that are looked at
FREQUENT, NEARLY_ALL = 30, 270  # how many of them have what is frequent, or what almost all have
INDEX_ONLY_TOKENS = "id + 0"  # an expression that the index of keys cannot be used for


# Row._make without its checks, for thousands of rows
make_row: Callable[[tuple[Any, ...]], Row] = partial(tuple.__new__, Row)


class Backend(Protocol):
    def session(self) -> AbstractContextManager[None]:
        """Hold what makes searches fast; without it they find the same."""

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        """Return the texts that match, with keys from first to last, the newest first."""

    def tags(self, essays: Iterable[int], first: int, last: int) -> list[tuple[int, str]]:
        """Return these essays with their tags, of those with keys from first to last."""


class SQLite:
    """Matches in an FTS5 table that stores no texts; triggers update it with the entries."""

    statement = """
        SELECT entry.id, entry.essay, entry.authors, entry.tags
        FROM search_index JOIN search_entry AS entry INDEXED BY search_entry_narrow ON entry.id = search_index.rowid
        WHERE search_index MATCH %s AND search_index.rowid BETWEEN %s AND %s
        ORDER BY search_index.rowid DESC LIMIT %s
    """

    tags_statement = """
        SELECT essay, tags FROM search_entry WHERE essay IN (SELECT value FROM json_each(%s)) AND id BETWEEN %s AND %s
    """

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        words = combine(match, '"{}"', " OR ", " AND ")
        with connection.cursor() as cursor:
            cursor.execute(self.statement, [words, first, last, limit])
            return list(map(make_row, cursor.fetchall()))

    def tags(self, essays: Iterable[int], first: int, last: int) -> list[tuple[int, str]]:
        with connection.cursor() as cursor:
            cursor.execute(self.tags_statement, [f"[{','.join(map(str, essays))}]", first, last])
            return list(cursor.fetchall())


class PostgreSQL:
    """Matches in the entries' `tsvector`, by its GIN index.

    The planner is left no choice. It would often read rows in order of their keys until enough match, but it costs more
    to look at tokens, which are stored out of line, than to have the index list every match, unless almost all match.
    """

    statement = """
        SELECT id, essay, authors, tags FROM {table}
        WHERE tokens @@ %s::tsquery AND {key} BETWEEN %s AND %s ORDER BY {key} DESC LIMIT %s
    """
    sample_statement = """
        WITH sample AS (
            SELECT count(*) FILTER (WHERE tokens @@ %s::tsquery) AS hits
            FROM (SELECT tokens FROM {table} WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s) AS newest
        )
        SELECT hits, CASE WHEN hits >= %s THEN (
            SELECT id FROM {table} WHERE id BETWEEN %s AND %s ORDER BY id DESC
            OFFSET (SELECT %s / hits FROM sample) LIMIT 1
        ) END FROM sample
    """
    tags_statement = """
        SELECT essay, tags FROM search_entry_essays WHERE essay = ANY(%s::bigint[]) AND id BETWEEN %s AND %s
    """

    @contextmanager
    def session(self) -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0")
            yield

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        words = combine(match, "'{}'", " | ", " & ")
        kind, rows = Kind(last >> TIME_BITS + NUMBER_BITS), []
        with connection.cursor() as cursor:
            # Only for comments; there are not so many essays and notes.
            hits, start = self.sample(cursor, kind, words, first, last, limit) if kind == Kind.COMMENT else (0, None)
            if start:
                key = "id" if hits >= NEARLY_ALL else INDEX_ONLY_TOKENS
                rows = self.read(cursor, kind, words, start, last, limit, key)
            if len(rows) < limit:
                rows = self.read(cursor, kind, words, first, last, limit)
        return rows

    def sample(self, cursor: Any, kind: Kind, words: str, first: int, last: int, limit: int) -> tuple[int, int | None]:
        """Return how many of the newest texts match, and if many do, a key from which on there are probably enough."""
        needed = limit * SAMPLE * 5 // 4
        statement = self.sample_statement.format(table=TABLES[kind])
        cursor.execute(statement, [words, first, last, SAMPLE, FREQUENT, first, last, needed])
        hits, start = cursor.fetchone()
        return hits, start

    def read(
        self, cursor: Any, kind: Kind, words: str, first: int, last: int, limit: int, key: str = INDEX_ONLY_TOKENS
    ) -> list[Row]:
        cursor.execute(self.statement.format(table=TABLES[kind], key=key), [words, first, last, limit])
        return list(map(make_row, cursor.fetchall()))

    def tags(self, essays: Iterable[int], first: int, last: int) -> list[tuple[int, str]]:
        with connection.cursor() as cursor:
            cursor.execute(self.tags_statement, [f"{{{','.join(map(str, essays))}}}", first, last])
            return list(cursor.fetchall())


def combine(match: Match, quoted: str, either: str, both: str) -> str:
    """Return a query in a database's own syntax. Tokens have only letters and digits, so that quotes suffice."""
    return both.join(f"({either.join(quoted.format(token) for token in some)})" for some in match)


def get_backend() -> Backend:
    """Return the backend of the site's database."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()
