"""The links after an essay: to the previous and the next one, by date or in its series, and to related ones."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils import timezone

import pagecache
from blog.models import Essay, EssayQuerySet
from server.prepared import Prepared

RELATED = 2
COMPARED = 100  # essays in which related ones are looked for: the newest, as many of each tag, and of the series
COMPARED_TAGS = 10
ONWARD_FIELDS = ("kind", "title", "slug", "deck", "language", "published", "dated", "created")
BESIDE = """
    SELECT id FROM blog_essay AS other WHERE kind = 'essay'
    AND published {0}= blog_essay.published AND (published {0} blog_essay.published OR id {0} blog_essay.id)
"""
PUBLISHED = "SELECT id FROM blog_essay WHERE kind = 'essay' AND published <= %s"
LATEST = f"ORDER BY published DESC LIMIT {COMPARED}"
IN_SERIES = f"SELECT id AS essay_id, NULL AS tag_id FROM ({PUBLISHED} AND series_id = %s {LATEST}) AS of_series"  # noqa: S608
# BETWEEN makes SQLite use the index: by its statistics, it may read all rows to find a hundred with one tag.
TAGGED = f"""
    SELECT * FROM (
        SELECT essay_id, tag_id FROM blog_essay_tags WHERE tag_id BETWEEN %s AND %s LIMIT {COMPARED}
    ) AS tagged
"""  # noqa: S608
NEWEST = f"SELECT essay_id, tag_id FROM ({PUBLISHED} {LATEST}) AS newest JOIN blog_essay_tags ON essay_id = newest.id"  # noqa: S608


LINKED = ("first", "second", "third", "fourth")
ESSAYS = Prepared(
    lambda **keys: Essay.objects.only(*ONWARD_FIELDS).filter(pk__in=[*keys.values()]),
    **{name: models.BigAutoField() for name in LINKED},
)


class Onward(NamedTuple):
    """The essays that an essay's page links to."""

    is_in_series: bool  # whether the previous and the next one are those of its series, or by date
    previous: Essay | None
    next: Essay | None
    related: list[Essay]


def with_neighbors(essays: EssayQuerySet, now: Any) -> EssayQuerySet:
    """Set the keys of the previous and the next essay by date, and when that may change.

    In SQL, because Django takes 3 ms to compile the same subqueries.
    """
    before = f"{BESIDE.format('<')} ORDER BY published DESC, id DESC LIMIT 1"
    after = f"{BESIDE.format('>')} AND published <= %s ORDER BY published, id LIMIT 1"
    change = "SELECT published FROM blog_essay WHERE kind = 'essay' AND published > %s ORDER BY published LIMIT 1"
    columns: dict[str, Any] = {
        "previous_key": RawSQL(before, []),  # noqa: S611 – only parameters vary
        "next_key": RawSQL(after, [now]),  # noqa: S611
        "next_change": RawSQL(change, [now], models.DateTimeField()),  # noqa: S611
    }
    return essays.annotate(**columns)


def get_onward(request: HttpRequest, essay: Essay, series: Any = None) -> Onward:
    """Return the essays to link to; `series` is the essay's position in its series.

    Its page expires when a scheduled essay, which may change this, is published.
    """
    pagecache.expire_page_at(request, essay.next_change)
    is_in_series = series is not None and bool(series.previous_key or series.next_key)
    before, after = (series.previous_key, series.next_key) if is_in_series else (essay.previous_key, essay.next_key)
    related = related_keys(essay, without={before, after})
    keys = [key for key in (before, after, *related) if key]
    wanted = dict(zip(LINKED, [*keys, 0, 0, 0, 0], strict=False))
    found = {other.pk: other for other in ESSAYS.fetch(**wanted)} if keys else {}
    return Onward(
        is_in_series, found.get(before or 0), found.get(after or 0), [found[key] for key in related if key in found]
    )


def related_keys(essay: Essay, *, without: set[int | None]) -> list[int]:
    """Return the keys of essays of its series, then of those that share the most tags, the newest first among equals.

    Translations of the essay are left out. The query reads a bounded number of rows however many essays there are:
    COALESCE keeps the databases from reading all published ones by an index.
    """
    tags = [tag.pk for tag in essay.shown_tags[:COMPARED_TAGS]]
    if not tags and not essay.series_id:
        return []
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    own = essay.translation_of_id or essay.pk or 0
    others = {key for key in (own, essay.pk, *without) if key} or {0}
    query = f"""
        SELECT essay_id FROM (
            SELECT essay_id, COUNT(CASE WHEN tag_id IN ({marks(tags) or 0}) THEN 1 END) AS shared,
                COUNT(*) - COUNT(tag_id) AS is_in_series
            FROM ({" UNION ".join([IN_SERIES, *[TAGGED] * len(tags), NEWEST])}) AS compared
            GROUP BY essay_id
        ) AS counted LEFT JOIN blog_essay ON id = essay_id
        WHERE shared + is_in_series > 0 AND essay_id NOT IN ({marks(others)})
        AND COALESCE(kind = 'essay' AND published <= %s, FALSE) AND COALESCE(translation_of_id, 0) <> %s
        ORDER BY is_in_series DESC, shared DESC, published DESC, id DESC LIMIT {RELATED}
    """  # noqa: S608 – only parameters vary
    ranges = [end for tag in tags for end in (tag, tag)]
    with connection.cursor() as cursor:
        cursor.execute(query, [*tags, now, essay.series_id or 0, *ranges, now, *others, now, own])
        return [key for (key,) in cursor.fetchall()]


def marks(values: Collection[int]) -> str:
    """Return as many placeholders for SQL."""
    return ", ".join(["%s"] * len(values))
