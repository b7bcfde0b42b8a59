"""Why a comment was taken away, as far as it is told: to its writer, and on its tombstone. The record is kept upstairs,
so it is asked by the comments' own relations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from comments.models import Comment, Rules, Status
from comments.thread import Move, Shown, Step

APPEALS_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Removal:
    """A moderator's decision against a comment, and what its writer said to that."""

    was_public: bool
    sentence: str
    reason: str
    by: str
    when: datetime
    appeal: Any = None  # its row, once there is one

    @property
    def words(self) -> str:
        """For its writer."""
        if self.sentence:
            words = (
                _("Your comment was removed: %(why)s")
                if self.was_public
                else _("Your comment was not published: %(why)s")
            )
            return words % {"why": self.sentence}
        return (
            _("Your comment was removed by a moderator.") if self.was_public else _("Your comment was not published.")
        )

    @property
    def answer(self) -> str:
        """What became of the appeal, for who made it."""
        if self.appeal is None:
            return ""
        if self.appeal.state == "open":
            return _("You have appealed. Somebody reads the comment again.")
        if self.appeal.state == "denied":
            return " ".join(filter(None, (_("Your appeal was read, and the decision stands."), self.appeal.answer)))
        return _("Your appeal was granted.")

    @property
    def on_tombstone(self) -> str:
        """For everybody, where a reason was told."""
        if not self.reason:
            return ""
        if not self.by:
            return _("Removed by a moderator: %(reason)s.") % {"reason": self.reason}
        return _("Removed by a moderator, %(name)s: %(reason)s.") % {"name": self.by, "reason": self.reason}

    def may_appeal(self, comment: Comment, rules: Rules) -> bool:
        is_late = self.when < timezone.now() - APPEALS_WITHIN
        return rules.writers_may_appeal and self.appeal is None and not is_late and is_refused(comment)


def is_refused(comment: Comment) -> bool:
    """By a person: what the filter alone put under Spam waits, as far as its writer can see."""
    is_removed = comment.status in {Status.SPAM, Status.TRASH}
    return is_removed and comment.removed_by == Comment.Remover.MODERATOR


def of(comments: Collection[int]) -> dict[int, Removal]:
    """Of each of these comments what the record says of why it went; nothing of one that it does not know."""
    if not comments:
        return {}
    told = above("decisions").select_related("reason", "moderator", "comment__appeal").defer("why")
    return {
        refusal.number: Removal(
            was_public=refusal.before == Status.APPROVED,
            sentence=refusal.sentence,
            reason=refusal.reason.name if refusal.reason else "",
            by=str(refusal.moderator or ""),
            when=refusal.created,
            appeal=getattr(refusal.comment, "appeal", None),
        )
        for refusal in told.refusals(comments)
    }


def on_tombstones(steps: Iterable[Step]) -> dict[int, str]:
    """What those of a page say, where a reason was told; one question, and none where no moderator removed anything."""
    gone = [
        step.row.pk
        for step in steps
        if step.move is Move.COMMENT and step.shown is Shown.GONE and step.row.removed_by == Comment.Remover.MODERATOR
    ]
    return {pk: words for pk, removal in of(gone).items() if (words := removal.on_tombstone)}


def above(relation: str) -> Any:
    """The rows that point to comments from a room above."""
    return Comment._meta.get_field(relation).related_model._default_manager  # type: ignore[union-attr]
