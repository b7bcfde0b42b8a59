"""Pages of the log of decisions, each decision in words."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from comments.models import Decision, DecisionQuerySet, Rule, Status
from comments.models.passage import quotation_of
from comments.screening import rules_in_words
from moderation.decisions.in_words import make_excerpt
from moderation.decisions.rights import Rights
from moderation.decisions.undo import UNDO_PERIOD, status_before
from moderation.log.search import HAND, RULE, SEARCHED, LogSearch
from moderation.paged_search import ResultPage

RULE_VERBS: dict[str, Any] = {
    Status.APPROVED: gettext_lazy("published"),
    Status.PENDING: gettext_lazy("held"),
    Status.SPAM: gettext_lazy("marked as spam"),
}
EXCERPT_HTML = 600  # characters of HTML, enough for an excerpt


def select_details(decisions: DecisionQuerySet) -> DecisionQuerySet:
    """Load with the decisions everything that their entries show, in one query."""
    excerpt, reasons = Left("comment__wording__html", EXCERPT_HTML), F("comment__wording__reasons")
    found = decisions.annotate(said=excerpt, reasons=reasons, quotation=quotation_of("comment__"))
    found = found.defer("essay__body")
    return found.select_related("moderator", "rule", "reason", "essay", "comment__commenter", "undoes")


@dataclass(frozen=True)
class LogEntry:
    """One decision in the log."""

    decision: Decision
    can_undo: bool = False

    @property
    def is_by_rule(self) -> bool:
        """Whether a rule decided, even one that has been deleted."""
        return bool(self.decision.rule_id) or self.decision.verb == Decision.Verb.RULE

    @property
    def who(self) -> str:
        """The moderator or rule that decided, by name."""
        decision = self.decision
        if decision.rule:
            return _("the rule “%(name)s”") % {"name": decision.rule}
        if self.is_by_rule:
            return _("a deleted rule")
        return str(decision.moderator) if decision.moderator else _("a deleted user")

    @property
    def what(self) -> str:
        """The action in words; of an undo also what it undid."""
        if self.decision.undoes:
            return _("undone: %(verb)s") % {"verb": verb_of(self.decision.undoes)}
        return verb_of(self.decision)

    @property
    def matched_conditions(self) -> str:
        """The conditions that matched, for a rule's decision on a comment not edited since."""
        kept: Any = getattr(self.decision, "reasons", None) or ()
        rule = self.decision.rule_id
        found = (each.get("because", ()) for each in kept if rule and each.get("rule") == rule)
        return next(map(rules_in_words.describe_conditions, found), "")

    @property
    def status_change(self) -> str:
        """The comment's status before and after, such as “Pending → Approved”, or only after if it stayed."""
        before, after = (status_label(status) for status in (self.decision.before, self.decision.after))
        was_posted = self.decision.verb == Decision.Verb.REPLY  # before it there was no comment
        return f"{before} → {after}" if before and before != after and not was_posted else after

    @property
    def name(self) -> str:
        """The commenter's name."""
        return self.decision.comment.commenter.name if self.decision.comment else ""

    @property
    def excerpt(self) -> str:
        """The first words of the comment."""
        return make_excerpt(getattr(self.decision, "said", "") or "")

    @property
    def quotation(self) -> str | None:
        """The words of the essay that the comment quotes; "" if readers may not see them, None if it quotes none."""
        found: str | None = getattr(self.decision, "quotation", None)
        return found

    @property
    def message(self) -> str:
        """What the commenter was told: the reason's name and the message."""
        reason = str(self.decision.reason) if self.decision.reason else ""
        return ": ".join(filter(None, (reason, self.decision.full_message)))


def verb_of(decision: Decision) -> str:
    """Return a decision's action in words; of a rule's decision, what the rule did with the comment."""
    if decision.verb == Decision.Verb.RULE and decision.after in RULE_VERBS:
        return str(RULE_VERBS[decision.after])
    return str(decision.get_verb_display())


def status_label(status: str) -> str:
    """Return a status in words; values that are no status stay."""
    return str(Status(status).label) if status in Status.values else status


class LogPage(ResultPage):
    """One page of the log; the number of queries does not depend on its length.

    `limit`: how many of the newest decisions were searched for a text; 0 if all were.
    """

    found: DecisionQuerySet
    verbs = Decision.Verb.choices

    def __init__(self, search: LogSearch, rights: Rights) -> None:
        super().__init__(search, search.decisions(rights, limit=SEARCHED))
        older = search.indexed_decisions(rights)[SEARCHED : SEARCHED + 1]
        self.limit = SEARCHED if search.reads_each and older.exists() else 0

    @cached_property
    def entries(self) -> list[LogEntry]:
        """The page's entries, the newest first; the latest decision about a comment can be undone for a time."""
        keys = list(self.slice_of(self.found.values_list("pk", flat=True)))  # sorted before their details are read
        shown = list(select_details(Decision.objects.filter(pk__in=keys).order_by("-pk")))
        comments = {decision.comment_number for decision in shown if decision.comment_id}
        newest = set(Decision.objects.latest_for(comments).values_list("pk", flat=True))
        return [LogEntry(decision, decision.pk in newest and can_be_undone(decision)) for decision in shown]

    @property
    def moderators(self) -> list[tuple[str, str]]:
        """The users who have decided about comments, as options of the filter: key and name."""
        decided = Decision.objects.filter(moderator=OuterRef("pk"))
        found = User.objects.filter(Exists(decided)).order_by("name", "username")
        return [(str(user.pk), str(user)) for user in found]

    @property
    def deciders(self) -> list[tuple[str, str]]:
        """Options of the filter, value and label: any moderator, any rule, each rule."""
        rules = [(str(rule.pk), _("the rule “%(name)s”") % {"name": rule}) for rule in Rule.objects.all()]
        return [(HAND, _("a moderator")), (RULE, _("a rule")), *rules]


def can_be_undone(decision: Decision) -> bool:
    """Return whether a decision, the newest about its comment, can be undone."""
    comment = decision.comment
    reasons: Any = getattr(decision, "reasons", None) or ()
    return (
        comment is not None
        and comment.status == decision.after
        and status_before(decision, reasons) is not None
        and decision.verb != Decision.Verb.DELETE
        and timezone.now() - decision.created < UNDO_PERIOD
    )
