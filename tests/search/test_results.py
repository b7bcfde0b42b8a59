"""What a search finds and in which order: these expectations hold on both databases."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from blog import indexing
from blog.models import Tag
from search import results
from search.backends import SQLite, get_backend
from search.indexing import add, build, key_range
from search.models import Entry, Kind
from search.queries import Query
from tests import make, plans
from tests.search.finding import found, get
from tests.services.databases import is_sqlite

pytestmark = pytest.mark.django_db

ESSAYS: list[dict[str, Any]] = [
    {"slug": "titled", "title": "The Orchard", "body": "<p>Of trees and a promise.</p>", "day": 1},
    {"slug": "tagged", "title": "Of Fruit", "body": "<p>A quiet promise.</p>", "tags": ["Orchards"], "day": 2},
    {"slug": "often", "title": "Apples", "body": "<p>The orchard. An orchard, and orchards; a promise.</p>", "day": 3},
    {"slug": "once", "title": "Cellars", "body": "<p>Beside the orchard, promising.</p>", "day": 4},
    {
        "slug": "noted",
        "title": "Cited",
        "day": 5,
        "body": '<p>See below.<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></p>'
        '<section role="doc-endnotes"><ol><li id="note-1"><p>Chekhov’s orchard.</p></li></ol></section>',
    },
    {"slug": "pomme", "title": "Le café", "body": "<p>L’homme naïf aimait ses maisons élevées.</p>", "language": "fr", "day": 6},
    {"slug": "dao", "title": "道德經", "body": "<p>道可道，非常道。名可名，非常名。</p>", "language": "zh", "day": 7},
    {"slug": "sochineniya", "title": "Письма", "body": "<p>Старые книги и ёлки.</p>", "language": "ru", "day": 8},
    {"slug": "rasail", "title": "رسائل", "body": "<p>كَتَبَ الكاتب كتاباً طويلاً.</p>", "language": "ar", "day": 9},
]  # fmt: skip


@pytest.fixture(scope="module")
def _library(module_database: None) -> None:
    make.site(language="en")
    make.rules()
    author = make.author("wanda", name="Wanda Koch")
    for row in ESSAYS:
        fields = {name: value for name, value in row.items() if name not in {"day", "tags"}}
        day = datetime(2025 if row["day"] < 3 else 2026, 1, row["day"], tzinfo=UTC)
        essay = make.essay(**fields, published=day)
        essay.authorships.create(author=author)
        essay.tags.set([Tag.objects.ensure(tag) for tag in row.get("tags", [])])
        indexing.index(essay)
        if row["slug"] == "titled":
            make.comment(essay, "An orchard *never* sold, and nobody’s promise.")
            make.comment(essay, "Words about something else.")


@pytest.fixture(autouse=True)
def _use(db: None, _library: None) -> None:
    """The essays above."""


def slugs(q: str, **more: Any) -> list[str]:
    return [address.rstrip("/").rpartition("/")[2].partition("#")[0] or "note" for address in found(q, **more)]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("orchard", ["titled", "tagged", "often", "once", "note", "comment"]),
        ("ORCHARDS promises", ["titled", "tagged", "often", "once", "comment"]),
        ("orchard trees", ["titled"]),
        ("orchard nowhere", []),
        ('"quiet promise"', ["tagged"]),
        ('"promise quiet"', []),
        ('"an orchard and"', ["often"]),
        ('"the orchard, promising"', ["once"]),
        ('"the orchard and"', []),  # both pairs occur, but apart
        ("cafe", ["pomme"]),
        ("MAISON naif", ["pomme"]),
        ("道德", ["dao"]),
        ("非常名", ["dao"]),
        ("名非", []),
        ("道", ["dao"]),
        ("книга елка", ["sochineniya"]),
        ("كتب", ["rasail"]),
        ("Of Fruit", ["tagged"]),
    ],
)
def test_a_query_finds_these_texts_in_this_order(q: str, expected: list[str]) -> None:
    kinds = ["comment" if address.startswith("/comments/") else address for address in found(q)]
    short = [kind if kind == "comment" else "note" if "#" in kind else kind.split("/")[-2] for kind in kinds]
    assert short == expected


def test_results_can_be_sorted_by_time_and_filtered() -> None:
    assert slugs("orchard", order="newest")[1:] == ["note", "once", "often", "tagged", "titled"]
    assert len(slugs("orchard", kind="comments")) == 1
    assert slugs("orchard", kind="essays", year=2025) == ["tagged", "titled"][::-1]
    assert slugs("promise", tag="orchards") == ["tagged"]
    author = User.objects.get(username="wanda").pk
    assert "/comments/" not in "".join(found("orchard", author=f"u{author}"))
    page = get("orchard").content.decode()
    assert ">Essays</a> <span>4</span>" in page
    assert ">2025</a>" not in page
    assert "<bdi>2025</bdi></a> <span>2</span>" in page
    assert "<bdi>Wanda Koch</bdi></a> <span>5</span>" in page


def test_matches_are_marked_and_everything_else_is_escaped() -> None:
    make.essay("<b>Bold</b> & Orchards", body="<p>1 &lt; 2 in the orchards of &amp; beyond.</p>")
    page = get("orchard bold").content.decode()
    assert "&lt;b&gt;<mark>Bold</mark>&lt;/b&gt; &amp; <mark>Orchards</mark>" in page
    assert "1 &lt; 2 in the <mark>orchards</mark> of &amp; beyond." in page


def test_a_misspelled_word_is_corrected_if_that_finds_something() -> None:
    assert 'Did you mean <a href="/search/?q=orchard%20promise">' in get("orcahrd promise").content.decode()


def test_of_many_comments_the_newest_are_listed_and_filters_find_older_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "COMMENTS", 2)
    monkeypatch.setattr(results, "FILTERED", 3)
    other = make.essay("Elsewhere")
    by = [make.guest("Ida"), make.guest("Otto"), make.guest("Ida"), make.guest("Uma"), make.guest("Otto")]
    for number, commenter in enumerate(by):
        commenter.save()
        time = datetime(2016 + 2 * number, 5, 1, tzinfo=UTC)
        add(
            build(
                Kind.COMMENT, time=time, essay=other.pk, number=number, address=f"/comments/{number}/",
                authors=[f"c{commenter.pk}"], language="en", text="Marrow.",
            )
        )  # fmt: skip
    page = get("marrow").text
    assert "2 results" in page
    assert "We list only the newest results of each kind. Choose a year to see older ones." in page
    assert "We list only" not in get("marrow", kind="essays").text
    assert "Choose a year" not in get("marrow", year=2024).text
    assert found("marrow") == ["/comments/4/", "/comments/3/"]
    assert re.findall(r"<bdi>(\d{4})</bdi></a>(?! <span>)", page) == [str(year) for year in range(2024, 2015, -1)]
    assert found("marrow", year=2018) == ["/comments/1/"]
    assert found("marrow", author=f"c{by[2].pk}") == ["/comments/2/"]
    assert found("marrow", author=f"c{by[0].pk}") == []  # not among the newest three


def test_comments_of_hidden_essays_are_not_found() -> None:
    later = make.essay("Later")
    make.comment(later, "Marrow.")
    assert len(found("marrow")) == 1
    later.published = None
    later.save()
    indexing.index(later)
    assert found("marrow") == []


def test_only_the_newest_texts_are_ranked_if_too_many_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "LIMIT", 2)
    page = get("orchard").content.decode()
    assert "newest results of each kind" in page
    assert slugs("orchard", kind="essays") == ["often", "once"]


@pytest.fixture
def _old_statistics() -> Iterator[None]:
    """Statistics that SQLite gathered when there was only one text."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_entry")
        cursor.execute("UPDATE sqlite_stat1 SET stat = '1 1 1 1 1' WHERE idx = 'search_entry_narrow'")
        cursor.execute("ANALYZE sqlite_schema")
    yield
    with connection.cursor() as cursor:  # they are read by every later test
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_schema")


