"""The queries of a discussion read little more than they show, whatever statistics the database has."""

import re

import pytest
from django.db import connection

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment
from tests import make, plans
from tests.bench import corpus
from tests.comments.browser_client import Browser

pytestmark = pytest.mark.django_db

LARGE, PEOPLE = 1_500, 900
OTHERS, EACH = 12, 60


@pytest.fixture(scope="module")
def _corpus(module_database: None) -> list[int]:
    """Create one long discussion by many guests and short ones, so that averages mislead the planner."""
    made = [corpus.essay(LARGE, people=PEOPLE, depth=4)]
    made += [corpus.essay(EACH, seed=seed + 2, people=20) for seed in range(OTHERS)]
    return [essay.pk for essay in made]


@pytest.fixture(params=["without statistics", "with statistics"])
def essays(request: pytest.FixtureRequest, db: None, _corpus: list[int]) -> list[Essay]:
    corpus.clear_statistics()
    if request.param == "with statistics":
        corpus.gather_statistics()
    return list(Essay.objects.filter(pk__in=_corpus).order_by("pk"))


def has_statistics() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = 'comments_comment'")
        return bool(cursor.fetchone()[0])


def about(found: list[plans.Query], *words: str) -> plans.Query:
    """Return the first query that contains all of these."""
    return next(query for query in found if all(word in query.sql for word in words))


def check(found: list[plans.Query], most: int = 900) -> None:
    """Check that no table is read in full, and no more comments than a page of fifty threads has."""
    for query in found:
        if connection.vendor == "sqlite":
            assert query.scans() == [], f"{query.plan()}\n{query.sql}"
        elif query.sql.startswith("SELECT"):
            assert query.rows_read("comments_comment") <= most, f"{query.plan()}\n{query.sql}"


@pytest.mark.parametrize(
    ("order", "index"),
    [("oldest", "comment_shown_roots"), ("newest", "comment_shown_roots"), ("liked", "comment_liked_roots")],
)
def test_the_threads_of_a_page_are_found_by_their_index(essays: list[Essay], order: str, index: str) -> None:
    for essay in (essays[0], essays[-1]):
        with plans.queries() as found:
            assert Browser().get(f"{essay.get_absolute_url()}?order={order}").status_code == 200
        check(found)
        roots = about(found, '"readable" > ', "LIMIT 50").plan()
        assert index in roots or (connection.vendor == "postgresql" and "comment_shown_roots" in roots), roots
        assert "comment_replies" not in roots


def test_replies_by_the_author_are_found_by_the_authors_index(essays: list[Essay]) -> None:
    with plans.queries() as found:
        Browser().get(essays[0].get_absolute_url())
    plan = about(found, "CROSS JOIN").plan()
    if connection.vendor == "sqlite":
        assert "said USING COVERING INDEX comment_under_by (essay_id=? AND commenter_id=? AND status=?)" in plan, plan
    with plans.queries() as found:
        Browser().get(f"{essays[0].get_absolute_url()}?by=author")
    check(found, most=50)


def test_the_newest_comments_are_found_by_their_indexes(essays: list[Essay]) -> None:
    thread = Comment.objects.filter(essay=essays[-1], parent=None).first()
    assert thread
    for address, index in (
        ("/comments/feed/", "comment_newest"),
        (f"{essays[0].get_absolute_url()}feed/", "comment_newest_under"),
        (f"{essays[-1].get_absolute_url()}feed/", "comment_newest_under"),
        (f"/comments/{thread.pk}/feed/", "tree_id"),
    ):
        with plans.queries() as found:
            assert Browser().get(address).status_code == 200
        if connection.vendor == "postgresql" and not has_statistics():
            continue  # without statistics PostgreSQL may sort all of these few rows
        check(found, most=60)
        plan = about(found, "LIMIT 10").plan()
        assert re.search(rf"{index}\b" if index != "tree_id" else "tree_id", plan), f"{address}\n{plan}"


def test_a_permalink_is_resolved_without_reading_other_comments(essays: list[Essay]) -> None:
    last = Comment.objects.filter(essay=essays[0]).latest("pk")
    with plans.queries() as found:
        assert Browser().get(f"{essays[0].get_absolute_url()}?comment={last.pk}").status_code == 200
    check(found, most=LARGE)  # the threads before its own are counted in the index


def test_a_thread_is_locked_without_reading_its_essay(essays: list[Essay]) -> None:
    last = Comment.objects.filter(essay=essays[0]).exclude(parent=None).latest("pk")
    for commenter in (None, last.commenter):
        with plans.queries() as found:
            root, comment = Comment.objects.lock_thread(last.pk, essays[0], commenter=commenter)
        assert root
        assert comment == last
        check(found, most=4)
        assert "essay_id" not in about(found, '"tree_id" = ').plan()


def test_the_page_of_replies_reads_only_the_comments_that_it_shows(essays: list[Essay]) -> None:
    reader = make.user()
    mine = make.comment(essays[0], by=Commenter.objects.for_user(reader))
    reply = make.comment(essays[0], to=mine)
    browser = Browser(user=reader)
    with plans.queries() as found:
        assert reply.wording
        assert reply.wording.text in browser.get("/replies/").content.decode()
    page = about(found, "tally AS")
    if connection.vendor == "sqlite":
        assert not [step for step in page.scans() if "comments_comment" in step or "comments_wording" in step]
    else:
        assert page.rows_read("comments_comment") <= 50, page.plan()
        assert page.rows_read("comments_wording") <= 50, page.plan()
