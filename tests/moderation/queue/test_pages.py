"""The queue's pages: no comment is skipped or shown twice, whatever is decided between two pages."""

import re
from collections.abc import Callable, Iterator
from itertools import chain

import pytest

from blog.models import Essay
from comments.models import Comment
from comments.models.comment import UNSCORED
from tests.moderation.desk import QUEUE, QueueClient, create_pending, listed_keys

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Decide = Callable[[list[int]], None]


def linked(html: str, rel: str) -> str:
    """The address of the next or previous page; empty where there is none."""
    found = re.search(rf'<a href="([^"]+)" rel="{rel}">', html)
    return found[1].replace("&amp;", "&") if found else ""


def pages(queue_client: QueueClient, address: str, decide: Decide, rel: str = "next") -> Iterator[list[int]]:
    """The comments of each page. Decides about a whole page before following the link in its loaded HTML."""
    while address:
        html = queue_client.open(address)
        yield listed_keys(html)
        decide(listed_keys(html))
        address = linked(html, rel)


def mark_as_spam(keys: list[int]) -> None:
    Comment.objects.filter(pk__in=keys).update(status="spam", reports=0)


def leave(keys: list[int]) -> None:
    """Decide nothing."""


@pytest.mark.both
@pytest.mark.parametrize("decide", [mark_as_spam, leave])
def test_176_pending_comments_are_each_shown_once(queue_client: QueueClient, essay: Essay, decide: Decide) -> None:
    keys = [comment.pk for comment in create_pending(essay, 176)]
    assert list(chain.from_iterable(pages(queue_client, QUEUE, decide))) == keys


@pytest.mark.both
@pytest.mark.parametrize(
    ("query", "decide"),
    [
        ("", leave),
        ("order=newest", mark_as_spam),
        ("order=likeliest", mark_as_spam),
        ("order=likeliest", leave),
        ("order=reported", mark_as_spam),
        ("status=all", mark_as_spam),
        ("status=all&order=oldest", mark_as_spam),
        ("status=reported", mark_as_spam),
        ("status=mine&order=likeliest", leave),
        ("q=Held", mark_as_spam),
        ("reason=first&order=newest", mark_as_spam),
        ("page=1", mark_as_spam),
    ],
)
def test_no_comment_is_skipped_in_any_order_tab_or_search(
    queue_client: QueueClient, essay: Essay, query: str, decide: Decide
) -> None:
    keys = [comment.pk for comment in create_pending(essay, 14)]
    essay.authorships.create(author=queue_client.user)
    for number, key in enumerate(keys):
        score = [0.1, 1 / 3, 0.7, UNSCORED][number % 4]
        Comment.objects.filter(pk=key).update(spam_score=score, reports=1 + number % 3)
    first = f"{QUEUE}?per_page=4&{query}"
    expected = listed_keys(queue_client.open(f"{QUEUE}?per_page=100&{query}"))
    assert sorted(expected) == keys
    assert list(chain.from_iterable(pages(queue_client, first, decide))) == expected


@pytest.mark.parametrize("query", ["", "&order=newest", "&order=likeliest"])
def test_the_previous_pages_show_the_remaining_comments(queue_client: QueueClient, essay: Essay, query: str) -> None:
    create_pending(essay, 12)
    address = f"{QUEUE}?per_page=3{query}"
    forward = list(pages(queue_client, address, leave))
    last = address
    while following := linked(queue_client.open(last), "next"):
        last = following
    mark_as_spam([key for page in forward for key in page[:2]])
    back = list(pages(queue_client, last, leave, "prev"))
    assert sorted(chain.from_iterable(back)) == sorted(page[2] for page in forward)


def test_deciding_page_by_page_without_script_reaches_every_comment(queue_client: QueueClient, essay: Essay) -> None:
    comments = create_pending(essay, 11)
    address, shown = f"{QUEUE}?per_page=3&order=newest", []
    while page := listed_keys(queue_client.open(address)):
        shown += page
        address = queue_client.send("trash", *Comment.objects.filter(pk__in=page), at=address)["Location"].split("#")[0]
        if len(shown) == 6:  # follow Next after a decision instead of the redirect
            address = linked(queue_client.open(address), "next")
    left = set(Comment.objects.filter(status="pending").values_list("pk", flat=True))
    assert len(shown) == len(set(shown))
    assert left | set(shown) == {comment.pk for comment in comments}
    assert not left


def test_an_emptied_page_shows_the_nearest_comments(queue_client: QueueClient, essay: Essay) -> None:
    keys = [comment.pk for comment in create_pending(essay, 9)]
    last = linked(queue_client.open(f"{QUEUE}?per_page=6"), "next")
    mark_as_spam(keys[6:])
    html = queue_client.open(last)
    assert listed_keys(html) == keys[:6]
    assert "1–6 of 6" in html
    assert not linked(html, "next")


@pytest.mark.parametrize(
    "query", ["after=x", "after=1,nan", "after=,", "after=1,1e999", "before=²", "before=%00", "after=0"]
)
def test_an_invalid_position_shows_the_first_page(queue_client: QueueClient, essay: Essay, query: str) -> None:
    keys = [comment.pk for comment in create_pending(essay, 2)]
    assert listed_keys(queue_client.open(f"{QUEUE}?order=likeliest&{query}")) == keys
