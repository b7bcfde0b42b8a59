"""The pages of the comments that the author picked, and of those on a passage."""

import json

import pytest
from django.conf import settings

from accounts.models import User
from blog.models import Essay, Revision
from comments.answers.actions import Choice, save
from comments.models import Comment
from tests import make
from tests.comments.answers.publishing import publish
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.essay_pages import max_queries

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WORDS = "They were lost until 1900."


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules(hold_first_comment=False, flood_seconds=0)
    return publish(make.essay(published=None, by=author), f"<p>{WORDS}</p>")


def comment_on(essay: Essay, name: str) -> Comment:
    on = json.dumps([Revision.objects.public(essay).latest("pk").pk, 1, WORDS, "", ""])
    return Browser().post_comment(essay, text=f"{name} objects.", name=name, on=on)


def tools(page: Page) -> dict[str, str]:
    """The links beside the thread, by their words."""
    nav = page.find("nav[@class='tools']")
    return {} if nav is None else {text_of(link): str(link.get("href")).partition("#")[0] for link in nav.iter("a")}


def test_each_is_offered_if_there_are_such_comments(essay: Essay, author: User) -> None:
    plain, picked = make.comment(essay, "One."), make.comment(essay, "Two.")
    assert not {"Author’s picks", "On a passage · 1"} & tools(Browser().read(essay)).keys()
    reply = make.comment(essay, "Three.", to=plain)
    quoting = comment_on(essay, "Ilse")
    save(picked.pk, Choice(is_picked=True), by=author)
    save(reply.pk, Choice(is_strongest=True), by=author)
    found = tools(Browser().read(essay))
    address = essay.get_absolute_url()
    assert found["Author’s picks"] == f"{address}?by=picks"
    assert found["On a passage · 1"] == f"{address}?by=passages"
    picks = Browser().read(found["Author’s picks"])
    assert picks.comment_keys == [picked.pk, reply.pk]
    assert "2 comments picked by the author. Show all comments" in picks.text
    current = picks.all("nav[@class='tools']//a[@aria-current]")
    assert [text_of(link) for link in current] == ["Author’s picks"]
    assert tools(picks)["Newest"] == f"{address}?order=newest"
    on_passages = Browser().read(f"{found['On a passage · 1']}&order=newest")
    assert on_passages.comment_keys == [quoting.pk]
    assert "1 comment on a passage. Show all comments" in on_passages.text
    assert tools(on_passages)["Oldest"] == f"{address}?order=&by=passages"
    for page in (picks, on_passages):
        assert page.only("meta[@name='robots']").get("content") == "noindex"
        assert page.only("link[@rel='canonical']").get("href") == f"{settings.SITE_URL}{address}"


def test_comments_that_readers_do_not_see_are_left_out(essay: Essay, author: User) -> None:
    picked, quoting = make.comment(essay, "One."), comment_on(essay, "Ilse")
    make.comment(essay, "Two.")
    save(picked.pk, Choice(is_picked=True), by=author)
    make.rules(authors_pick=False)
    assert "Author’s picks" not in tools(Browser().read(essay))
    assert len(Browser().read(f"{essay.get_absolute_url()}?by=picks").comment_keys) == 3
    from moderation.decisions import actions as deciding

    deciding.trash(quoting, by=make.moderator())
    assert "On a passage · 1" not in tools(Browser().read(essay))
    assert len(Browser().read(f"{essay.get_absolute_url()}?by=passages").comment_keys) == 2


def test_they_need_few_queries(essay: Essay, author: User) -> None:
    for number in range(3):
        save(comment_on(essay, f"Reader {number}").pk, Choice(is_picked=True), by=author)
    for query in ("?by=picks", "?by=passages"):
        with max_queries(12):
            assert len(Browser().read(f"{essay.get_absolute_url()}{query}").comment_keys) == 3
