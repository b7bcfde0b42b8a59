"""The strongest objection, shown after the essay and in the thread."""

from typing import Any

import pytest

from accounts.models import Commenter, User
from blog.models import Essay
from comments.answers.actions import Choice, save
from comments.models import Comment, Discussion
from tests import make
from tests.comments.browser_client import Browser, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules()
    return make.essay("Of Objections", by=author)


@pytest.fixture
def objection(essay: Essay, author: User) -> Comment:
    found = make.comment(essay, "You call this letting the critics in.", by=make.guest("Aurel"))
    make.comment(essay, "By someone else.", to=found)
    save(found.pk, Choice(is_strongest=True), by=author)
    return found


def section(essay: Essay) -> Any:
    return Browser().read(essay).find("section[@class='objection']")


def test_an_essay_without_one_has_no_section(essay: Essay) -> None:
    make.comment(essay)
    assert section(essay) is None


def test_it_is_shown_with_the_first_reply_of_an_author(essay: Essay, objection: Comment, author: User) -> None:
    assert "Chosen by the author." in text_of(section(essay))
    me = Commenter.objects.for_user(author)
    make.comment(essay, "A fair point.", to=objection, by=me)
    make.comment(essay, "And another thing.", to=objection, by=me)
    shown = text_of(section(essay))
    assert "Chosen by the author, who replies below." in shown
    assert "You call this letting the critics in." in shown
    assert "A fair point." in shown
    for words in ("And another thing.", "By someone else.", "More"):
        assert words not in shown
    assert "All 3 replies to this objection" in shown


def test_it_keeps_its_place_in_the_thread_and_ids_are_unique(essay: Essay, objection: Comment, author: User) -> None:
    make.comment(essay, "A fair point.", to=objection, by=Commenter.objects.for_user(author))
    page = Browser().read(essay)
    assert page.comment_keys == [objection.pk, objection.pk + 1, objection.pk + 2]
    ids = [element.get("id") for element in page.tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_it_can_be_answered_and_liked_where_it_is_shown(essay: Essay, objection: Comment) -> None:
    reader = Browser(make.user("reader"))
    reply = section(essay).find(".//a[@class='reply']")
    assert reader.read(str(reply.get("href"))).form_values["parent"] == str(objection.pk)
    like = section(essay).find(".//form")
    assert like.get("action") == f"/comments/{objection.pk}/like/"
    reader.post(like.get("action"), {"like": "1"})
    shown = reader.read(essay).find("section[@class='objection']")
    assert "Liked" in text_of(shown)
    Discussion.objects.save_settings(essay, is_open=False, may_be_liked=False)
    closed = section(essay)
    assert closed.find(".//form") is None
    assert closed.find(".//a[@class='reply']") is None


def test_it_ends_with_the_choice_the_comment_or_the_owners_setting(
    essay: Essay, objection: Comment, author: User
) -> None:
    from moderation.decisions import actions as deciding

    make.rules(authors_pick=False)
    assert section(essay) is None
    make.rules(authors_pick=True)
    assert section(essay) is not None
    deciding.trash(Comment.objects.get(pk=objection.pk), by=make.moderator("mod"))
    assert section(essay) is None
    deciding.restore(Comment.objects.get(pk=objection.pk), by=User.objects.get(username="mod"))
    assert section(essay) is not None
    save(objection.pk, Choice(label="stands"), by=author)
    assert section(essay) is None


def test_a_reply_may_be_the_strongest_objection(essay: Essay, objection: Comment, author: User) -> None:
    reply = Comment.objects.get(parent=objection)
    save(reply.pk, Choice(is_strongest=True), by=author)
    shown = text_of(section(essay))
    assert "By someone else." in shown
    assert "Show in the discussion" in shown
