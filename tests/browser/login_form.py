"""Helpers that log in from the reply form and check that no typed text is lost."""

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from blog.models import Essay
from comments.models import Comment
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

WORDS = "The dead keep still, yes.\n\n“But so does a stone” – and I do not think we owe steadiness to stones."
WAITS = "You’re not logged in yet."


def open_form(visitor: Visitor, site: "Server", essay: Essay, *, script: bool = True) -> Page:
    page = visitor.open(site.url + essay.get_absolute_url(), script=script)
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    return page


def press_icon(page: Page, service: str = "X (Twitter)") -> None:
    page.get_by_role("button", name=f"Log in with {service}").click()


def open_popup(page: Page, service: str = "X (Twitter)") -> Page:
    with page.expect_popup() as popup:
        press_icon(page, service)
    expect(page.locator(".identity")).to_contain_text(f"Connecting to {service}…")
    return popup.value


def expect_logged_in(page: Page, service: str = "X (Twitter)") -> None:
    expect(page.locator(".identity")).to_contain_text(f"You are commenting using your {service} account.")


def expect_typed_text(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(WORDS)


def post(page: Page) -> Comment:
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment[data-status=pending] .comment-body")).to_contain_text("so does a stone")
    comment: Comment = Comment.objects.latest("pk")
    assert comment.wording is not None
    assert comment.wording.text == WORDS, comment.wording.text
    return comment
