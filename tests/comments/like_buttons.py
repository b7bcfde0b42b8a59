"""Helpers that press like buttons and read likes on pages."""

from typing import Any
from xml.etree.ElementTree import Element

from accounts.models import Commenter, User
from blog.models import Essay
from comments.likes import actions as likes
from comments.models import Comment, Discussion
from comments.screening.screening import Sender
from tests import make
from tests.comments.browser_client import Browser, Page, text_of


def like_path(target: Essay | Comment) -> str:
    return f"{target.get_absolute_url()}like/"


def press_like(browser: Browser, target: Essay | Comment, wish: int = 1, **more: Any) -> Any:
    return browser.post(like_path(target), {"like": wish, **more})


def like_count(target: Essay | Comment) -> int:
    if isinstance(target, Comment):
        return int(Comment.objects.get(pk=target.pk).likes)
    found = Discussion.objects.filter(essay=target).first()
    return found.likes if found else 0


def likes_element(page: Page, target: Essay | Comment) -> Element:
    inside = page.comment(target) if isinstance(target, Comment) else page.only("article[@class='essay leaf']")
    return next(part for part in inside.iter() if part.get("class") == "likes")


def like_button(page: Page, target: Essay | Comment) -> Element:
    found = likes_element(page, target).find(".//button")
    assert found is not None
    return found


def likes_sentence(page: Page, essay: Essay) -> str:
    return text_of(next(part for part in likes_element(page, essay).iter() if part.get("class") == "said"))


def add_likes(target: Essay | Comment, people: int) -> list[User]:
    """Let this many people like it."""
    readers = [make.user(name=f"Reader {number}") for number in range(people)]
    essay = target.essay if isinstance(target, Comment) else target
    for reader in readers:
        likes.like(
            commenter=Commenter.objects.for_user(reader),
            sender=Sender(),
            essay=essay,
            comment=target.pk if isinstance(target, Comment) else None,
        )
    return readers
