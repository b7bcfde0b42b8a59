"""The lines of a comment about its passage and its author's answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.template.loader import get_template
from django.utils.text import Truncator

from comments.models import AuthorAnswer, Status
from comments.passages.shown import Remark, Remarks
from comments.threads.tree import Row

MAX_QUOTED = 300  # characters of a quotation; the rest is in the essay


@dataclass
class RemarkLines:
    """Renders the remarks on the comments of one page."""

    remarks: Remarks
    has_versions: bool  # readers can compare earlier versions
    has_picks: bool
    may_answer: bool  # the viewer is an author of the essay

    @property
    def settings(self) -> tuple[object, ...]:
        """What the lines depend on besides the remarks."""
        return self.remarks.revision, self.has_versions, self.has_picks, self.may_answer

    def answer_link(self, row: Row, authors: frozenset[int]) -> str:
        """Render the link to answer a comment, for the essay's authors; not on their own comments."""
        if not self.may_answer or row.status != Status.APPROVED or row.user in authors:
            return ""
        return str(get_template("comments/_answer_link.html").render({"pk": row.pk, "name": row.name}))

    def among(self, rows: Iterable[Row]) -> tuple[Remark, ...]:
        """Return the remarks on these comments."""
        return self.remarks.among(row.pk for row in rows)

    def lines(self, pk: int) -> tuple[str, str, str]:
        """Render what is beside the name, above the text and below it."""
        return self.mark(pk), self.above(pk), self.below(pk)

    def mark(self, pk: int) -> str:
        """Render the mark beside the name of a comment's author if the essay's author picked it."""
        remark = self.remarks.rows.get(pk)
        is_picked = remark is not None and self.has_picks and (remark.is_picked or remark.is_strongest)
        return str(get_template("comments/_picked.html").render()) if is_picked else ""

    def above(self, pk: int) -> str:
        """Render the line above a comment's text that quotes its passage, with a link to its place."""
        remark = self.remarks.rows.get(pk)
        if remark is None or remark.quotation is None:
            return ""
        is_placed = self.remarks.is_placed(remark)
        is_hidden = bool(remark.is_withdrawn) and not is_placed
        has_version = self.has_versions and not is_hidden and remark.quoted_version is not None
        values = {
            "quotation": "" if is_hidden else Truncator(remark.quotation).chars(MAX_QUOTED),
            "words": remark.words if is_placed and remark.words != remark.quotation else "",
            "paragraph": remark.paragraph if is_placed else None,
            "version": remark.quoted_version if has_version else None,
            "essay": self.remarks.essay,
        }
        return str(get_template("comments/_on.html").render(values))

    def below(self, pk: int) -> str:
        """Render the line below a comment's text with the author's answer."""
        remark = self.remarks.rows.get(pk)
        if remark is None or not remark.label:
            return ""
        is_open = remark.label == AuthorAnswer.Label.CORRECTED and remark.corrected_in is None
        values = {"label": remark.label, "version": remark.corrected_in, "essay": self.remarks.essay, "pk": pk}
        return "" if is_open else str(get_template("comments/_author_answer.html").render(values))
