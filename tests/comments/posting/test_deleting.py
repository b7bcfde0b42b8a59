"""Deleting one's own comments: tombstones, what is kept, and restoring."""

import pytest

from blog.models import Essay
from comments import checking
from comments.models import Comment, Discussion, Status
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, Page, redirect_path, text_of
from tests.comments.own_comments import delete_path, edit_path, links, save, shown_text, stored_texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.both
def test_a_deleted_comment_without_replies_disappears(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="A slip.")
    form = Page(writer.get(delete_path(comment)))
    assert "A slip." in form.text
    assert [text_of(button) for button in form.all("button")] == ["Delete comment"]
    answer = writer.post(delete_path(comment))
    assert redirect_path(answer) == f"{essay.get_absolute_url()}?deleted=1"
    assert "Your comment has been deleted." in [
        text_of(part) for part in writer.read(answer["Location"]).all("p[@role='status']")
    ]
    assert stranger.read(essay).comment_keys == []
    assert Discussion.objects.get(essay=essay).comment_count == 0
    assert not list(checking.problems())
    assert writer.post(delete_path(comment)).status_code == 302  # the button pressed twice
    assert Discussion.objects.get(essay=essay).comment_count == 0
    assert stored_texts(comment) == ["A slip."]
    assert writer.post(edit_path(comment), {"text": "Back."}).status_code == 403


@pytest.mark.both
def test_a_deleted_comment_with_replies_becomes_a_tombstone(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="A claim.")
    reply = stranger.post_comment(essay, text="An objection.", parent=str(comment.pk))
    writer.post(delete_path(comment))
    page = stranger.read(essay)
    assert page.comment_keys == [comment.pk, reply.pk]
    assert "Removed by the commenter." in text_of(page.comment(comment))
    assert "A claim." not in page.html
    assert "Rosa" not in page.html
    assert Discussion.objects.get(essay=essay).comment_count == 1
    assert not list(checking.problems())
    deciding.restore(Comment.objects.get(pk=comment.pk), by=make.moderator("mara"))
    deciding.approve(Comment.objects.get(pk=comment.pk), by=make.moderator("jo"))
    assert shown_text(stranger, essay, comment) == "A claim."
    assert not list(checking.problems())


def test_a_pending_comment_can_be_edited_and_deleted(guest: Browser, essay: Essay) -> None:
    comment = guest.post_comment(essay, text="It waits.", remember="on")
    shown = links(guest.read(essay).comment(comment))
    assert {"Edit", "Delete"} <= set(shown)
    assert "Reply" not in shown
    assert save(guest, comment, "It waits, better.").status == 302
    assert guest.post(delete_path(comment)).status_code == 302
    assert guest.read(essay).comment_keys == []
    assert Comment.objects.get(pk=comment.pk).removed_by == Comment.Remover.AUTHOR


def test_an_author_cannot_delete_a_comment_that_a_moderator_removed(writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Off the point.")
    deciding.trash(comment, by=make.moderator("mara"))
    page = Page(writer.post(delete_path(comment)))
    assert page.status == 403
    assert "A moderator has already removed this comment." in page.text
    assert Comment.objects.get(pk=comment.pk).removed_by == Comment.Remover.MODERATOR


def test_a_comment_on_a_withdrawn_essay_can_be_deleted(writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Here.")
    Essay.objects.filter(pk=essay.pk).update(published=None)
    assert writer.get(edit_path(comment)).status_code == 404
    assert writer.post(delete_path(comment))["Location"] == "/replies/comments/"
    assert Comment.objects.get(pk=comment.pk).status == Status.TRASH


def test_a_comment_held_after_an_edit_is_pending_when_restored(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_words="gold")
    mara, comment = make.moderator("mara"), writer.post_comment(essay, text="Gold.")
    deciding.approve(comment, by=mara)
    save(writer, comment, "More gold.")
    writer.post(delete_path(comment))
    comment.refresh_from_db()
    deciding.restore(comment, by=mara)
    assert Comment.objects.get(pk=comment.pk).status == Status.PENDING
