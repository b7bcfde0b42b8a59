"""The page `?by=author`: comments by the essay's authors, outside of their threads."""

from typing import Any

from django.http import HttpRequest

from blog.models import Essay
from comments.models import Rules
from comments.threads.pages import BY_AUTHOR, ThreadPage, commenter_names, reply_count_text, requested_order
from comments.threads.tree import Row, Step, flat_outline
from comments.threads.viewer import AuthorNotice, Viewer


class AuthorsPage(ThreadPage):
    """A page of the authors' comments, as many as there are threads on a normal page."""

    def __init__(self, essay: Essay, viewer: Viewer, *, order: str = "") -> None:
        super().__init__(essay, viewer, order=order)
        self.author_comment_count = self.author_comments().count()
        self.count = max(1, -(-self.author_comment_count // self.per_page))

    @classmethod
    def from_request(cls, request: HttpRequest, essay: Essay, answering: int | None = None) -> "AuthorsPage":
        page = cls(essay, Viewer.from_request(request), order=requested_order(request))
        page.select_page(request.GET.get("cpage", "1"))
        return page

    def rows(self) -> tuple[list[Row], dict[int, AuthorNotice]]:
        start = (self.number - 1) * self.per_page
        order = {
            Rules.Order.OLDEST.value: ("created", "pk"),
            Rules.Order.NEWEST.value: ("-created", "-pk"),
            Rules.Order.LIKED.value: ("-likes", "-pk"),
        }[self.order]
        found = self.columns_of(self.author_comments()).order_by(*order)
        return [Row(*row) for row in found[start : start + self.per_page]], {}

    def names_of_hidden_parents(self, rows: list[Row]) -> dict[int, str]:
        """Names for all replies, even if the parent is on this page, because the links lead to the thread."""
        return commenter_names({row.parent for row in rows if row.parent})

    def outline(self, rows: list[Row], told: dict[int, AuthorNotice]) -> list[Step]:
        return flat_outline(rows)

    @property
    def depth(self) -> int:
        """No nesting on this page."""
        return 0

    @property
    def part(self) -> str:
        return f"{reply_count_text(self.author_comment_count, len(self.authors))}."

    @property
    def whole_url(self) -> str:
        return f"{super().url(number=1)}#comments"

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """URLs with other parameters lead to the threads."""
        if more:
            return super().url(number=1, order=order, **more)
        return super().url(number=number, order=order, by=BY_AUTHOR)
