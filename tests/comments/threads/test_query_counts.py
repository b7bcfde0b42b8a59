"""The number of queries for an essay's page and for a post."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment
from moderation.decisions import actions as deciding
from tests import caches, make
from tests.comments.browser_client import Browser
from tests.comments.essay_pages import create_roots, essay_path, max_queries

pytestmark = [pytest.mark.django_db, pytest.mark.once]

KEY = "0" * 32


@pytest.fixture(scope="module")
def _talk(module_database: None) -> tuple[int, int]:
    make.rules()
    author = make.author("miriam", name="Miriam Achterberg")
    essay = make.essay("Whose Promise Is It?", by=author)
    said = make.create_thread(essay, *[None] * 4, *range(4), *range(4, 8))
    for reply in said[4:8]:
        make.comment(essay, to=reply, status="pending")
    deciding.trash(said[1], by=make.moderator())
    return author.pk, essay.pk


@pytest.fixture
def author(db: None, _talk: tuple[int, int]) -> User:
    return User.objects.get(pk=_talk[0])


@pytest.fixture
def talk(db: None, _talk: tuple[int, int]) -> Essay:
    """An essay whose one page has comments in every state."""
    return Essay.objects.get(pk=_talk[1])


@pytest.mark.both
@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_an_essay_page_needs_at_most_twelve_queries(talk: Essay, is_warm: bool) -> None:
    remembered, reader, browser = Browser(), Browser(make.user("reader")), Browser()
    some = Comment.objects.filter(status="approved").latest("pk").pk
    mine = remembered.post_comment(talk, text="Mine.", remember="on")
    key = browser.submit_comment(talk, text="Hold this.").response.headers["Location"].partition("?")[2]
    reader.post_comment(talk, text="Mine too.")
    pages = [(Browser(), ""), (Browser(), f"?replyto={some}"), (Browser(), "?order=newest")]
    pages += [(remembered, ""), (reader, ""), (reader, f"?replyto={some}"), (browser, f"?{key}")]
    for visitor, query in pages:
        if not is_warm:
            caches.clear()
        with max_queries(12):
            assert visitor.get(essay_path(talk, query)).status_code == 200
    with max_queries(12):
        assert remembered.get(f"/comments/{mine.pk}/").status_code == 302


def test_replying_on_one_of_many_pages_needs_at_most_twelve_queries(talk: Essay) -> None:
    make.rules(threads_a_page=1)
    reader = Browser(make.user("reader"))
    reader.post_comment(talk, text="Mine.")
    said = Comment.objects.filter(status="approved").latest("pk")
    for visitor in (Browser(), reader):
        visitor.read(essay_path(talk, f"?replyto={said.pk}"))
        with max_queries(12):
            assert said.pk in visitor.read(essay_path(talk, f"?replyto={said.pk}")).comment_keys


def test_more_comments_need_no_more_queries(talk: Essay, guest: Browser) -> None:
    caches.clear()
    with CaptureQueriesContext(connection) as few:
        guest.read(talk)
    create_roots(talk, 20)
    caches.clear()
    with max_queries(len(few)):
        guest.read(talk)


class TestPostingNeedsAtMostFifteenQueries:
    def test_of_a_guest(self, talk: Essay, guest: Browser) -> None:
        make.rules(flood_seconds=15)
        with max_queries(15):
            assert guest.submit_comment(talk, key=KEY).status == 302

    @pytest.mark.both
    def test_of_a_guest_who_replies_and_is_held(self, talk: Essay, guest: Browser) -> None:
        make.rules(flood_seconds=15, hold_words="casino", refuse_words="bother")
        root = str(make.comment(talk).pk)
        with max_queries(15):
            assert (
                guest.submit_comment(
                    talk, key=KEY, parent=root, remember="on", text="http://a.example http://b.example"
                ).status
                == 302
            )

    def test_of_a_guest_if_first_comments_are_not_held(self, talk: Essay, guest: Browser) -> None:
        make.rules(flood_seconds=15, hold_first_comment=False)
        root = str(make.comment(talk).pk)
        with max_queries(15):
            assert guest.submit_comment(talk, key=KEY, parent=root).status == 302

    @pytest.mark.both
    def test_of_a_remembered_guest_who_was_approved(self, talk: Essay, guest: Browser) -> None:
        deciding.approve(guest.post_comment(talk, remember="on"), by=make.moderator())
        make.rules(flood_seconds=15)
        root = str(make.comment(talk).pk)
        with max_queries(15):
            assert guest.submit_comment(talk, key=KEY, parent=root, text="Again.", remember="on").status == 302

    def test_of_a_remembered_guest_with_a_new_website(self, talk: Essay, guest: Browser) -> None:
        deciding.approve(guest.post_comment(talk, remember="on"), by=make.moderator())
        make.rules(flood_seconds=15)
        root = str(make.comment(talk).pk)
        with max_queries(15):
            assert (
                guest.submit_comment(
                    talk, key=KEY, parent=root, text="Again.", remember="on", website="example.org"
                ).status
                == 302
            )

    @pytest.mark.both
    def test_of_a_reader_with_an_account(self, talk: Essay) -> None:
        reader = make.user("rhea")
        make.rules(hold_first_comment=False)
        make.comment(talk, by=Commenter.objects.for_user(reader))
        make.rules(flood_seconds=15)
        browser, root = Browser(reader), str(make.comment(talk).pk)
        with max_queries(15):
            assert browser.submit_comment(talk, key=KEY, parent=root, notify_replies="on").status == 302

    def test_of_the_author_who_replies(self, talk: Essay, author: User) -> None:
        make.rules(flood_seconds=15)
        browser, root = Browser(author), str(make.comment(talk).pk)
        with max_queries(15):
            assert browser.submit_comment(talk, key=KEY, parent=root).status == 302

    def test_of_the_author_who_comments_for_the_first_time(self, talk: Essay, author: User) -> None:
        make.rules(flood_seconds=15)
        browser = Browser(author)
        with max_queries(15):
            assert browser.submit_comment(talk, key=KEY).status == 302

    def test_of_a_moderator(self, talk: Essay) -> None:
        make.rules(flood_seconds=15)
        browser, root = Browser(make.moderator("mara")), str(make.comment(talk).pk)
        with max_queries(15):
            assert browser.submit_comment(talk, key=KEY, parent=root).status == 302

    def test_of_a_guest_who_posts_the_same_text_twice(self, talk: Essay, guest: Browser) -> None:
        guest.post_comment(talk, text="Twice.")
        with CaptureQueriesContext(connection) as captured:
            assert guest.submit_comment(talk, text="Twice.").status == 409
        assert len(captured) <= 30  # includes rendering the page
