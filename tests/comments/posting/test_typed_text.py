"""What was typed in a form about a comment that was deleted since can still be copied."""

from collections.abc import Callable

import pytest
from django.test import Client

from comments.models import Comment
from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TYPED = "Two hours’ work, <b>& more</b>."


def an_edit(comment: Comment) -> Page:
    return send(Browser(), f"/comments/{comment.pk}/edit/", text=TYPED)


def a_report(comment: Comment) -> Page:
    return send(Browser(), f"/comments/{comment.pk}/report/", kind="else", words=TYPED)


def an_appeal(comment: Comment) -> Page:
    return send(Browser(), f"/comments/{comment.pk}/appeal/", words=TYPED)


def an_authors_reply(comment: Comment) -> Page:
    return send(Browser(make.author()), f"/admin/desk/reply/{comment.pk}/", text=TYPED)


def a_moderators_reply(comment: Comment) -> Page:
    return send(Browser(make.moderator()), f"/admin/comments/queue/comments/{comment.pk}/", action="reply", text=TYPED)


def a_comment_on_a_withdrawn_essay(comment: Comment) -> Page:
    return send(Browser(), f"{comment.essay.get_absolute_url()}respond/", text=TYPED)


def send(browser: Browser, address: str, **fields: str) -> Page:
    return Page(browser.post(address, fields))


@pytest.mark.parametrize(
    "form", [an_edit, a_report, an_appeal, an_authors_reply, a_moderators_reply, a_comment_on_a_withdrawn_essay]
)
def test_a_form_about_a_deleted_comment_shows_what_was_typed(form: Callable[[Comment], Page]) -> None:
    comment = make.comment(essay := make.essay())
    Comment.objects.filter(pk=comment.pk).delete()
    type(essay).objects.filter(pk=essay.pk).update(published=None)
    page = form(comment)
    assert page.status == 404
    assert (page.by_id("typed").text or "").strip() == TYPED


def test_fields_of_other_forms_are_not_shown() -> None:
    page = send(Browser(make.moderator()), "/admin/comments/queue/people/999/", action="note", text="A note.")
    assert page.status == 404
    assert page.find("textarea") is None


def test_without_a_text_the_page_is_not_found_as_usual() -> None:
    page = send(Browser(), "/comments/1/report/", kind="rude", words=" ")
    assert page.status == 404
    assert page.find("textarea") is None
    assert "The page may have moved or been deleted." in page.text


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=", "multipart/form-data", "application/x-www-form-urlencoded; charset=utf-16"],
)
@pytest.mark.parametrize("path", ["/tag/none/feed/", "/comments/1/report/"])
def test_a_form_that_cannot_be_read_is_no_server_error(client: Client, path: str, content_type: str) -> None:
    assert client.post(path, b"words=" + b"x" * 100, content_type=content_type).status_code in {400, 404}
