"""The passages of an essay and its author's answers, as its page shows them: one query for each page that has any."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from blog.models import Essay, Revision
from comments.models import AuthorAnswer, Comment, Discussion, Passage, Status
from server.prepared import Parameter, Prepared


class Remark(NamedTuple):
    """What is known about a comment besides the comment itself: its passage, and the author's answer."""

    comment: int
    status: str
    comments: int  # approved ones in its thread; 0 for a reply
    name: str  # of its author
    quotation: str | None  # None for a comment without a passage
    quoted_version: int | None
    is_withdrawn: bool | None
    revision: int | None  # that has the passage at this place
    paragraph: int | None
    words: str | None
    label: str | None
    corrected_in: int | None  # version
    is_picked: bool | None
    is_strongest: bool | None

    @property
    def total(self) -> int:
        """How many approved comments it stands for: itself and the replies to it, as far as they are known."""
        return (self.comments or 1) if self.status == Status.APPROVED else self.comments


COLUMNS = (
    "pk", "status", "readable", "commenter__name",
    "passage__quotation", "passage__quoted_from__version", "passage__quoted_from__is_withdrawn",
    "passage__revision", "passage__paragraph", "passage__words",
    "author_answer__label", "author_answer__revision__version",
    "author_answer__is_picked", "author_answer__is_strongest",
)  # fmt: skip


def select_remarks(essay: Parameter) -> "models.QuerySet[Comment, Remark]":
    """Select the comments on an essay that have a passage or an answer, by the indexes of those."""
    passages = Passage.objects.filter(essay=essay).values(key=F("comment_id"))
    answers = AuthorAnswer.objects.filter(essay=essay).values(key=F("comment_id"))
    found: Any = Comment.objects.filter(pk__in=passages.union(answers)).order_by("pk").values_list(*COLUMNS)
    return found  # type: ignore[no-any-return]


REMARKS = Prepared(select_remarks, essay=models.BigAutoField())


@dataclass
class Remarks:
    """All remarks on an essay, and the revision that readers see."""

    essay: Essay
    revision: int | None
    rows: dict[int, Remark]  # by comment

    @classmethod
    def on(cls, essay: Essay) -> "Remarks":
        """Return an essay's remarks, read once for each page; no query if its discussion has none."""
        found = essay.__dict__.get("remarks")
        if found is None:
            has_any = Discussion.objects.for_essay(essay).has_passages
            rows = [Remark(*row) for row in REMARKS.fetch(essay=essay.pk)] if has_any else []
            revision = find_shown_revision(essay) if rows else None
            found = essay.__dict__["remarks"] = cls(essay, revision, {row.comment: row for row in rows})
        return found

    @cached_property
    def address(self) -> str:
        """The path of the essay's page."""
        return self.essay.get_absolute_url()

    @cached_property
    def lang(self) -> SafeString:
        """The `lang` attribute of the page's own words inside an essay in another language, else nothing."""
        return format_html(' lang="{}"', get_language()) if self.essay.lang else SafeString("")

    @cached_property
    def shown_revision(self) -> int | None:
        """The key of the revision that readers see, also if the essay has no remarks."""
        return self.revision or find_shown_revision(self.essay)

    def is_placed(self, remark: Remark) -> bool:
        """Return whether its passage is in the text that readers see."""
        return remark.quotation is not None and remark.revision is not None and remark.revision == self.revision

    @cached_property
    def by_paragraph(self) -> dict[int, list[Remark]]:
        """The remarks whose passages readers see, by paragraph."""
        found: dict[int, list[Remark]] = defaultdict(list)
        for remark in self.rows.values():
            if self.is_placed(remark) and remark.total and remark.paragraph is not None:
                found[remark.paragraph].append(remark)
        return found

    @cached_property
    def picked(self) -> list[int]:
        """The keys of the public comments that the essay's author picked; none if the owner turned that off."""
        has_picks = bool(self.rows) and Discussion.objects.for_essay(self.essay).rules.authors_pick
        return [row.comment for row in self.public_rows if row.is_picked or row.is_strongest] if has_picks else []

    @cached_property
    def quoting(self) -> list[int]:
        """The keys of the public comments on a passage, of the text that readers see or of another."""
        return [row.comment for row in self.public_rows if row.quotation is not None]

    @property
    def public_rows(self) -> list[Remark]:
        """The remarks on comments that readers see."""
        return [row for row in self.rows.values() if row.status == Status.APPROVED]

    def among(self, comments: Iterable[int]) -> tuple[Remark, ...]:
        """Return the remarks on these comments, in their order."""
        return tuple(self.rows[pk] for pk in comments if pk in self.rows) if self.rows else ()


def find_shown_revision(essay: Essay) -> int | None:
    """Return the key of the revision that readers see, which the query of the essay's page has already."""
    if "revision" not in essay.__dict__:
        essay.revision = Revision.objects.public(essay).values_list("pk", flat=True).first()
    return essay.revision
