"""The page of the authors' replies: it has as many as are counted, each with the name it answers."""

import pytest
from django.conf import settings

from accounts.models import Commenter, User
from blog import actions
from blog.models import Authorship, Essay
from comments.models import Comment
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.essay_pages import max_queries, pager

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def link(page: Page) -> tuple[str, str] | None:
    found = page.find("nav[@class='tools']/p[@class='said-by']/a")
    return None if found is None else (text_of(found), str(found.get("href")).partition("#")[0])


def answers(essay: Essay, author: User, count: int) -> list[Comment]:
    """Create this many replies by the author, each to another person's comment."""
    speaker = Commenter.objects.for_user(author)
    asked = [make.comment(essay, by=make.guest(f"Asker {number}")) for number in range(count)]
    return [make.comment(essay, "I say.", by=speaker, to=comment) for comment in asked]


@pytest.mark.both
def test_the_authors_replies_are_counted_and_have_a_page(
    essay: Essay, author: User, guest: Browser, stranger: Browser
) -> None:
    page = guest.read(essay)
    assert link(page) is None
    said = answers(essay, author, 3)
    again = make.comment(essay, "And one more thing.", by=said[0].commenter, to=said[0])
    for status in ("pending", "spam", "trash"):
        make.comment(essay, by=said[0].commenter, to=said[1], status=status)
    make.comment(make.essay("Elsewhere", by=author), by=said[0].commenter)
    found = link(guest.read(essay))
    assert found is not None
    assert found[0] == "4 replies by the author"
    alone = stranger.read(found[1])
    assert alone.comment_keys == [*(comment.pk for comment in said), again.pk]
    assert "4 replies by the author." in alone.text
    for comment, name in ((said[2], "Asker 2"), (again, "Miriam Achterberg")):
        (note,) = alone.comment(comment).findall(".//p[@class='to']/a")
        assert text_of(note) == name
        assert note.get("href") == f"/comments/{comment.parent_id}/"
        assert comment.parent_id in stranger.read(str(note.get("href"))).comment_keys
    back = alone.only("p[@class='part']/a")
    assert len(stranger.read(str(back.get("href"))).comment_keys) == 7
    assert alone.only("link[@rel='canonical']").get("href") == f"{settings.SITE_URL}{essay.get_absolute_url()}"


@pytest.mark.both
def test_the_count_follows_every_decision(essay: Essay, author: User, guest: Browser) -> None:
    said = answers(essay, author, 2)
    moderator = make.moderator()
    alone = f"{essay.get_absolute_url()}?by=author"
    assert link(guest.read(essay)) == ("2 replies by the author", alone)
    deciding.trash(said[0], by=moderator)
    assert link(guest.read(essay)) == ("1 reply by the author", alone)
    assert guest.read(alone).comment_keys == [said[1].pk]
    deciding.unapprove(said[1], by=moderator)
    assert link(guest.read(essay)) is None
    assert guest.read(alone).comment_keys == []
    deciding.restore(said[0], by=moderator)
    assert link(guest.read(essay)) == ("1 reply by the author", alone)


def test_an_essay_by_two_people_has_authors(essay: Essay, author: User, guest: Browser) -> None:
    second = make.author("ines", name="Ines Okafor")
    said = answers(essay, author, 1)
    other = make.comment(essay, by=Commenter.objects.for_user(second))
    assert link(guest.read(essay)) == ("1 reply by the author", f"{essay.get_absolute_url()}?by=author")
    Authorship.objects.create(essay=essay, author=second)
    actions.save(essay)
    found = link(guest.read(essay))
    assert found is not None
    assert found[0] == "2 replies by the authors"
    assert guest.read(found[1]).comment_keys == [said[0].pk, other.pk]


@pytest.mark.both
def test_many_replies_are_paged_in_either_order(essay: Essay, author: User, guest: Browser) -> None:
    make.rules(threads_a_page=2)
    said = [comment.pk for comment in answers(essay, author, 5)]
    for order, onwards, expected in (("oldest", "Newer Comments", said), ("newest", "Older Comments", said[::-1])):
        shown, address = [], f"{essay.get_absolute_url()}?by=author&order={order}"
        while address:
            page = guest.read(address)
            shown += page.comment_keys
            address = pager(page).get(onwards, "")
        assert shown == expected
    assert guest.get(f"{essay.get_absolute_url()}?by=author&cpage=4").status_code == 404


def test_replying_leads_to_the_thread(essay: Essay, author: User, guest: Browser) -> None:
    said = answers(essay, author, 2)
    page = guest.read(f"{essay.get_absolute_url()}?by=author")
    reply = page.comment(said[1]).find(".//a[@class='reply']")
    assert reply is not None
    form = guest.read(str(reply.get("href")))
    assert form.form_values["parent"] == str(said[1].pk)
    assert len(form.comment_keys) == 4


@pytest.mark.parametrize("query", ["by=", "by=reader", "by=author&replyto=1"])
def test_an_unknown_value_shows_the_whole_discussion(essay: Essay, author: User, guest: Browser, query: str) -> None:
    answers(essay, author, 1)
    assert len(guest.read(f"{essay.get_absolute_url()}?{query}").comment_keys) == 2


def test_it_needs_no_query_on_the_essays_page_and_few_on_its_own(essay: Essay, author: User) -> None:
    browser = Browser()
    for count in (1, 20):
        answers(essay, author, count)
        with max_queries(12):
            assert link(browser.read(essay)) is not None
        with max_queries(12):
            browser.read(f"{essay.get_absolute_url()}?by=author")
