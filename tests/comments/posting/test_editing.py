"""Editing one's own comments: screening of the new text, and what readers and moderators see."""

from typing import Any

import pytest
import time_machine
from django.core import mail
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from blog.models import Essay
from comments import checking
from comments.models import Comment, Discussion, Notice, Status
from comments.notifications.outbox import notify
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.own_comments import NOON, delete_path, edit_path, save, shown_text, stored_texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Screening of the new text


def test_an_edit_is_cleaned_like_a_post(writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Before.")
    save(writer, comment, '<script>alert(1)</script><b onclick="x()">bold</b> [x](javascript:alert(1))')
    comment.refresh_from_db()
    assert comment.wording
    assert "<b>bold</b>" in comment.wording.html
    for bad in ("<script", "onclick", 'href="javascript'):
        assert bad not in comment.wording.html


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  ", "Write something, or delete the comment instead."),
        ("x" * 65_526, "long"),
        ("Buy cheap pills.", "doesn’t publish comments containing “pills”"),
        ("<b></b>", "Your comment is empty. Please write something first."),
    ],
)
def test_a_rejected_edit_keeps_the_typed_text(writer: Browser, essay: Essay, text: str, problem: str) -> None:
    make.rules(hold_first_comment=False, refuse_words="pills")
    comment = writer.post_comment(essay, text="Before.")
    page = save(writer, comment, text)
    assert page.status == 422
    assert problem in text_of(page.by_id("edit-error"))
    assert (page.by_id("edit-text").text or "").removeprefix("\n") == text
    assert stored_texts(comment) == ["Before."]


def test_an_edit_that_would_be_held_as_a_post_is_held(
    writer: Browser, stranger: Browser, essay: Essay, settings: Any
) -> None:
    make.rules(hold_first_comment=False, hold_words="gold")
    mara = make.moderator("mara")
    comment = writer.post_comment(essay, text="Before.")
    stranger.post_comment(essay, text="An answer.", parent=str(comment.pk))
    jobs = DBTaskResult.objects.count()
    answer = save(writer, comment, "All about gold.")
    assert DBTaskResult.objects.count() == jobs + 1
    page = writer.read(answer.response.headers["Location"])
    assert "Your comment is awaiting moderation. A moderator will review it" in text_of(page.comment(comment))
    assert "gold" not in stranger.read(essay).html
    assert "Before." not in stranger.read(essay).html
    assert Discussion.objects.get(essay=essay).comment_count == 1
    assert not list(checking.problems())
    notify.call(comment.pk)
    assert Notice.objects.filter(comment=comment, kind="held", recipient=mara, state="sent").count() == 1
    save(writer, comment, "All about gold and silver.")
    assert DBTaskResult.objects.count() == jobs + 1
    notify.call(comment.pk)
    assert len([one for one in mail.outbox if one.to == [mara.email]]) == 1
    assert save(writer, comment, "About nothing.").status == 302
    comment.refresh_from_db()
    assert comment.status == Status.PENDING  # who waits goes on waiting
    assert comment.wording
    assert [reason["code"] for reason in comment.wording.reasons] == ["word"]
    deciding.approve(comment, by=mara)
    assert shown_text(stranger, essay, comment) == "About nothing."


def test_an_edited_first_comment_still_counts_as_the_first(guest: Browser, essay: Essay) -> None:
    comment = guest.post_comment(essay, text="Hello.", remember="on")
    deciding.approve(comment, by=make.moderator("mara"))
    save(guest, comment, "Something else altogether.")
    comment.refresh_from_db()
    assert comment.status == Status.PENDING
    assert Discussion.objects.get(essay=essay).comment_count == 0


def test_an_edit_by_the_essays_author_is_not_held(author: User, essay: Essay) -> None:
    make.rules(hold_everything=True)
    browser = Browser(author)
    comment = browser.post_comment(essay, text="Mine.")
    save(browser, comment, "Mine still.")
    assert shown_text(Browser(), essay, comment) == "Mine still."


def test_authors_are_notified_of_a_comment_once(writer: Browser, essay: Essay, author: User) -> None:
    comment = writer.post_comment(essay, text="Before.")
    notify.call(comment.pk)
    save(writer, comment, "After.")
    notify.call(comment.pk)
    assert [one.to for one in mail.outbox] == [[author.email]]


