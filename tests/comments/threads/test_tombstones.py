"""Tombstones in place of comments that are not shown."""

import pytest

from blog.models import Essay
from comments.models import Comment
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, text_of
from tests.comments.essay_pages import create_roots, keys_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(
    ("status", "removed_by", "said"),
    [
        ("trash", "moderator", "Removed by a moderator."),
        ("spam", "moderator", "Removed by a moderator."),
        ("trash", "author", "Removed by the commenter."),
        ("pending", "", "This comment isn’t available."),
    ],
)
def test_a_tombstone_shows_who_removed_it_and_nothing_else(
    essay: Essay, guest: Browser, status: str, removed_by: str, said: str
) -> None:
    root = make.comment(essay, "Unspeakable", by=make.guest("Ines Okafor"))
    reply = make.comment(essay, "I heard it.", to=root)
    Comment.objects.filter(pk=root.pk).update(status=status, removed_by=removed_by)
    page = guest.read(essay)
    assert page.comment_keys == [root.pk, reply.pk]
    tomb = page.comment(root)
    assert tomb.get("data-status") == status
    assert "gone" in str(tomb.get("class"))
    assert text_of(tomb).startswith(said)
    assert "Unspeakable" not in page.html
    assert "Ines Okafor" not in page.html
    assert page.only("a[@class='reply']") in page.comment(reply).iter()


def test_a_removed_comment_without_replies_disappears(essay: Essay, guest: Browser) -> None:
    root, moderator = make.comment(essay), make.moderator()
    reply = make.comment(essay, to=root)
    deciding.trash(reply, by=moderator)
    page = guest.read(essay)
    assert page.comment_keys == [root.pk]
    assert page.find("details[@class='replies']") is None
    assert "One comment on" in page.text
    deciding.trash(root, by=moderator)
    assert guest.read(essay).comment_keys == []


@pytest.mark.both
def test_tombstones_keep_replies_at_any_depth(essay: Essay, guest: Browser) -> None:
    moderator = make.moderator()
    chain = make.create_thread(essay, None, *range(6))
    for comment in chain[:-1]:
        deciding.trash(comment, by=moderator)
    page = guest.read(essay)
    assert page.comment_keys == keys_of(chain)
    assert page.text.count("Removed by a moderator.") == 6
    assert "in reply to" not in page.text  # no name is shown
    deciding.trash(chain[-1], by=moderator)
    page = guest.read(essay)
    assert page.comment_keys == []
    assert "No comments yet" in page.text


def test_a_thread_of_tombstones_alone_is_not_counted_on_a_page(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first, second = create_roots(essay, 2)
    deciding.trash(first, by=make.moderator())
    page = guest.read(essay)
    assert page.comment_keys == [second.pk]
    assert page.find("nav[@class='pager']") is None
