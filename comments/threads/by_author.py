"""The page `?by=author`: comments by the essay's authors, outside of their threads."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import ngettext

from blog.models import Essay
from comments.models import Rules
from comments.threads.pages import ThreadPage, names_of, order_wished
from comments.threads.tree import Row, Step, alone
from comments.threads.viewer import Told, Viewer

AUTHOR = "author"


def page_asked_for(request: HttpRequest, essay: Essay, answering: int | None = None) -> ThreadPage:
    """The page of the discussion, or of the authors' comments if the URL asks for them and there is no reply form."""
    if request.GET.get("by") != AUTHOR or answering:
        return ThreadPage.asked_for(request, essay, answering)
    page = AuthorsPage(essay, Viewer.of(request), order=order_wished(request))
    page.turn_to(request.GET.get("cpage", "1"))
    return page


def said(count: int, authors: int) -> str:
    if authors > 1:
        text = ngettext("%(count)d reply by the authors", "%(count)d replies by the authors", count)
    else:
        text = ngettext("%(count)d reply by the author", "%(count)d replies by the author", count)
    return text % {"count": count}


class AuthorsPage(ThreadPage):
    """A page of the authors' comments, as many as there are threads on a normal page."""

    def __init__(self, essay: Essay, viewer: Viewer, *, order: str = "") -> None:
        super().__init__(essay, viewer, order=order)
        self.said_by_authors = self.by_authors().count()
        self.count = max(1, -(-self.said_by_authors // self.per_page))

    def rows(self) -> tuple[list[Row], dict[int, Told]]:
        start = (self.number - 1) * self.per_page
        order = {
            Rules.Order.OLDEST.value: ("created", "pk"),
            Rules.Order.NEWEST.value: ("-created", "-pk"),
            Rules.Order.LIKED.value: ("-likes", "-pk"),
        }[self.order]
        found = self.columns_of(self.by_authors()).order_by(*order)
        return [Row(*row) for row in found[start : start + self.per_page]], {}

    def answered_elsewhere(self, rows: list[Row]) -> dict[int, str]:
        """Names for all replies, even if the parent is on this page, because the links lead to the thread."""
        return names_of({row.parent for row in rows if row.parent})

    def outline(self, rows: list[Row], told: dict[int, Told]) -> list[Step]:
        return alone(rows)

    @property
    def depth(self) -> int:
        """No nesting on this page."""
        return 0

    @property
    def part(self) -> str:
        return f"{said(self.said_by_authors, len(self.authors))}."

    @property
    def whole_url(self) -> str:
        return f"{super().url(number=1)}#comments"

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """URLs with other parameters lead to the threads."""
        return (
            super().url(number=1, order=order, **more) if more else super().url(number=number, order=order, by=AUTHOR)
        )
