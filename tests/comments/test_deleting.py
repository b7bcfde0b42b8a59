"""Deleting one's own comments: tombstones, what is kept, and restoring."""

import pytest

from blog.models import Essay
from comments import checking
from comments.models import Comment, Discussion, Status
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.door import Browser, Page, place, words
from tests.comments.own import delete, edit, history, links, said, save

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.both
def test_a_deleted_comment_without_replies_disappears(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="A slip.")
    form = Page(writer.get(delete(comment)))
    assert "A slip." in form.words
    assert [words(button) for button in form.all("button")] == ["Delete comment"]
    answer = writer.post(delete(comment))
    assert place(answer) == f"{essay.get_absolute_url()}?deleted=1"
    assert "Your comment has been deleted." in [
        words(part) for part in writer.read(answer["Location"]).all("p[@role='status']")
    ]
    assert stranger.read(essay).shown == []
    assert Discussion.objects.get(essay=essay).comment_count == 0
    assert not list(checking.problems())
    assert writer.post(delete(comment)).status_code == 302  # the button pressed twice
    assert Discussion.objects.get(essay=essay).comment_count == 0
    assert history(comment) == ["A slip."]
    assert writer.post(edit(comment), {"text": "Back."}).status_code == 403


@pytest.mark.both
def test_a_deleted_comment_with_replies_becomes_a_tombstone(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="A claim.")
    reply = stranger.say(essay, text="An objection.", parent=str(comment.pk))
    writer.post(delete(comment))
    page = stranger.read(essay)
    assert page.shown == [comment.pk, reply.pk]
    assert "Removed by the commenter." in words(page.comment(comment))
    assert "A claim." not in page.html
    assert "Rosa" not in page.html
    assert Discussion.objects.get(essay=essay).comment_count == 1
    assert not list(checking.problems())
    deciding.restore(Comment.objects.get(pk=comment.pk), by=make.moderator("mara"))
    deciding.approve(Comment.objects.get(pk=comment.pk), by=make.moderator("jo"))
    assert said(stranger, essay, comment) == "A claim."
    assert not list(checking.problems())


def test_a_pending_comment_can_be_edited_and_deleted(guest: Browser, essay: Essay) -> None:
    comment = guest.say(essay, text="It waits.", remember="on")
    shown = links(guest.read(essay).comment(comment))
    assert {"Edit", "Delete"} <= set(shown)
    assert "Reply" not in shown
    assert save(guest, comment, "It waits, better.").status == 302
    assert guest.post(delete(comment)).status_code == 302
    assert guest.read(essay).shown == []
    assert Comment.objects.get(pk=comment.pk).removed_by == Comment.Remover.AUTHOR


def test_an_author_cannot_delete_a_comment_that_a_moderator_removed(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Off the point.")
    deciding.trash(comment, by=make.moderator("mara"))
    page = Page(writer.post(delete(comment)))
    assert page.status == 403
    assert "A moderator has already removed this comment." in page.words
    assert Comment.objects.get(pk=comment.pk).removed_by == Comment.Remover.MODERATOR


def test_a_comment_on_a_withdrawn_essay_can_be_deleted(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Here.")
    Essay.objects.filter(pk=essay.pk).update(published=None)
    assert writer.get(edit(comment)).status_code == 404
    assert writer.post(delete(comment))["Location"] == "/comments/mine/"
    assert Comment.objects.get(pk=comment.pk).status == Status.TRASH


def test_a_comment_held_after_an_edit_is_pending_when_restored(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_words="gold")
    mara, comment = make.moderator("mara"), writer.say(essay, text="Gold.")
    deciding.approve(comment, by=mara)
    save(writer, comment, "More gold.")
    writer.post(delete(comment))
    comment.refresh_from_db()
    deciding.restore(comment, by=mara)
    assert Comment.objects.get(pk=comment.pk).status == Status.PENDING
