"""The page `?on=7`: the threads with comments on one paragraph of the essay."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import ngettext

from blog.models import Essay
from comments.models import Comment
from comments.passages.shown import Remark, Remarks
from comments.threads.pages import ThreadPage, requested_order
from comments.threads.tree import MAX_COMMENTS, Row
from comments.threads.viewer import AuthorNotice, Viewer, parse_key


def find_remarks(request: HttpRequest, essay: Essay) -> list[Remark]:
    """Return the remarks on the paragraph in the URL; empty if it names none, or one without comments."""
    number = parse_key(request.GET.get("on"))
    return Remarks.on(essay).by_paragraph.get(number, []) if number else []


class PassagePage(ThreadPage):
    """The threads of the comments on one paragraph, on one page."""

    remarks: list[Remark]

    @classmethod
    def from_request(cls, request: HttpRequest, essay: Essay, answering: int | None = None) -> "PassagePage":
        """The page of the paragraph in the URL, which has comments; `answering` is not used."""
        page = cls(essay, Viewer.from_request(request), order=requested_order(request))
        page.remarks = find_remarks(request, essay)
        page.count = 1
        return page

    def page(self, own: list[Comment]) -> list[Row]:
        """The rows of all threads with one of the comments, the oldest thread first."""
        trees = Comment.objects.filter(pk__in=[remark.comment for remark in self.remarks]).values("tree_id")
        found = self.rows_where(Q(tree_id__in=trees)).order_by("tree_id", "lft")
        return [Row(*row) for row in found[:MAX_COMMENTS]]

    def rows(self) -> tuple[list[Row], dict[int, AuthorNotice]]:
        """The rows of the page, with the notices about the viewer's own comments among them."""
        rows, notices = super().rows()
        shown = {row.pk for row in rows}
        return rows, {pk: notice for pk, notice in notices.items() if pk in shown}

    @property
    def part(self) -> str:
        """The note above the comments: how many are on the paragraph."""
        count = sum(remark.total for remark in self.remarks)
        return ngettext("%(count)d comment on this paragraph.", "%(count)d comments on this paragraph.", count) % {
            "count": count
        }

    @property
    def whole_url(self) -> str:
        """URL that leads back to the discussion."""
        return f"{super().url(number=1)}#comments"

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """The URL of this page, or of the threads: one with other parameters or of another page leads to those."""
        if more or number is not None:
            return super().url(number=1, order=order, **more)
        return super().url(order=order, on=self.remarks[0].paragraph)
