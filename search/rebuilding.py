"""Rebuilds the index while the site runs, and counts what is missing from it."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from search import sources
from search.indexing import key, key_range
from search.models import Entry, Kind
from search.sources import Source

BATCH = 200


def rebuild() -> int:
    """Index every text again, each batch in its own transaction, and return how many essays and comments there are."""
    count = 0
    for source in sources.sources:
        for keys in batches(source.rows(), "pk"):
            with transaction.atomic():
                source.index([pk for (pk,) in keys])
            count += len(keys)
        remove_outdated(source)
    return count


def remove_outdated(source: Source) -> None:
    """Remove the entries of texts that no longer belong in the index or have another time now."""
    first = key_range(Kind.NOTE if source.kind == Kind.ESSAY else source.kind)[0]
    entries = Entry.objects.filter(id__range=(first, key_range(source.kind)[1]))
    for rows in batches(entries, "id", "essay", "number"):
        with transaction.atomic():
            texts = {(essay if source.kind == Kind.ESSAY else number) for _id, essay, number in rows}
            times = dict(source.rows().filter(pk__in=texts).values_list("pk", source.time_field))
            outdated = [id_ for id_, essay, number in rows if not is_current(id_, essay, number, source, times)]
            Entry.objects.filter(id__in=outdated).delete()


def is_current(id_: int, essay: int, number: int, source: Source, times: dict[int, Any]) -> bool:
    """Return whether an entry has the key of a text with one of these times."""
    time = times.get(essay if source.kind == Kind.ESSAY else number)
    is_note = id_ <= key_range(Kind.NOTE)[1] and source.kind == Kind.ESSAY
    return time is not None and id_ == key(Kind.NOTE if is_note else source.kind, time, essay, number)


def batches(rows: QuerySet[Any], *columns: str) -> Iterator[list[tuple[int, ...]]]:
    """Yield the rows in order of the first column, a unique number, without keeping a cursor open."""
    last = -1
    ordered = rows.order_by(columns[0]).values_list(*columns)
    while found := list(ordered.filter(**{f"{columns[0]}__gt": last})[:BATCH]):
        yield found
        last = found[-1][0]


def count_differences() -> tuple[int, int]:
    """Return how many texts are missing from the index, and how many too many it has."""
    missing = extra = 0
    for source in sources.sources:
        expected = source.rows().count()
        indexed = Entry.objects.filter(id__range=key_range(source.kind)).count()
        missing, extra = missing + max(0, expected - indexed), extra + max(0, indexed - expected)
    return missing, extra
