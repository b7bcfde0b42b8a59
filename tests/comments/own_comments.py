"""Helpers that edit and delete one's own comments and read the result."""

from datetime import UTC, datetime
from typing import Any

from blog.models import Essay
from comments.models import Comment
from tests.comments.browser_client import Browser, Page, text_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def edit_path(comment: Comment | int) -> str:
    return f"/comments/{comment if isinstance(comment, int) else comment.pk}/edit/"


def delete_path(comment: Comment) -> str:
    return f"/comments/{comment.pk}/delete/"


def save(browser: Browser, comment: Comment, text: str, *, at: str = "", **more: str) -> Page:
    """Open the form, submit it and return the direct response."""
    address = at or edit_path(comment)
    seen = Page(browser.get(address)).only("input[@name='seen']").get("value", "")
    return Page(browser.post(address, {"text": text, "seen": seen} | more))


def shown_text(browser: Browser, essay: Essay, comment: Comment) -> str:
    """The text that a reader sees."""
    found = browser.read(essay).comment(comment)
    return next(text_of(part) for part in found.iter() if part.get("class") == "comment-body")


def links(element: Any) -> dict[str, str]:
    """Links by text; for a comment without those of its replies."""
    own = element.find("article") if element.tag == "li" else element
    return {text_of(link): link.get("href", "") for link in own.iter("a")}


def stored_texts(comment: Comment) -> list[str]:
    return list(comment.wordings.order_by("pk").values_list("text", flat=True))
