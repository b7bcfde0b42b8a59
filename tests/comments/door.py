"""A reader's browser without a screen, and the pages it is shown: for tests that go in by the door."""

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
from tests.blog.reading import html5lib


class Page:
    """What was answered, read as a browser would read it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.html = answer.content.decode()

    @cached_property
    def tree(self) -> Element:
        parsed: Element = html5lib.parse(self.html, namespaceHTMLElements=False)
        return parsed

    def find(self, path: str) -> Element | None:
        return self.tree.find(f".//{path}")

    def all(self, path: str) -> list[Element]:
        return self.tree.findall(f".//{path}")

    def one(self, path: str) -> Element:
        found = self.all(path)
        assert len(found) == 1, f"{len(found)} × {path} in:\n{words(self.tree)}"
        return found[0]

    def id(self, name: str) -> Element:
        return self.one(f"*[@id='{name}']")

    def comment(self, comment: Comment) -> Element:
        """Its own place, replies included."""
        return self.id(f"comment-{comment.pk}")

    @property
    def words(self) -> str:
        return words(self.tree)

    @property
    def shown(self) -> list[int]:
        """The comments on it, tombstones included, in reading order."""
        return [int(item.get("id", "")[8:]) for item in self.all("li") if item.get("id", "").startswith("comment-")]

    @property
    def form(self) -> dict[str, str]:
        """What the reply form would send as it stands."""
        filled = {}
        for field in self.id("respond").iter():
            name = field.get("name")
            if name in {"key", "subject"}:  # which script alone fills in, and which programs do
                continue
            if field.tag == "textarea":
                filled[str(name)] = field.text or ""
            elif (
                name and field.tag == "input" and (field.get("type") != "checkbox" or field.get("checked") is not None)
            ):
                filled[name] = field.get("value", "on")
        return filled

    @property
    def problem(self) -> str:
        """The summary of what is wrong, on which the focus stands."""
        return " ".join(words(part) for part in self.id("respond").iter() if part.get("class") == "errors")


def words(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


class Browser(Client):
    """One person's: it keeps its cookies and says, as browsers do, that what it sends comes from the page itself."""

    def __init__(
        self,
        user: User | None = None,
        *,
        address: str = "203.0.113.7",
        headers: Mapping[str, str] = MappingProxyType({"Sec-Fetch-Site": "same-origin"}),
    ) -> None:
        super().__init__(enforce_csrf_checks=True, headers=headers, REMOTE_ADDR=address)
        self.speaks_as = "guest"
        if user:
            self.force_login(user)
            self.speaks_as = str(Commenter.objects.of(user).pk)  # as logging in by the form does

    def read(self, address: str | Essay) -> Page:
        """The page at an address, wherever it leads."""
        answer = self.get(address if isinstance(address, str) else address.get_absolute_url(), follow=True)
        return Page(answer)

    def post_to(self, essay: Essay, **fields: str) -> Page:
        """The answer itself to what is sent from the form."""
        return Page(self.post(f"{essay.get_absolute_url()}respond/", make.details(**{"as": self.speaks_as, **fields})))

    def say(self, essay: Essay, **fields: str) -> Comment:
        """Post what must be taken."""
        page = self.post_to(essay, **fields)
        assert page.status == 302, f"{page.status}: {page.problem if page.find('form') is not None else page.words}"
        comment: Comment = Comment.objects.latest("pk")
        return comment


def place(answer: Any) -> str:
    """Where an answer leads, without the place on the page."""
    return str(urldefrag(answer.headers["Location"]).url)
