"""The index in SQLite (FTS5) and in PostgreSQL (tsvector), behind one method."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import repeat
from operator import itemgetter
from typing import Any, Protocol

from django.db import connection, transaction

from search.models import NUMBER_BITS, TIME_BITS, Kind
from search.spans import EXPRESSION, spans_of

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
# PostgreSQL looks for comments in one window of time after another, the newest first.
SPARE = 5 / 4  # how much longer a window is than should be enough
MOST = 4  # times as many comments as the first window has the second at most: the newest may have unusual words
AFTER_NONE = 16  # times as long as a window without a match is the next
LEAST = 1 / 4  # of the window before is a window at least
MAX_WINDOWS = 8  # before all the rest is read


class Backend(Protocol):
    def session(self) -> AbstractContextManager[None]:
        """Hold what makes searches fast; without it they find the same."""

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        """Return the texts that match, with keys from first to last, the newest first."""

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
    tags_statement = """
        SELECT CAST(essay AS TEXT), tags FROM search_entry INDEXED BY search_entry_essays
        WHERE essay IN (SELECT value FROM json_each(%s)) AND id BETWEEN %s AND %s
            AND id >= 6917529027641081856 -- the first key of an essay, as in the index
    """

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        statement = self.statement.format(tags=self.tags_column if kind_of(last) == Kind.ESSAY else "NULL")
        with connection.cursor() as cursor:
            cursor.execute(statement, [combine(match, '"{}"', " OR ", " AND "), first, last, limit])
            return split_rows(*cursor.fetchone())

    def tags(self, essays: Iterable[str], first: int, last: int) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(self.tags_statement, [f"[{','.join(essays)}]", first, last])
            return list(cursor.fetchall())


class PostgreSQL:
    """Matches in the entries' `tsvector`, by its GIN index.

    The planner is left no choice. It would often read rows in order of their keys until enough match, but it costs more
    to look at tokens, which are stored out of line, than to have the index list every match: `id + 0` is an expression
    that the index of keys cannot be used for. So that few comments are listed, those of a window of time are looked up,
    and if they are not enough, those of a window before it, which is as long as should be enough. The first two windows
    have a number of comments; for more, it would take too long to count them.
    """

    statement = """
        SELECT string_agg(id::text, ' '), string_agg(essay::text, ' '), string_agg(authors, chr(10)), {tags} FROM (
            SELECT id, essay, authors, tags FROM {table}
            WHERE tokens @@ %s::tsquery AND id + 0 BETWEEN %s AND %s {spans} ORDER BY id + 0 DESC LIMIT %s
        ) AS found
    """
    tags_column = "json_agg(tags)::text"
    spans = f"AND {EXPRESSION} && %s::bigint[]"
    start_statement = (
        "SELECT id FROM search_entry_comments WHERE id BETWEEN %s AND %s ORDER BY id DESC OFFSET %s LIMIT 1"
    )
    ends_statement = "SELECT min(id), max(id) FROM search_entry_comments WHERE id BETWEEN %s AND %s"
    tags_statement = """
        SELECT essay::text, tags FROM search_entry_essays WHERE essay = ANY(%s::bigint[]) AND id BETWEEN %s AND %s
    """

    @contextmanager
    def session(self) -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0")
            yield

    def newest(self, match: Match, first: int, last: int, limit: int) -> list[Row]:
        with connection.cursor() as cursor:
            if kind_of(last) != Kind.COMMENT:  # there are not so many essays and notes
                return self.read(cursor, match, first, last, limit)
            rows = list[Row]()
            is_all = first == Kind.COMMENT << TIME_BITS + NUMBER_BITS
            first, last = self.ends(cursor, first, last)
            size: float = limit * SPARE
            start = self.start(cursor, first, last, size)
            for number in range(MAX_WINDOWS):
                if start <= first:
                    break
                found = self.read(cursor, match, start, last, limit - len(rows), spans_of(start, last))
                rows += found
                if len(rows) == limit:
                    return rows
                needed = (limit - len(rows)) / len(found) * SPARE if found else AFTER_NONE
                length, last = last - start, start - 1
                if number == 0:
                    start = self.start(cursor, first, last, size * min(needed, MOST))
                else:
                    start = last - int(length * max(needed, LEAST))
            has_many = not is_all or len(rows) > limit / 2  # else it costs less to read what was read before again
            spans = spans_of(first, last) if has_many else []
            return rows + self.read(cursor, match, first, last, limit - len(rows), spans)

    def ends(self, cursor: Any, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last key of the comments with keys from first to last."""
        cursor.execute(self.ends_statement, [first, last])
        oldest, newest = cursor.fetchone()
        return oldest or first, newest or last

    def start(self, cursor: Any, first: int, last: int, size: float) -> int:
        """Return where a window with so many of the newest comments starts, or the first key of fewer."""
        cursor.execute(self.start_statement, [first, last, int(size)])
        return (cursor.fetchone() or [first])[0]  # type: ignore[no-any-return]

    def read(
        self, cursor: Any, match: Match, first: int, last: int, limit: int, spans: Sequence[int] = ()
    ) -> list[Row]:
        """Return what matches with keys from first to last, which are in these spans, if any are given."""
        kind = kind_of(last)
        statement = self.statement.format(
            table=TABLES[kind],
            tags=self.tags_column if kind == Kind.ESSAY else "NULL::text",
            spans=self.spans if spans else "",
        )
        asked = [f"{{{','.join(map(str, spans))}}}"] if spans else []
        cursor.execute(statement, [combine_words(match), first, last, *asked, limit])
        return split_rows(*cursor.fetchone())

    def tags(self, essays: Iterable[str], first: int, last: int) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(self.tags_statement, [f"{{{','.join(essays)}}}", first, last])
            return list(cursor.fetchall())


def kind_of(key: int) -> Kind:
    """Return the kind of the text with this key."""
    return Kind(key >> TIME_BITS + NUMBER_BITS)


def split_rows(ids: str | None, essays: str, authors: str, tags: str | None) -> list[Row]:
    """Return the rows whose columns were joined. Only essays have tags, as JSON."""
    if ids is None:
        return []
    columns = ids.split(" "), essays.split(" "), authors.split("\n")
    return list(zip(*columns, json.loads(tags) if tags else repeat(""), strict=False))


def combine_words(match: Match) -> str:
    """Return a `tsquery`."""
    return combine(match, "'{}'", " | ", " & ")


def combine(match: Match, quoted: str, either: str, both: str) -> str:
    """Return a query in a database's own syntax. Tokens have only letters and digits, so that quotes suffice."""
    return both.join(f"({either.join(quoted.format(token) for token in some)})" for some in match)


def get_backend() -> Backend:
    """Return the backend of the site's database."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()
