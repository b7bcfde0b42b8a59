"""Threads longer than a page: 400 comments are expanded, the rest is one link away, and every comment is found."""

import pytest

from blog.models import Essay
from comments.models import Comment
from comments.threads import pages, tree
from comments.threads.tree import OpenThreads, choose_open_threads
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, Page, redirect_path, text_of
from tests.conftest import RUNS_ALL

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six comments fill a page."""
    monkeypatch.setattr(tree, "MAX_COMMENTS", 6)
    monkeypatch.setattr(pages, "MAX_COMMENTS", 6)


def thread(essay: Essay, replies: int) -> list[Comment]:
    return make.create_thread(essay, None, *[0] * replies)


def rest(page: Page) -> list[tuple[str, str]]:
    links = [link for place in page.all("p[@class='rest']") for link in place.iter("a")]
    return [(text_of(link), str(link.get("href"))) for link in links]


def test_threads_are_expanded_within_the_limit_starting_with_the_requested_ones() -> None:
    assert choose_open_threads([(1, 4), (2, 2), (3, 1)]) == OpenThreads([1, 2], None, [3])
    assert choose_open_threads([(1, 4), (2, 3), (3, 1)]) == OpenThreads([1], None, [2, 3])
    assert choose_open_threads([(1, 9), (2, 1)]) == OpenThreads([], 1, [2])
    assert choose_open_threads([(1, 4), (2, 3), (3, 1)], first=[3, 2]) == OpenThreads([3, 2], None, [1])
    assert choose_open_threads([(1, 4), (2, 3), (3, 5)], first=[3, 1, 3]) == OpenThreads([3], None, [1, 2])


def test_collapsed_threads_show_the_first_comment_and_the_number_of_replies(essay: Essay, stranger: Browser) -> None:
    open_, shut = thread(essay, 4), thread(essay, 3)
    alone = make.comment(essay)
    page = stranger.read(essay)
    assert page.comment_keys == [*(comment.pk for comment in open_), shut[0].pk, alone.pk]
    ((said, where),) = rest(page)
    assert said == "Show 3 replies"
    branch = stranger.read(where.partition("#")[0])
    assert branch.comment_keys == [comment.pk for comment in shut]
    assert "You’re viewing part of the discussion." in branch.text
    assert rest(branch) == []


@pytest.mark.both
def test_a_thread_longer_than_a_page_is_split_into_parts(essay: Essay, stranger: Browser) -> None:
    said = thread(essay, 14)
    page, found = stranger.read(essay), []
    while True:
        found += page.comment_keys
        more = rest(page)
        if not more:
            break
        assert more[0][0] == f"Show {15 - len(found)} more repl{'y' if len(found) == 14 else 'ies'}"
        page = stranger.read(more[0][1].partition("#")[0])
    assert found == [comment.pk for comment in said]


@pytest.mark.both
def test_a_branch_cut_off_past_the_last_level_continues_below_its_last_reply(essay: Essay, stranger: Browser) -> None:
    make.rules(shown_depth=3)
    said = make.create_thread(essay, None, *range(13), 0)
    page, found = stranger.read(essay), []
    while links := page.all("p[@class='branch']/a"):
        found += page.comment_keys
        (link,) = links
        assert text_of(link) == "Continue this thread"
        assert page.comment(said[len(found) - 1]).find("p[@class='branch']/a") is link
        assert link.get("aria-label") == f"Continue this thread by {said[len(found) - 1].commenter.name}"
        page = stranger.read(str(link.get("href")).partition("#")[0])
    assert found + page.comment_keys == [comment.pk for comment in said[:-1]]


def test_only_a_branch_with_omitted_replies_has_a_continue_link(essay: Essay, stranger: Browser) -> None:
    make.rules(shown_depth=3)
    said = make.create_thread(essay, None, *range(5), 0, 0)
    page = stranger.read(essay)
    assert page.comment_keys == [comment.pk for comment in said[:6]]
    assert page.all("p[@class='branch']") == []
    assert [name for name, _where in rest(page)] == ["Show 2 more replies"]


def test_the_first_comment_of_a_part_names_the_comment_it_answers(essay: Essay, stranger: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    reply = make.comment(essay, to=root, by=make.guest("Tomas Berg"))
    below = make.comment(essay, to=reply)
    page = stranger.read(f"{essay.get_absolute_url()}?thread={reply.pk}")
    assert page.comment_keys == [reply.pk, below.pk]
    (note,) = page.comment(reply).findall(".//p[@class='to']/a")
    assert text_of(note) == "in reply to Ines Okafor" or "Ines Okafor" in text_of(note)
    assert note.get("href") == root.get_absolute_url()


@pytest.mark.both
@pytest.mark.parametrize("order", ["oldest", "newest", "liked"])
def test_every_permalink_leads_to_a_page_with_its_comment(essay: Essay, stranger: Browser, order: str) -> None:
    make.rules(threads_a_page=2)
    said = [comment for replies in (2, 9, 0, 4, 5, 1) for comment in thread(essay, replies)]
    deep = make.comment(essay, to=said[6])
    chain = [deep, make.comment(essay, to=deep)]
    for number, comment in enumerate([*said, *chain][:: 1 if RUNS_ALL else 3]):
        onward = redirect_path(stranger.get(f"{comment.get_absolute_url()}?order={order}"))
        if number % 4 == 0:  # something changes between the answer and the page
            make.comment(essay)
            Comment.objects.filter(pk=said[number % 3].pk).update(likes=number)
        assert comment.pk in stranger.read(onward).comment_keys, onward


def test_a_permalink_to_a_comment_just_removed_still_shows_a_page(essay: Essay, stranger: Browser) -> None:
    said = thread(essay, 8)
    onward = redirect_path(stranger.get(said[7].get_absolute_url()))
    assert stranger.read(onward).comment_keys == [said[7].pk]
    deciding.trash(said[7], by=make.moderator())
    assert stranger.get(said[7].get_absolute_url()).status_code == 404
    assert stranger.read(onward).status == 200


def test_a_reply_in_a_long_thread_works_without_javascript(essay: Essay, stranger: Browser) -> None:
    make.rules(hold_first_comment=False)
    said = thread(essay, 8)
    page = stranger.read(f"{essay.get_absolute_url()}?replyto={said[7].pk}")
    assert page.comment(said[7]).find(".//form[@id='respond']") is not None
    answer = stranger.post_comment(essay, text="Here.", parent=str(said[7].pk))
    assert answer.pk in stranger.read(answer.get_absolute_url()).comment_keys


@pytest.mark.parametrize(
    "query", ["thread=4711", "thread=x", "thread=", "thread=1&after=x", "comment=4711", "comment=x"]
)
def test_a_missing_thread_is_not_a_server_error(essay: Essay, stranger: Browser, query: str) -> None:
    thread(essay, 2)
    assert stranger.get(f"{essay.get_absolute_url()}?{query}").status_code in {200, 404}


def test_a_thread_of_another_essay_is_not_shown(essay: Essay, stranger: Browser) -> None:
    elsewhere = make.comment(make.essay("Another"))
    assert stranger.get(f"{essay.get_absolute_url()}?thread={elsewhere.pk}").status_code == 404


def test_a_pending_comment_has_no_page_of_its_own(essay: Essay, stranger: Browser) -> None:
    waiting = make.comment(essay, status="pending")
    assert stranger.get(f"{essay.get_absolute_url()}?thread={waiting.pk}").status_code == 404
