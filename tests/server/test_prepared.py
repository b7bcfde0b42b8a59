"""Prepared queries: the same rows as the query they were built from, whatever the values, and built once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, Value

from blog.models import Authorship, Essay, Tag
from server.prepared import Parameter, Prepared
from tests import make

pytestmark = pytest.mark.django_db


def test_rows_equal_those_of_the_query_for_each_value() -> None:
    essays = [make.essay(f"Number {number}", by=make.author(f"writer{number}")) for number in range(3)]
    built = []

    def by_essay(essay: Parameter | int) -> models.QuerySet[Authorship]:
        built.append(essay)
        return Authorship.objects.filter(essay=essay)  # with the author and the author's profile

    query = Prepared(by_essay, essay=models.BigAutoField())
    for essay in essays:
        (found,) = query.fetch(essay=essay.pk)
        assert found == Authorship.objects.get(essay=essay)
        assert found.author.username == essay.bylines[0].username
        assert "author" in found._state.fields_cache
    assert query.fetch(essay=0) == []
    assert query.first(essay=0) is None
    assert len(built) == 1


def test_times_annotations_and_values_pass_through() -> None:
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    first, second = (make.essay(f"At {hour}", published=noon + timedelta(hours=hour)) for hour in (0, 1))
    first.tags.add(Tag.objects.ensure("100% “sure”; DROP"))
    tagged = Exists(Tag.objects.filter(essays=OuterRef("pk")))
    until = Prepared(
        lambda now: Essay.objects.filter(published__lte=now).order_by("pk").annotate(is_tagged=tagged),
        now=models.DateTimeField(),
    )
    assert until.fetch(now=noon) == [first]
    found = until.fetch(now=noon + timedelta(hours=1))
    assert found == [first, second]
    assert [essay.is_tagged for essay in found] == [True, False]  # type: ignore[attr-defined]
    assert found[0].published == noon
    named = Prepared(
        lambda name: Tag.objects.filter(name=name).values_list("pk", "name", Value(1)), name=models.CharField()
    )
    (tag,) = first.tags.all()
    assert named.fetch(name=tag.name) == [(tag.pk, tag.name, 1)]
    assert named.fetch(name="100%") == []


needs_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite’s module does this by itself")


@needs_postgres
def test_postgresql_prepares_a_statement_once_for_all_values_and_knows_its_constants() -> None:
    query = Prepared(
        lambda slug, number: Tag.objects.filter(Q(slug=slug) | Q(pk=number) | Q(name="100%s “sure”")),
        slug=models.CharField(), number=models.BigIntegerField(),
    )  # fmt: skip
    for slug, number in (("one", 1), ("two", 2**40), ("three", None)):
        query.fetch(slug=slug, number=number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%100\\%s%%'")
        statements = {statement for (statement,) in cursor.fetchall()}
    assert len(statements) == 1
    assert "$2" in statements.pop()


@needs_postgres
def test_a_connection_whose_plan_is_outdated_is_closed() -> None:
    import psycopg

    from server.postgres import PreparedCursor

    parameters = connection.get_connection_params() | {"prepare_threshold": 1, "autocommit": True}
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters) as other:
        other.execute("CREATE TEMPORARY TABLE words (word varchar(5))")
        PreparedCursor(other, "SELECT word FROM words WHERE word = $1", [0]).execute("", ["one"])
        other.pgconn.exec_(b"ALTER TABLE words ALTER COLUMN word TYPE varchar(9)")  # as another process
        with pytest.raises(psycopg.OperationalError, match="changed"):
            PreparedCursor(other, "SELECT word FROM words WHERE word = $1", [0]).execute("", ["one"])
        assert other.closed
