"""A comment that was just decided about, as the queue shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from comments.models import Decision
from moderation.decisions.in_words import first_words


@dataclass(frozen=True)
class Folded:
    """A comment just decided about, as one line that takes it back."""

    decision: Decision
    weight: float = 0
    more: Sequence[int] = ()  # decisions that are taken back with it
    is_of_batch: bool = False  # whether the action that decided it also decided others
    by: str = ""  # who decided it, if it was not whoever reads this

    @property
    def pk(self) -> int:
        return self.decision.number

    @property
    def what(self) -> str:
        return self.by or str(self.decision.get_verb_display())

    @property
    def name(self) -> str:
        return self.decision.comment.commenter.name if self.decision.comment else ""

    @property
    def words(self) -> str:
        wording = self.decision.comment and self.decision.comment.wording
        return first_words(wording.html) if wording else ""

    @property
    def can_be_undone(self) -> bool:
        return not self.by and self.decision.verb != Decision.Verb.DELETE