@pytest.mark.both
def test_editing_in_two_tabs_loses_nothing(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Before.")
    old = str(comment.wordings.get().pk)
    save(writer, comment, "From the first tab.")
    late = Page(writer.post(edit_path(comment), {"text": "From the second tab.", "seen": old}))
    assert late.status == 409
    assert text_of(late.by_id("edit-current")) == "From the first tab."
    assert text_of(late.by_id("edit-text")) == "From the second tab."
    assert shown_text(stranger, essay, comment) == "From the first tab."
    seen = late.only("input[@name='seen']").get("value", "")
    assert writer.post(edit_path(comment), {"text": "From both.", "seen": seen}).status_code == 302
    again = writer.post(edit_path(comment), {"text": "From both.", "seen": seen})  # the button pressed twice
    assert again.status_code == 302
    assert stored_texts(comment) == ["Before.", "From the first tab.", "From both."]
    assert writer.post(edit_path(comment), {"text": "x", "seen": "\0" * 9}).status_code == 409


def test_an_unchanged_text_is_not_marked_as_edited(writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="As it was.")
    save(writer, comment, "As it was.\r\n")
    assert stored_texts(comment) == ["As it was."]
    assert Comment.objects.get(pk=comment.pk).edited is None


def test_edits_are_limited_to_twenty_per_hour(writer: Browser, essay: Essay) -> None:
    with time_machine.travel(NOON, tick=False):
        comment = writer.post_comment(make.essay("At noon"), text="Before.")
        for number in range(20):
            assert writer.post(edit_path(comment), {"text": f"Number {number}."}).status_code == 302
        page = save(writer, comment, "Once more.")
    assert page.status == 429
    assert page.response.headers["Retry-After"] == "180"
    assert "Please wait 3 minutes" in page.text
    assert text_of(page.by_id("edit-text")) == "Once more."


@pytest.mark.both
def test_an_edit_needs_few_queries(writer: Browser, essay: Essay, django_assert_max_num_queries: Any) -> None:
    comment = writer.post_comment(essay, text="Before.")
    for _ in range(5):
        make.comment(essay, to=comment)
    for address, sent in ((edit_path(comment), {"text": "After."}), (delete_path(comment), {})):
        with django_assert_max_num_queries(15):
            assert writer.get(address).status_code == 200
        with django_assert_max_num_queries(15 + 2):  # what begins and ends the transaction asks nothing
            assert writer.post(address, sent).status_code == 302
    with django_assert_max_num_queries(12):
        writer.get(essay.get_absolute_url())


def test_feeds_contain_the_time_of_the_edit(writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Before.")
    make.comment(essay, "Unchanged.")
    assert "atom:updated" not in writer.get("/comments/feed/").content.decode()
    save(writer, comment, "After.")
    comment.refresh_from_db()
    assert comment.edited
    moment = comment.edited.isoformat()
    feed = writer.get("/comments/feed/").content.decode()
    assert "After." in feed
    assert feed.count(f"<atom:updated>{moment}</atom:updated>") == feed.count("<atom:updated>") == 1
    assert f"<updated>{moment}</updated>" in writer.get("/comments/feed/atom/").content.decode()


# What moderators see


def row_of(desk: Browser, comment: Comment, status: str) -> Any:
    return Page(desk.get(f"/admin/comments/queue/?status={status}")).comment(comment)


def test_moderators_see_earlier_versions(writer: Browser, essay: Essay, django_assert_max_num_queries: Any) -> None:
    desk = Browser(make.moderator("mara"))
    comment = writer.post_comment(essay, text="The first.")
    assert "earlier" not in text_of(row_of(desk, comment, "approved"))
    save(writer, comment, "The second.")
    save(writer, comment, "The third.")
    with django_assert_max_num_queries(15):
        row = row_of(desk, comment, "approved")
    said = [text_of(part) for part in row.iter() if part.get("class") == "comment-body"]
    assert said == ["The third.", "The second.", "The first."]
    assert "2 earlier versions" in text_of(row)
    assert "edited just now" in text_of(row)
    writer.post(delete_path(comment))
    assert "Removed by the commenter, just now" in text_of(row_of(desk, comment, "trash"))


@pytest.mark.parametrize("several", [False, True])
def test_a_moderator_decides_about_the_version_they_saw(guest: Browser, essay: Essay, several: bool) -> None:
    desk = Browser(make.moderator("mara"))
    comments = [guest.post_comment(essay, text=text, remember="on") for text in ("Harmless.", "Harmless too.")]
    shown = [row_of(desk, comment, "pending") for comment in comments]
    seen = [next(field.get("value") for field in row.iter() if field.get("name") == "seen") for row in shown]
    save(guest, comments[0], "Not harmless at all.")
    keys = [comment.pk for comment in comments] if several else [comments[0].pk]
    sent = {"action": "approve", "comment": keys, "seen": seen}
    answer = desk.post("/admin/comments/queue/", sent)
    told = text_of(Page(desk.get(answer["Location"])).tree)
    assert Comment.objects.get(pk=comments[0].pk).status == Status.PENDING
    assert Comment.objects.get(pk=comments[1].pk).is_approved is several
    assert ("1 approved, 1 was just edited by the commenter." if several else "has just edited this comment") in told