@pytest.mark.skipif(not is_sqlite(os.environ["DATABASE_URL"]), reason="PostgreSQL is left no choice")
@pytest.mark.usefixtures("_old_statistics")
def test_matches_are_read_first_whatever_the_statistics() -> None:
    with connection.cursor() as cursor:
        query = SQLite.statement.format(tags=SQLite.tags_column)
        cursor.execute(f"EXPLAIN QUERY PLAN {query}", ['("worchard")', *key_range(Kind.COMMENT), 5])
        steps = [step for *_, step in cursor.fetchall() if "search_" in step or "entry" in step]
    assert steps[0].startswith("SCAN search_index")
    assert "search_entry_narrow (id=?)" in steps[1]


@pytest.fixture(scope="module")
def _years_of_comments(module_database: None) -> None:
    """Comments of twelve years, some far apart, some within hours; willows are in three times of them."""
    random = Random(3)
    for number in range(240):
        time = datetime(2012, 1, 1, tzinfo=UTC) + timedelta(
            days=random.choice([number * 18, 3000, 4000]), seconds=number
        )
        text = "Willows." if number % 3 and number // 40 in {0, 3, 4} else "Alders."
        add(
            build(
                Kind.COMMENT, time=time, essay=1, number=number, address="/", authors=["c1"], language="en", text=text
            )
        )


@pytest.mark.usefixtures("_years_of_comments")
@pytest.mark.parametrize("limit", [1, 2, 5, 12, 30, 70, 200])
@pytest.mark.parametrize("years", [None, (2012, 2012), (2014, 2019), (2020, 2020), (2022, 2024), (2030, 2031)])
def test_the_newest_matches_are_found_wherever_they_are(years: tuple[int, int] | None, limit: int) -> None:
    times = [datetime(years[0], 1, 1, tzinfo=UTC), datetime(years[1], 12, 31, tzinfo=UTC)] if years else []
    bounds = key_range(Kind.COMMENT, *times)
    for word in ("willows", "alders", "nowhere"):
        texts = Entry.objects.filter(id__range=bounds, text=f"{word.capitalize()}.").order_by("-id")
        expected = [(str(key), "1", "c1") for key in texts.values_list("id", flat=True)[:limit]]
        with get_backend().session():
            rows = get_backend().newest(Query.parse(word).match(["en"]), *bounds, limit)
        assert [row[:3] for row in rows] == expected


@pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite lists the newest matches first")
@pytest.mark.usefixtures("_years_of_comments")
def test_of_many_matches_only_some_are_read() -> None:
    match, until = Query.parse("alders").match(["en"]), datetime(2019, 12, 31, tzinfo=UTC)
    with get_backend().session():
        with plans.queries() as queries:
            get_backend().newest(match, *key_range(Kind.COMMENT, until=until), 10)
        assert 10 <= sum(query.rows_read("search_entry_comments") for query in queries if "tsquery" in query.sql) < 40


@pytest.mark.parametrize("q", ["-orchard", "promise -orchard", 'promise -"the orchard"'])
def test_a_minus_sign_excludes_nothing_and_the_page_says_so(q: str) -> None:
    assert found(q) == found(q.replace("-", ""))
    sentence = "A minus sign doesn’t exclude a word."
    assert sentence in get(q).text
    assert sentence in get(f"{q} zebra").text
    assert sentence not in get("self-portrait orchard - promise -1").text
