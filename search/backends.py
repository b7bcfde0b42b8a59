"""The index in SQLite (FTS5) and in PostgreSQL (tsvector), behind one method."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import repeat, zip_longest
from operator import itemgetter
from typing import Any, Protocol

from django.db import connection, transaction

from search.indexing import period_of, period_token
from search.models import NUMBER_BITS, TIME_BITS, Kind

Match = Sequence[Sequence[str]]
"""Tokens that must occur: of each inner sequence at least one."""


Row = tuple[str, str, str, str]
"""What ranking and filters need to know of a text: its key, its essay's, its authors, and an essay's tags.

Plain tuples of text, as there are thousands of them, of which few are needed as numbers.
"""
get_key, get_essay, get_authors, get_tags = map(itemgetter, range(4))


TABLES = {
    Kind.COMMENT: "search_entry_comments",
    Kind.NOTE: "search_entry_notes",
    Kind.ESSAY: "search_entry_essays",
}
WINDOW = 5 / 4  # of the newest comments among which a search first looks, as a share of those that it needs
FREQUENT = 10  # a word is looked up in a second window if one in so many comments has it
MAX_PERIODS = 60  # of which tokens are looked up


class Backend(Protocol):
    def session(self) -> AbstractContextManager[None]:
        """Hold what makes searches fast; without it they find the same."""

    def newest(self, match: Match, first: int, last: int, limit: int, described: int) -> list[Row]:
        """Return the texts that match, with keys from first to last, the newest first.

        `described`: of how many all is needed; others may have nothing but their key.
        """

    def tags(self, essays: Iterable[str], first: int, last: int) -> list[tuple[str, str]]:
        """Return these essays with their tags, of those with keys from first to last."""


class SQLite:
    """Matches in an FTS5 table that stores no texts; triggers update it with the entries.

    The rows are returned as one, because Python takes longer to fetch thousands than SQLite to find them.

    CROSS JOIN makes SQLite read the matches first. By statistics from a time with few texts it would look up each entry
    among all matches: a search after an import took minutes.
    """

    statement = """
        SELECT group_concat(id, ' '), group_concat(essay, ' '), group_concat(authors, char(10)), {tags} FROM (
            SELECT search_index.rowid AS id, entry.essay, entry.authors, entry.tags
            FROM search_index
            CROSS JOIN search_entry AS entry INDEXED BY search_entry_narrow ON entry.id = search_index.rowid
            WHERE search_index MATCH %s AND search_index.rowid BETWEEN %s AND %s
            ORDER BY search_index.rowid DESC LIMIT %s
        )
    """
    tags_column = "json_group_array(tags)"
    keys_statement = """
        SELECT group_concat(rowid, ' ') FROM (
            SELECT rowid FROM search_index WHERE search_index MATCH %s AND rowid BETWEEN %s AND %s
            ORDER BY rowid DESC LIMIT %s
        )
    """
    tags_statement = """
        SELECT CAST(essay AS TEXT), tags FROM search_entry INDEXED BY search_entry_essays
        WHERE essay IN (SELECT value FROM json_each(%s)) AND id BETWEEN %s AND %s
            AND id >= 6917529027641081856 -- the first key of an essay, as in the index
    """

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def newest(self, match: Match, first: int, last: int, limit: int, described: int) -> list[Row]:
        words = combine(match, '"{}"', " OR ", " AND ")
        statement = self.statement.format(tags=self.tags_column if kind_of(last) == Kind.ESSAY else "NULL")
        with connection.cursor() as cursor:
            cursor.execute(statement, [words, first, last, min(limit, described)])
            rows = split_rows(*cursor.fetchone())
            if len(rows) == described < limit:  # the index has the keys of the rest; all else takes ten times as long
                cursor.execute(self.keys_statement, [words, first, int(get_key(rows[-1])) - 1, limit - described])
                rows += zip((cursor.fetchone()[0] or "").split(), *repeat(repeat(""), 3), strict=False)
        return rows

    def tags(self, essays: Iterable[str], first: int, last: int) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(self.tags_statement, [f"[{','.join(essays)}]", first, last])
            return list(cursor.fetchall())


class PostgreSQL:
    """Matches in the entries' `tsvector`, by its GIN index.

    The planner is left no choice. It would often read rows in order of their keys until enough match, but it costs more
    to look at tokens, which are stored out of line, than to have the index list every match: `id + 0` is an expression
    that the index of keys cannot be used for. So that few rows are listed, tokens of the periods are looked up too.
    """

    statement = """
        WITH found AS MATERIALIZED (
            SELECT id, essay, authors, tags FROM {table}
            WHERE tokens @@ %s::tsquery AND id + 0 BETWEEN %s AND %s ORDER BY id + 0 DESC LIMIT %s
        )
        SELECT (SELECT string_agg(id::text, ' ') FROM found),
            string_agg(essay::text, ' '), string_agg(authors, chr(10)), {tags}
        FROM (SELECT * FROM found LIMIT %s) AS described
    """
    tags_column = "json_agg(tags)::text"
    start_statement = "SELECT id FROM {table} WHERE id BETWEEN %s AND %s ORDER BY id DESC OFFSET %s LIMIT 1"
    tags_statement = """
        SELECT essay::text, tags FROM search_entry_essays WHERE essay = ANY(%s::bigint[]) AND id BETWEEN %s AND %s
    """

    @contextmanager
    def session(self) -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0")
            yield

    def newest(self, match: Match, first: int, last: int, limit: int, described: int) -> list[Row]:
        kind, rows = kind_of(last), list[Row]()
        with connection.cursor() as cursor:
            # Only for comments; there are not so many essays and notes.
            window = int(limit * WINDOW) if kind == Kind.COMMENT else 0
            while window and (start := self.start_of(cursor, kind, first, last, window)):
                found = self.read(cursor, kind, match, start, last, limit - len(rows), described - len(rows))
                rows += found
                if len(rows) == limit:
                    return rows
                last = start - 1
                is_frequent = not len(rows) > len(found) and len(found) * FREQUENT >= window
                window = int((limit - len(rows)) * window / len(found) * WINDOW) if is_frequent else 0
            return rows + self.read(cursor, kind, match, first, last, limit - len(rows), described - len(rows))

    def start_of(self, cursor: Any, kind: Kind, first: int, last: int, window: int) -> int | None:
        """Return the first key of a window of so many texts, or nothing if it is too long for tokens of its periods."""
        cursor.execute(self.start_statement.format(table=TABLES[kind]), [first, last, window])
        start = next((start for (start,) in cursor.fetchall()), None)
        return start if start and len(periods_of(start, last)) <= MAX_PERIODS else None

    def read(
        self, cursor: Any, kind: Kind, match: Match, first: int, last: int, limit: int, described: int
    ) -> list[Row]:
        periods = periods_of(first, last)
        if len(periods) <= MAX_PERIODS:
            match = [*match, list(map(period_token, periods))]
        statement = self.statement.format(
            table=TABLES[kind], tags=self.tags_column if kind == Kind.ESSAY else "NULL::text"
        )
        cursor.execute(statement, [combine_words(match), first, last, limit, max(described, 0)])
        return split_rows(*cursor.fetchone())

    def tags(self, essays: Iterable[str], first: int, last: int) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(self.tags_statement, [f"{{{','.join(essays)}}}", first, last])
            return list(cursor.fetchall())


def periods_of(first: int, last: int) -> range:
    """Return the periods that keys from first to last are in."""
    return range(period_of(first), period_of(last) + 1)


def kind_of(key: int) -> Kind:
    """Return the kind of the text with this key."""
    return Kind(key >> TIME_BITS + NUMBER_BITS)


def split_rows(ids: str | None, essays: str | None, authors: str | None, tags: str | None) -> list[Row]:
    """Return the rows whose columns were joined. There may be more keys; only essays have tags, as JSON."""
    if ids is None:
        return []
    columns = ids.split(" "), (essays or "").split(" "), (authors or "").split("\n"), json.loads(tags) if tags else ()
    return list(zip_longest(*columns, fillvalue=""))


def combine_words(match: Match) -> str:
    """Return a `tsquery`."""
    return combine(match, "'{}'", " | ", " & ")


def combine(match: Match, quoted: str, either: str, both: str) -> str:
    """Return a query in a database's own syntax. Tokens have only letters and digits, so that quotes suffice."""
    return both.join(f"({either.join(quoted.format(token) for token in some)})" for some in match)


def get_backend() -> Backend:
    """Return the backend of the site's database."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()
