"""The page `?by=author`: comments by the essay's authors, outside of their threads."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from blog.models import Essay
from comments.models import Rules
from comments.threads.pages import BY_AUTHOR, FOLDED, ThreadPage, commenter_names, reply_count_text, requested_order
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
        """The page that the URL requests. Raises Http404 for a missing page; `answering` is not used."""
        page = cls(essay, Viewer.from_request(request), order=requested_order(request))
        page.is_folded = request.GET.get("replies") == FOLDED
        page.select_page(request.GET.get("cpage", "1"))
        return page

    def rows(self) -> tuple[list[Row], dict[int, AuthorNotice]]:
        """The authors' comments on this page, and no notices."""
        start = (self.number - 1) * self.per_page
        order = {
            Rules.Order.OLDEST.value: ("created", "pk"),
            Rules.Order.NEWEST.value: ("-created", "-pk"),
            Rules.Order.LIKED.value: ("-likes", "-pk"),
        }[self.order]
        found = self.columns_of(self.author_comments()).order_by(*order)
        return [Row(*row) for row in found[start : start + self.per_page]], {}

    def names_of_hidden_parents(self, rows: list[Row]) -> dict[int, str]:
        """Names of all parents' authors, also of those on this page, because the links lead to the thread."""
        return commenter_names({row.parent for row in rows if row.parent})

    def outline(self, rows: Sequence[Row], told: Mapping[int, AuthorNotice]) -> list[Step]:
        """Show the comments in a flat list."""
        return flat_outline(rows)

    @property
    def has_whole_threads(self) -> bool:
        return False

    @property
    def depth(self) -> int:
        """0: comments are not nested on this page."""
        return 0

    @property
    def part(self) -> str:
        """The note above the comments: how many are by the authors."""
        return f"{reply_count_text(self.author_comment_count, len(self.authors))}."

    @property
    def whole_url(self) -> str:
        """URL that leads back to the discussion."""
        return f"{super().url(number=1)}#comments"

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """The URL of this page, or of another page or order; with other parameters it leads to the threads."""
        if more:
            return super().url(number=1, order=order, **more)
        return super().url(number=number, order=order, by=BY_AUTHOR)
