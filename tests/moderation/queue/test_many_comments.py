"""The queue of a site with very many comments: counts and searches stop at a limit, and indexes find the rest."""

import os

import pytest
from django.test import Client

from blog.models import Essay
from comments.models import Comment
from moderation.queue import filters
from server import counting
from tests import make, plans
from tests.bench import corpus
from tests.moderation.desk import QUEUE, QueueClient, create_pending, listed_keys
from tests.moderation.queue.test_pages import leave, pages
from tests.services.databases import is_sqlite

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ADDRESSES = (
    "", "?status=approved", "?status=spam", "?status=reported", "?status=all", "?age=week", "?age=older", "?q=nowhere", "?reason=first",
    "?order=likeliest", "?status=all&order=reported", "?status=all&age=week", "?status=approved&essay={essay}",
    "?status=all&q=10.1.2.3",
)  # fmt: skip


@pytest.fixture
def _limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every count and search stop at four."""
    monkeypatch.setattr(counting, "LIMIT", 4)
    monkeypatch.setattr(filters, "SEARCHED", 4)


@pytest.mark.usefixtures("_limit")
def test_counts_stop_at_the_limit_and_the_links_do_not(queue_client: QueueClient, essay: Essay) -> None:
    keys = [comment.pk for comment in create_pending(essay, 9)]
    first = queue_client.open(f"{QUEUE}?per_page=2")
    assert "1–2 of 4+" in first
    assert "All that match" in first
    assert [*pages(queue_client, f"{QUEUE}?per_page=2", leave)] == [keys[:2], keys[2:4], keys[4:6], keys[6:8], keys[8:]]
    last = f"{QUEUE}?per_page=2&after={keys[7]}"
    assert "of 4+" not in queue_client.open(last)  # the number of comments before it is not known
    assert [*pages(queue_client, last, leave, "prev")][-1] == keys[:2]
    assert ">4+<" in first  # beside the tab


@pytest.mark.usefixtures("_limit")
def test_words_are_searched_in_the_newest_comments(queue_client: QueueClient, essay: Essay) -> None:
    keys = [comment.pk for comment in create_pending(essay, 5)]
    found = queue_client.open(f"{QUEUE}?q=words")
    assert listed_keys(found) == keys[1:]
    assert "Showing matches among the newest 4 comments only." in found
    assert [*pages(queue_client, f"{QUEUE}?q=words&per_page=2", leave)] == [keys[1:3], keys[3:5]]
    Comment.objects.filter(pk=keys[0]).delete()
    assert "Showing matches among the newest" not in queue_client.open(f"{QUEUE}?q=words")


@pytest.mark.usefixtures("_limit")
@pytest.mark.parametrize("status", ["pending", "spam"])
def test_the_highest_spam_scores_are_found_among_all_comments(
    queue_client: QueueClient, essay: Essay, status: str
) -> None:
    keys = [comment.pk for comment in create_pending(essay, 9)]
    for number, key in enumerate(keys):
        Comment.objects.filter(pk=key).update(spam_score=0.9 - number / 10, status=status)
    address = f"{QUEUE}?status={status}&order=likeliest&per_page=2"
    assert [*pages(queue_client, address, leave)] == [keys[:2], keys[2:4], keys[4:6], keys[6:8], keys[8:]]
    assert "newest 4 comments" not in queue_client.open(address)
    assert "newest 4 comments" in queue_client.open(f"{address}&essay={essay.pk}")


@pytest.mark.parametrize("has_statistics", [False, True], ids=["without statistics", "with statistics"])
def test_lists_are_read_from_an_index(
    queue_client: QueueClient, has_statistics: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "SEARCHED", 10)  # the site has more
    essay = corpus.essay(400)
    for status in ("pending", "spam", "trash"):
        keys = list(Comment.objects.filter(status="approved").values_list("pk", flat=True)[:20])
        Comment.objects.filter(pk__in=keys).update(status=status, removed_by="moderator" if status == "trash" else "")
    make.comment(essay)
    corpus.clear_statistics()
    if has_statistics:
        corpus.gather_statistics()
    for address in ADDRESSES:
        with plans.queries() as found:
            queue_client.open(f"{QUEUE}{address.format(essay=essay.pk)}")
        for query in found:
            scans = [step for step in query.scans() if "comments_" in step and "comment_reported" not in step]
            is_limited = "LIMIT" in query.sql and "FOR ORDER BY" not in query.plan()
            assert scans == [] or is_limited, f"{address}\n{query.plan()}\n{query.sql}"


@pytest.mark.parametrize("has_statistics", [False, True], ids=["without statistics", "with statistics"])
@pytest.mark.parametrize("place", ["", "&after=1,0.5"], ids=["first page", "later page"])
def test_the_highest_spam_scores_are_read_in_order(queue_client: QueueClient, has_statistics: bool, place: str) -> None:
    corpus.essay(2_000)
    Comment.objects.filter(pk__gt=500).update(status="pending", spam_score=0.2)
    corpus.clear_statistics()
    if has_statistics:
        corpus.gather_statistics()
    with plans.queries() as found:
        queue_client.open(f"{QUEUE}?order=likeliest{place}")
    (listed,) = [query for query in found if '"weight" FROM' in query.sql and "LIMIT 21" in query.sql]
    assert "comment_by_score" in listed.plan()
    assert "sort" not in listed.plan().lower()
    assert "for order by" not in listed.plan().lower()


@pytest.mark.skipif(not is_sqlite(os.environ["DATABASE_URL"]), reason="PostgreSQL reads so few rows without an index")
@pytest.mark.parametrize("has_statistics", [False, True], ids=["without statistics", "with statistics"])
@pytest.mark.parametrize(
    ("tab", "step"),
    [
        ("pending", "USING COVERING INDEX comment_under (essay_id=? AND status=?)"),
        ("spam", "USING COVERING INDEX comment_under (essay_id=? AND status=?)"),
        ("reported", "USING INDEX comment_reported"),
        ("appealed", "USING INTEGER PRIMARY KEY (rowid=?)"),
    ],
)
def test_authors_of_many_comments_find_a_few_by_an_index(tab: str, step: str, has_statistics: bool) -> None:
    make.rules(authors_moderate=True)
    author = corpus.essay(400).authors.get()
    if has_statistics:
        corpus.gather_statistics()
    with plans.queries() as found:
        QueueClient(Client(), author).open(f"{QUEUE}?status={tab}")
    (listed,) = [query for query in found if '"weight" FROM' in query.sql]
    (counted,) = [query for query in found if "rowcount1" in query.sql]
    assert step in listed.plan()
    assert step in counted.plan()
