"""Pages of the log of decisions, each decision in words."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from comments.models import Decision, DecisionQuerySet, Rule, Status
from comments.screening import rules_in_words
from moderation.decisions.in_words import make_excerpt
from moderation.decisions.rights import Rights
from moderation.decisions.undo import UNDO_PERIOD, status_before
from moderation.log.search import HAND, RULE, LogSearch

PAGE_SIZE = 50
RULE_VERBS: dict[str, Any] = {
    Status.APPROVED: gettext_lazy("published"),
    Status.PENDING: gettext_lazy("held"),
    Status.SPAM: gettext_lazy("marked as spam"),
}
EXCERPT_HTML = 600  # characters of HTML, enough for an excerpt


def with_details(decisions: DecisionQuerySet) -> DecisionQuerySet:
    """Add everything that an entry shows, in one query."""
    excerpt, reasons = Left("comment__wording__html", EXCERPT_HTML), F("comment__wording__reasons")
    found = decisions.annotate(said=excerpt, reasons=reasons).defer("essay__body")
    return found.select_related("moderator", "rule", "reason", "essay", "comment__commenter", "undoes")


@dataclass(frozen=True)
class LogEntry:
    """One decision in the log."""

    decision: Decision
    can_undo: bool = False

    @property
    def by_rule(self) -> bool:
        return bool(self.decision.rule_id) or self.decision.verb == Decision.Verb.RULE

    @property
    def who(self) -> str:
        decision = self.decision
        if decision.rule:
            return _("the rule “%(name)s”") % {"name": decision.rule}
        if self.by_rule:
            return _("a deleted rule")
        return str(decision.moderator) if decision.moderator else _("a deleted user")

    @property
    def what(self) -> str:
        """The action; of an undo also what it undid."""
        if self.decision.undoes:
            return _("undone: %(verb)s") % {"verb": verb_of(self.decision.undoes)}
        return verb_of(self.decision)

    @property
    def matched_conditions(self) -> str:
        """The conditions that matched, for a rule's decision on a comment not edited since."""
        kept: Any = getattr(self.decision, "reasons", None) or ()
        return next(
            (rules_in_words.describe_conditions(each.get("because", ())) for each in kept if self.is_from(each)), ""
        )

    def is_from(self, reason: dict[str, Any]) -> bool:
        return bool(self.decision.rule_id) and reason.get("rule") == self.decision.rule_id

    @property
    def change(self) -> str:
        before, after = (status_label(status) for status in (self.decision.before, self.decision.after))
        return f"{before} → {after}" if before and before != after else after

    @property
    def name(self) -> str:
        return self.decision.comment.commenter.name if self.decision.comment else ""

    @property
    def excerpt(self) -> str:
        return make_excerpt(getattr(self.decision, "said", "") or "")

    @property
    def message(self) -> str:
        """What the commenter was told: the reason's name and the message."""
        reason = str(self.decision.reason) if self.decision.reason else ""
        return ": ".join(filter(None, (reason, self.decision.full_message)))


def verb_of(decision: Decision) -> str:
    """Return the action in words; of a rule, what it did."""
    if decision.verb == Decision.Verb.RULE and decision.after in RULE_VERBS:
        return str(RULE_VERBS[decision.after])
    return str(decision.get_verb_display())


def status_label(status: str) -> str:
    return str(Status(status).label) if status in Status.values else status


class LogPage:
    """One page of the log; the number of queries does not depend on its length."""

    def __init__(self, search: LogSearch, rights: Rights) -> None:
        self.rights = rights
        self.found = search.decisions(rights)
        self.total = self.found.count()
        self.pages = max(1, -(-self.total // PAGE_SIZE))
        self.search = replace(search, page=min(search.page, self.pages))

    @cached_property
    def entries(self) -> list[LogEntry]:
        start = (self.search.page - 1) * PAGE_SIZE
        shown = list(with_details(self.found)[start : start + PAGE_SIZE])
        newest = set(
            Decision.objects.latest_for(
                {decision.comment_number for decision in shown if decision.comment_id}
            ).values_list("pk", flat=True)
        )
        return [LogEntry(decision, decision.pk in newest and can_be_undone(decision)) for decision in shown]

    @property
    def previous_url(self) -> str:
        return self.search.url(self.search.page - 1) if self.search.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.search.url(self.search.page + 1) if self.search.page < self.pages else ""

    @property
    def moderators(self) -> list[tuple[str, str]]:
        decided = Decision.objects.filter(moderator=OuterRef("pk"))
        found = User.objects.filter(Exists(decided)).order_by("name", "username")
        return [(str(user.pk), str(user)) for user in found]

    @property
    def verbs(self) -> list[tuple[Any, Any]]:
        return list(Decision.Verb.choices)

    @property
    def deciders(self) -> list[tuple[str, str]]:
        """Choices of the filter: a moderator, any rule, one rule."""
        rules = [(str(rule.pk), _("the rule “%(name)s”") % {"name": rule}) for rule in Rule.objects.all()]
        return [(HAND, _("a moderator")), (RULE, _("a rule")), *rules]


def can_be_undone(decision: Decision) -> bool:
    """Return whether the newest decision about a comment can be undone."""
    comment = decision.comment
    reasons: Any = getattr(decision, "reasons", None) or ()
    return (
        comment is not None
        and comment.status == decision.after
        and status_before(decision, reasons) is not None
        and decision.verb != Decision.Verb.DELETE
        and timezone.now() - decision.created < UNDO_PERIOD
    )
