"""A test client that behaves like a reader's browser, and the pages it receives."""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import urldefrag
from xml.etree.ElementTree import Element

from django.test import Client

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.services.html import parse


class Page:
    """A response, parsed as a browser would."""

    def __init__(self, answer: Any) -> None:
        self.response = answer
        self.status = answer.status_code
        self.html = answer.content.decode()

    @cached_property
    def tree(self) -> Element:
        return parse(self.html)

    def find(self, path: str) -> Element | None:
        return self.tree.find(f".//{path}")

    def all(self, path: str) -> list[Element]:
        return self.tree.findall(f".//{path}")

    def only(self, path: str) -> Element:
        found = self.all(path)
        assert len(found) == 1, f"{len(found)} × {path} in:\n{text_of(self.tree)}"
        return found[0]

    def by_id(self, name: str) -> Element:
        return self.only(f"*[@id='{name}']")

    def comment(self, comment: Comment) -> Element:
        """The comment's element, replies included."""
        return self.by_id(f"comment-{comment.pk}")

    @property
    def text(self) -> str:
        return text_of(self.tree)

    @property
    def comment_keys(self) -> list[int]:
        """The comments on it, tombstones included, in reading order."""
        return [int(item.get("id", "")[8:]) for item in self.all("li") if item.get("id", "").startswith("comment-")]

    @property
    def form_values(self) -> dict[str, str]:
        """The values that the reply form would submit unchanged."""
        filled = {}
        for field in self.by_id("respond").iter():
            name = field.get("name")
            if name in {"key", "subject"}:  # filled in only by script, and only by bots
                continue
            if field.tag == "textarea":
                filled[str(name)] = field.text or ""
            elif (
                name and field.tag == "input" and (field.get("type") != "checkbox" or field.get("checked") is not None)
            ):
                filled[name] = field.get("value", "on")
        return filled

    @property
    def error_summary(self) -> str:
        """The error summary, which has the focus."""
        return " ".join(text_of(part) for part in self.by_id("respond").iter() if part.get("class") == "errors")


def text_of(element: Element | None) -> str:
    assert element is not None
    return " ".join(" ".join(element.itertext()).split())


class Browser(Client):
    """One person's browser: it keeps cookies and sends Sec-Fetch-Site."""

    def __init__(
        self,
        user: User | None = None,
        *,
        address: str = "203.0.113.7",
        headers: Mapping[str, str] = MappingProxyType({"Sec-Fetch-Site": "same-origin"}),
    ) -> None:
        super().__init__(enforce_csrf_checks=True, headers=headers, REMOTE_ADDR=address)
        self.identity = "guest"
        if user:
            self.force_login(user)
            self.identity = str(Commenter.objects.for_user(user).pk)  # as after a login from the form

    def read(self, address: str | Essay) -> Page:
        """Get a page, following redirects."""
        answer = self.get(address if isinstance(address, str) else address.get_absolute_url(), follow=True)
        return Page(answer)

    def submit_comment(self, essay: Essay, **fields: str) -> Page:
        """Submit the reply form and return the direct response."""
        return Page(
            self.post(f"{essay.get_absolute_url()}respond/", make.guest_form(**{"as": self.identity, **fields}))
        )

    def post_comment(self, essay: Essay, **fields: str) -> Comment:
        """Post a comment that must be accepted, and return it."""
        page = self.submit_comment(essay, **fields)
        assert page.status == 302, (
            f"{page.status}: {page.error_summary if page.find('form') is not None else page.text}"
        )
        comment: Comment = Comment.objects.latest("pk")
        return comment


def redirect_path(answer: Any) -> str:
    """The target of a redirect without its fragment."""
    return str(urldefrag(answer.headers["Location"]).url)
