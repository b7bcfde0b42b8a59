"""The preview of a comment equals the posted one and stores nothing."""

import pytest

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.comments.browser_client import Browser, Page, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TYPED = "*Yes*, and `no`:\n\n> Said.\n\n- one\n\nhttps://example.org <script>alert(1)</script>"


def ask(browser: Browser, essay: Essay, kind: str = "page", **fields: str) -> Page:
    sent = make.guest_form(**{"as": browser.identity, "preview": kind, **fields})
    return Page(browser.post(f"{essay.get_absolute_url()}respond/", sent))


def drawn(page: Page, name: str) -> tuple[str, list[object]]:
    (place,) = page.all(f"div[@class='{name}']")
    return text_of(place), [element.tag for element in place.iter()]


def test_a_preview_equals_the_posted_comment(essay: Essay, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    page = ask(guest, essay, text=TYPED)
    assert page.status == 200
    assert not Comment.objects.exists()
    before = drawn(page, "preview-body")
    assert "script" not in before[1]
    guest.post_comment(essay, text=TYPED)
    assert drawn(guest.read(essay), "comment-body") == before


def test_a_preview_keeps_the_form_and_shows_no_errors(essay: Essay, guest: Browser) -> None:
    answered = make.comment(essay)
    page = ask(guest, essay, text=TYPED, name="", email="not yet", website="", parent=str(answered.pk))
    filled = page.form_values
    assert filled["text"].strip() == TYPED
    assert (filled["name"], filled["email"], filled["parent"]) == ("", "not yet", str(answered.pk))
    assert not page.error_summary
    assert page.response.headers["Cache-Control"] == "private, no-store"


def test_javascript_receives_the_preview_alone(essay: Essay, guest: Browser) -> None:
    answer = guest.post(f"{essay.get_absolute_url()}respond/", {"preview": "block", "text": "*Yes*"})
    assert answer.status_code == 200
    assert b"<em>Yes</em>" in answer.content
    assert b"<html" not in answer.content


def test_an_empty_preview_shows_a_message(essay: Essay, guest: Browser) -> None:
    page = ask(guest, essay, text=" ")
    assert page.status == 422
    assert "Please write something" in page.html


def test_a_preview_keeps_the_identity_of_a_logged_in_user(essay: Essay) -> None:
    browser = Browser(make.user("rosa", name="Rosa"))
    page = ask(browser, essay, text=TYPED)
    assert page.status == 200
    assert "You are commenting using" in page.text


def test_previews_are_limited(essay: Essay, guest: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comments.posting.preview.PREVIEWS_A_MINUTE", 2)
    assert [ask(guest, essay, text="Again.").status for _ in range(3)] == [200, 200, 429]


def test_closed_comments_have_no_preview(guest: Browser) -> None:
    closed = make.essay("Closed", is_open=False)
    assert ask(guest, closed, text="Late.").status == 403
