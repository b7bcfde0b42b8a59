"""The entry that the queue shows for a comment just decided about."""

from collections.abc import Sequence
from dataclasses import dataclass

from comments.models import Decision
from moderation.decisions.in_words import make_excerpt


@dataclass(frozen=True)
class UndoLine:
    """A decided comment as one line with an Undo button."""

    decision: Decision
    weight: float = 0
    also_undone: Sequence[int] = ()  # decisions that are undone with it
    is_of_batch: bool = False  # whether the action that decided it also decided others
    decided_by: str = ""  # the other moderator who decided it, in words

    @property
    def pk(self) -> int:
        return self.decision.comment_number

    @property
    def verb(self) -> str:
        """What was done in words, by whom if it was another moderator."""
        return self.decided_by or str(self.decision.get_verb_display())

    @property
    def name(self) -> str:
        return self.decision.comment.commenter.name if self.decision.comment else ""

    @property
    def excerpt(self) -> str:
        wording = self.decision.comment and self.decision.comment.wording
        return make_excerpt(wording.html) if wording else ""

    @property
    def can_be_undone(self) -> bool:
        return not self.decided_by and self.decision.verb != Decision.Verb.DELETE
