"""The strongest objection to an essay, shown after it: the comment with its author's first reply."""

from collections.abc import Mapping, Sequence

from django.db.models import Q

from comments.models import Status
from comments.passages.shown import Remark, Remarks
from comments.threads.pages import ThreadPage
from comments.threads.rendering import PrecompiledTemplate, ThreadRenderer
from comments.threads.tree import Move, Row, Step, outline
from comments.threads.viewer import AuthorNotice


def find_objection(remarks: Remarks) -> Remark | None:
    """Return the comment that the essay's author chose, if readers can see it."""
    chosen = (row for row in remarks.rows.values() if row.is_strongest and row.status == Status.APPROVED)
    return next(chosen, None)


class ObjectionPage(ThreadPage):
    """The comment and the first reply to it by an author of the essay."""

    objection: int = 0  # key of the comment

    def rows(self) -> tuple[list[Row], dict[int, AuthorNotice]]:
        """The two comments, or the one, and no notices."""
        reply = Q(parent=self.objection, status=Status.APPROVED, commenter__user__in=self.authors)
        found = self.rows_where(Q(pk=self.objection) | reply).order_by("lft")
        return [Row(*row) for row in found[:2]], {}

    def outline(self, rows: Sequence[Row], told: Mapping[int, AuthorNotice]) -> list[Step]:
        """Nest the reply, without links to others."""
        return outline(rows, self.depth)

    @property
    def has_whole_threads(self) -> bool:
        return False


class ObjectionRenderer(ThreadRenderer):
    """Renders comments that the thread below shows too: here they have no ids and no menu."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.more_link = PrecompiledTemplate([""], [])

    def opening(self, step: Step) -> str:
        """Render the opening tag of a comment's list item."""
        return super().opening(step).replace(f' id="comment-{step.row.pk}"', "", 1)

    def step(self, step: Step, templates: Mapping[int, PrecompiledTemplate], names: Mapping[int, str | None]) -> str:
        """Render one step; the list with the author's reply cannot be closed."""
        match step.move:
            case Move.REPLIES:
                return '<div class="replies"><ol>'
            case Move.END_REPLIES:
                return "</ol></div>"
        return super().step(step, templates, names)
