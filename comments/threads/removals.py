"""Why a comment was removed: the messages for its author and for its tombstone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import JSONField, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from comments.models import Comment, Decision, Rules, Status
from comments.threads.tree import Move, Shown, Step

APPEALS_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class AppealSummary:
    """An appeal against a removal, and its outcome."""

    state: str
    text: str
    answer: str


@dataclass(frozen=True)
class Removal:
    """A moderator's decision against a comment."""

    was_public: bool
    sentence: str
    reason: str
    by: str
    when: datetime
    appeal: AppealSummary | None

    @classmethod
    def from_record(cls, record: dict[str, Any] | None) -> "Removal | None":
        """Parse a value of removal_record()."""
        if record is None:
            return None
        when = parse_datetime(record["created"]) or timezone.now()
        state = record["appeal"]
        return cls(
            was_public=record["before"] == Status.APPROVED,
            sentence=" ".join(filter(None, (record["sentence"], record["message"]))),
            reason=record["reason"] or "",
            by=record["name"] or record["username"] or "",
            when=timezone.make_aware(when, UTC) if timezone.is_naive(when) else when,
            appeal=AppealSummary(state, record["text"], record["answer"]) if state else None,
        )

    @property
    def words(self) -> str:
        """The message for the comment's author."""
        if not self.sentence and self.was_public:
            return _("Your comment was removed by a moderator.")
        if not self.sentence:
            return _("Your comment was not published.")
        if self.was_public:
            return _("Your comment was removed. %(why)s") % {"why": self.sentence}
        return _("Your comment was not published. %(why)s") % {"why": self.sentence}

    @property
    def answer(self) -> str:
        """The state of the appeal, for the comment's author."""
        if self.appeal is None:
            return ""
        if self.appeal.state == "open":
            return _("You’ve appealed. A moderator will review your comment again.")
        if self.appeal.state == "denied":
            return " ".join(filter(None, (_("Your appeal was denied."), self.appeal.answer)))
        return _("Your appeal was granted.")

    @property
    def tombstone_text(self) -> str:
        """The public text on the tombstone; empty without a reason."""
        if not self.reason:
            return ""
        if not self.by:
            return _("Removed by a moderator: %(reason)s.") % {"reason": self.reason}
        return _("Removed by moderator %(name)s: %(reason)s.") % {"name": self.by, "reason": self.reason}

    def may_appeal(self, comment: Comment, rules: Rules) -> bool:
        """Return whether the author may still appeal against it."""
        is_late = self.when < timezone.now() - APPEALS_WITHIN
        return rules.writers_may_appeal and self.appeal is None and not is_late and is_rejected(comment)


def is_rejected(comment: Comment) -> bool:
    """Removed by a moderator; one that only the filter marked as spam counts as pending."""
    is_removed = comment.status in {Status.SPAM, Status.TRASH}
    return is_removed and comment.removed_by == Comment.Remover.MODERATOR


def for_comments(comments: Collection[int]) -> dict[int, Removal]:
    """The removals of these comments by primary key; comments without a record are omitted."""
    rows = Comment.objects.filter(pk__in=comments).order_by().values_list("pk", removal_record()) if comments else ()
    return {pk: removal for pk, record in rows if (removal := Removal.from_record(record))}


def removal_record() -> Subquery:
    """Subquery for the decision that gave a comment its present status, as one more column.

    For a removed comment it is the newest decision with that status, so that undoing a later one shows it again; for
    any other the newest rejection.
    """
    removed = Q(comment__status__in=(Status.SPAM, Status.TRASH))
    refusals = Decision.objects.filter(comment=OuterRef("pk"), verb__in=("spam", "trash", "rule"))
    newest = refusals.filter(~removed | Q(after=OuterRef("status"))).order_by("-pk")
    record = JSONObject(
        before="before",
        created="created",
        message="message",
        reason="reason__name",
        sentence="reason__sentence",
        name="moderator__name",
        username="moderator__username",
        appeal="comment__appeal__state",
        text="comment__appeal__text",
        answer="comment__appeal__answer",
    )
    return Subquery(newest.values(record=record)[:1], output_field=JSONField())


def tombstone_texts(steps: Iterable[Step]) -> dict[int, str]:
    """The texts of a page's tombstones that show a reason, by primary key."""
    gone = {step.row.pk: step.row.record for step in steps if step.move is Move.COMMENT and step.shown is Shown.GONE}
    return {pk: removal.tombstone_text for pk, record in gone.items() if (removal := Removal.from_record(record))}
