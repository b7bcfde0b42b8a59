"""The pages `?by=author`, `?by=picks` and `?by=passages`: comments outside of their threads."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import ngettext

from blog.models import Essay
from comments.models import Comment, CommentQuerySet, Rules
from comments.passages.shown import Remarks
from comments.threads.pages import BY_AUTHOR, FOLDED, ThreadPage, commenter_names, reply_count_text, requested_order
from comments.threads.tree import Row, Step, flat_outline
from comments.threads.viewer import AuthorNotice, Viewer


class FlatPage(ThreadPage):
    """A page of some of an essay's comments, as many as there are threads on a normal page."""

    by: ClassVar[str]  # the value of `by` in its URL

    def __init__(self, essay: Essay, viewer: Viewer, *, order: str = "") -> None:
        super().__init__(essay, viewer, order=order)
        self.author_comment_count = self.author_comments().count()
        self.count = max(1, -(-self.total // self.per_page))

    @classmethod
    def has_any(cls, essay: Essay) -> bool:
        """Return whether the essay has such comments, as far as another page tells."""
        return True

    def selected(self) -> CommentQuerySet:
        """Select the comments, approved ones."""
        raise NotImplementedError

    @property
    def total(self) -> int:
        """How many comments there are on all pages."""
        raise NotImplementedError

    @classmethod
    def from_request(cls, request: HttpRequest, essay: Essay, answering: int | None = None) -> "FlatPage":
        """The page that the URL requests. Raises Http404 for a missing page; `answering` is not used."""
        page = cls(essay, Viewer.from_request(request), order=requested_order(request))
        page.is_folded = request.GET.get("replies") == FOLDED
        page.select_page(request.GET.get("cpage", "1"))
        return page

    def rows(self) -> tuple[list[Row], dict[int, AuthorNotice]]:
        """The comments on this page, and no notices."""
        start = (self.number - 1) * self.per_page
        order = {
            Rules.Order.OLDEST.value: ("created", "pk"),
            Rules.Order.NEWEST.value: ("-created", "-pk"),
            Rules.Order.LIKED.value: ("-likes", "-pk"),
        }[self.order]
        found = self.columns_of(self.selected()).order_by(*order)
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
    def whole_url(self) -> str:
        """URL that leads back to the discussion."""
        return f"{super().url(number=1)}#comments"

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """The URL of this page, or of another page or order; with other parameters it leads to the threads."""
        if more:
            return super().url(number=1, order=order, **more)
        return super().url(number=number, order=order, by=self.by)


class AuthorsPage(FlatPage):
    """The comments by the essay's authors."""

    by = BY_AUTHOR

    def selected(self) -> CommentQuerySet:
        """Select the comments by the authors."""
        return self.author_comments()

    @property
    def total(self) -> int:
        """How many comments are by the authors."""
        return self.author_comment_count

    @property
    def part(self) -> str:
        """The note above the comments: how many are by the authors."""
        return f"{reply_count_text(self.author_comment_count, len(self.authors))}."


class RemarksPage(FlatPage):
    """Comments that are known for more than their text."""

    @staticmethod
    def keys(essay: Essay) -> list[int]:
        """The keys of the comments."""
        raise NotImplementedError

    @classmethod
    def has_any(cls, essay: Essay) -> bool:
        """Return whether the essay has such comments."""
        return bool(cls.keys(essay))

    def selected(self) -> CommentQuerySet:
        """Select the comments by their keys."""
        rows: CommentQuerySet = Comment.objects.on_essay(self.essay).approved()
        return rows.filter(pk__in=self.keys(self.essay))

    @property
    def total(self) -> int:
        """How many comments there are."""
        return len(self.keys(self.essay))


class PicksPage(RemarksPage):
    """The comments that the essay's author picked. It is chosen instead of a sort order."""

    by = "picks"

    @staticmethod
    def keys(essay: Essay) -> list[int]:
        """The keys of the picked comments."""
        return Remarks.on(essay).picked

    @property
    def part(self) -> str:
        """The note above the comments: how many are picked."""
        words = ngettext(
            "%(count)d comment picked by the author.", "%(count)d comments picked by the author.", self.total
        )
        return words % {"count": self.total}

    def url_in(self, order: str) -> str:
        """The URL that selects a sort order, of all comments."""
        return f"{self.url(order='' if order == self.discussion.order else order, by=None)}#comments"


class QuotingPage(RemarksPage):
    """The comments on a passage of the essay, or of an earlier version."""

    by = "passages"

    @staticmethod
    def keys(essay: Essay) -> list[int]:
        """The keys of the comments on passages."""
        return Remarks.on(essay).quoting

    @property
    def part(self) -> str:
        """The note above the comments: how many are on a passage."""
        words = ngettext("%(count)d comment on a passage.", "%(count)d comments on a passage.", self.total)
        return words % {"count": self.total}


KINDS: dict[str, type[FlatPage]] = {kind.by: kind for kind in (AuthorsPage, PicksPage, QuotingPage)}
