"""`?by=author`: what an essay's own authors replied, taken out of the threads; each says whom it answers."""

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
    """Of the whole discussion, unless the address asks for the authors' part and nothing is answered."""
    if request.GET.get("by") != AUTHOR or answering:
        return ThreadPage.asked_for(request, essay, answering)
    page = AuthorsPage(essay, Viewer.of(request), order=order_wished(request))
    page.turn_to(request.GET.get("cpage", "1"))
    return page


def said(count: int, authors: int) -> str:
    if authors > 1:
        words = ngettext("%(count)d reply by the authors", "%(count)d replies by the authors", count)
    else:
        words = ngettext("%(count)d reply by the author", "%(count)d replies by the author", count)
    return words % {"count": count}


class AuthorsPage(ThreadPage):
    """As many on a page as there are threads on one of the whole."""

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
        """Also when the answered one is on this page: what is meant is its place in the thread."""
        return names_of({row.parent for row in rows if row.parent})

    def outline(self, rows: list[Row], told: dict[int, Told]) -> list[Step]:
        return alone(rows)

    @property
    def depth(self) -> int:
        """No reply is put under another here: whoever posts one goes on to the thread."""
        return 0

    @property
    def part(self) -> str:
        return f"{said(self.said_by_authors, len(self.authors))}."

    @property
    def whole_url(self) -> str:
        return f"{super().url(number=1)}#comments"

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """Whatever else is asked for is found in the threads."""
        return (
            super().url(number=1, order=order, **more) if more else super().url(number=number, order=order, by=AUTHOR)
        )
