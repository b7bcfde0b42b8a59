"""How likes are shown: their wording, a page of their own, and sorting threads by likes."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Commenter
from blog.models import Essay
from comments.likes import rendering as likes_rendering
from comments.models import Comment, Discussion, Like
from tests import make
from tests.comments.browser_client import Browser, redirect_path, text_of
from tests.comments.like_buttons import (
    add_likes,
    like_button,
    like_count,
    like_path,
    likes_element,
    likes_sentence,
    press_like,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Wording


BLOGGERS = {
    (0, False): "Be the first to like this.",
    (1, False): "One blogger likes this.",
    (2, False): "2 bloggers like this:",
    (3, False): "3 bloggers like this:",
    (5, False): "5 bloggers like this:",
    (6, False): "6 bloggers like this:",
    (1, True): "You like this.",
    (2, True): "You and one other blogger like this.",
    (3, True): "You and 2 other bloggers like this:",
    (6, True): "You and 5 other bloggers like this:",
}
OTHERS = {
    "reader": [("blogger", "reader")],
    "person": [("one blogger", "one person"), ("One blogger", "One person"), ("one other blogger", "one other person"),
               ("bloggers", "people")],
}  # fmt: skip


@pytest.mark.parametrize("likers", ["blogger", "reader", "person"])
def test_likes_are_described_with_the_owners_noun(likers: str) -> None:
    for (number, is_liked), sentence in BLOGGERS.items():
        expected = sentence
        for old, new in OTHERS.get(likers, []):
            expected = expected.replace(old, new)
        assert likes_rendering.describe_likes(likers, number, is_liked=is_liked) == expected


@pytest.mark.parametrize("others", [0, 1, 2, 5])
def test_an_essay_shows_who_likes_it(essay: Essay, guest: Browser, reader: Browser, others: int) -> None:
    add_likes(essay, others)
    assert likes_sentence(guest.read(essay), essay) == BLOGGERS[others, False]
    assert press_like(reader, essay).status_code == 303
    assert likes_sentence(reader.read(essay), essay) == BLOGGERS[others + 1, True]
    assert likes_sentence(guest.read(essay), essay) == BLOGGERS[others + 1, False]
    assert like_count(essay) == others + 1


def test_a_comments_button_names_its_author_and_shows_its_state(
    essay: Essay, comment: Comment, reader: Browser, guest: Browser
) -> None:
    add_likes(comment, 2)
    before = like_button(reader.read(essay), comment)
    assert (before.get("aria-label"), before.get("aria-pressed"), before.text) == (
        "Like this comment by Ines <b>Okafor", "false", "Like",
    )  # fmt: skip
    answer = press_like(reader, comment)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/comments/{comment.pk}/")
    page = reader.read(essay)
    after = like_button(page, comment)
    assert (after.get("aria-label"), after.get("aria-pressed"), after.text) == (
        "You like this comment by Ines <b>Okafor", "true", "Liked",
    )  # fmt: skip
    assert text_of(likes_element(page, comment)) == "Liked 3"
    assert like_button(guest.read(essay), comment).get("aria-pressed") == "false"


def test_the_page_contains_the_other_state_for_javascript(essay: Essay, reader: Browser, guest: Browser) -> None:
    add_likes(essay, 1)
    (sentence,) = [part for part in likes_element(reader.read(essay), essay).iter("a") if part.get("data-other")]
    assert sentence.get("data-other") == "You and one other blogger like this."
    # no other state for visitors who may not be allowed to like
    assert not [part for part in likes_element(guest.read(essay), essay).iter() if part.get("data-other")]


# Without JavaScript


def test_the_likes_page_shows_button_and_people(
    essay: Essay, comment: Comment, reader: Browser, guest: Browser
) -> None:
    add_likes(comment, 2)
    for target, told in ((essay, "Be the first to like this."), (comment, "2 bloggers like this:")):
        page = guest.read(like_path(target))
        assert (page.status, told in page.text) == (200, True)
        (form,) = [form for form in page.all("form") if form.get("method") == "post"]
        address = str(form.get("action"))
        (only,) = form.iter("button")
        assert reader.post(address, {str(only.get("name")): str(only.get("value"))}).status_code == 303
    assert (like_count(essay), like_count(comment)) == (1, 3)
    assert "Reader 0" in page.text


@pytest.mark.both
def test_the_list_names_sixty_people_and_counts_the_others(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    for number in range(3):
        press_like(Browser(address=f"198.51.{number}.1"), essay)
    with transaction.atomic():
        rows = Commenter.objects.bulk_create(Commenter(name=f"Named {number}.") for number in range(61))
        Like.objects.bulk_create(Like(commenter=row, essay=essay) for row in rows)
        Discussion.objects.filter(essay=essay).update(likes=64)
    page = guest.read(like_path(essay))
    assert len(list(page.only("section[@class='likers']").iter("li"))) == 60
    assert "Named 0." not in page.text
    assert "Named 60." in page.text
    assert "64 bloggers like this:" in page.text
    assert "And 3 guests. And 1 more." in page.text


def test_liking_keeps_the_sort_order(essay: Essay, comment: Comment, reader: Browser) -> None:
    make.comment(essay)
    page = reader.read(f"{essay.get_absolute_url()}?order=newest")
    action = str(next(likes_element(page, comment).iter("form")).get("action"))
    answer = reader.post(action, {"like": 1})
    assert answer.headers["Location"] == f"/comments/{comment.pk}/?order=newest"


def test_javascript_receives_the_button_alone(essay: Essay, comment: Comment, reader: Browser) -> None:
    answer = press_like(reader, essay, fragment=1)
    assert (answer.status_code, answer.content.decode().startswith("<section")) == (200, True)
    assert "You like this." in answer.content.decode()
    answer = press_like(reader, comment, fragment=1)
    assert answer.content.decode() in reader.get(essay.get_absolute_url()).content.decode()


# Order, queries, languages


@pytest.fixture
def five(essay: Essay) -> list[Comment]:
    """Threads with 0, 2, 1, 2 and 0 likes."""
    roots = make.create_thread(essay, *[None] * 5)
    for root, likes in zip(roots, (0, 2, 1, 2, 0), strict=True):
        add_likes(root, likes)
    return roots


@pytest.mark.both
def test_threads_are_sorted_by_likes_then_newest(essay: Essay, five: list[Comment], guest: Browser) -> None:
    reply = make.comment(essay, to=five[0])
    add_likes(reply, 3)  # only likes of the root count for sorting
    expected = [five[3].pk, five[1].pk, five[2].pk, five[4].pk, five[0].pk, reply.pk]
    address = f"{essay.get_absolute_url()}?order=liked"
    assert guest.read(address).comment_keys == expected
    make.rules(threads_a_page=2)
    pages = [guest.read(f"{address}&cpage={number}") for number in (1, 2, 3)]
    assert [pk for page in pages for pk in page.comment_keys] == expected
    assert "Less Popular Comments" in pages[0].text
    for page in pages:
        for pk in page.comment_keys:
            onward = guest.get(f"/comments/{pk}/?order=liked")
            assert "order=liked" in onward.headers["Location"]
            assert guest.read(redirect_path(onward)).comment_keys == page.comment_keys


@pytest.mark.both
def test_ones_own_pending_comment_is_on_the_first_page(essay: Essay, five: list[Comment]) -> None:
    make.rules(threads_a_page=2, hold_everything=True)
    browser = Browser()
    held = browser.post_comment(essay, remember="on")
    page = browser.read(f"/comments/{held.pk}/?order=liked")
    assert page.comment_keys == [five[3].pk, five[1].pk, held.pk]


@pytest.mark.both
@pytest.mark.parametrize("comments", [1, 12])
def test_a_page_needs_one_query_for_ones_own_likes(essay: Essay, reader: Browser, comments: int) -> None:
    for _ in range(comments):
        add_likes(make.comment(essay), 1)
    add_likes(essay, 1)
    reader.read(essay)
    with CaptureQueriesContext(connection) as captured:
        reader.read(essay)
    asked = [query["sql"] for query in captured if '"comments_like"' in query["sql"]]
    assert len(asked) == 2, asked  # with the essay's discussion, and with the thread
    assert len(captured) <= 12
