"""Evaluation of the owner's rules: compiled once per process, tried in order, the first match decides."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from comments.models import Condition, Rule, Rules, Status
from comments.screening import rules_in_words
from comments.screening.conditions import CONDITION_TYPES
from comments.screening.patterns import PatternTimeout
from comments.screening.rule_context import RuleContext

STATUS_AFTER = {Rule.Action.PUBLISH: Status.APPROVED, Rule.Action.HOLD: Status.PENDING, Rule.Action.SPAM: Status.SPAM}


@dataclass(frozen=True)
class CompiledCondition:
    """A condition with its parsed value."""

    kind: str
    wanted: Any
    is_not: bool = False
    pk: int | None = None
    value: str = ""  # as the owner wrote it

    def matches(self, context: RuleContext) -> bool | None:
        """Whether the condition matches; None if unknown. Raises PatternTimeout."""
        found = CONDITION_TYPES[self.kind].matches(context, self.wanted)
        return found if found is None else found != self.is_not


@dataclass
class CompiledRule:
    """A rule with the parsed values of its conditions."""

    pk: int | None
    name: str
    action: str
    sentence: str
    conditions: list[CompiledCondition]
    stopped: set[int | None] = field(default_factory=set)  # conditions whose pattern timed out, to be recorded

    @classmethod
    def compile(cls, rule: Rule, conditions: Iterable[Condition]) -> "CompiledRule":
        """Compile a stored rule; raises ValidationError for an invalid value."""
        asked = [
            CompiledCondition(each.kind, CONDITION_TYPES[each.kind].parse(each.value), each.is_not, each.pk, each.value)
            for each in conditions
        ]
        quick_first = sorted(asked, key=lambda each: each.kind in SLOW)
        return cls(rule.pk, rule.name, rule.action, rule.sentence, quick_first)

    @property
    def is_about_reports(self) -> bool:
        """Whether it can only match a reported comment."""
        return any(each.kind == Condition.Kind.REPORTED and not each.is_not for each in self.conditions)

    def matches(self, context: RuleContext) -> bool | None:
        """Whether all conditions match; None if none fails but some are unknown."""
        found: bool | None = bool(self.conditions)
        for condition in self.conditions:
            try:
                answer = condition.matches(context)
            except PatternTimeout:
                self.stopped.add(condition.pk)
                answer = None
            if answer is False:
                return False
            found = found and answer
        return found

    def reason(self, context: RuleContext) -> dict[str, Any]:
        """The reason that is stored with a comment that the rule decided."""
        because = [
            rules_in_words.condition_record(each.kind, each.value, each.is_not, context.folded)
            for each in self.conditions
        ]
        return {"code": "rule", "rule": self.pk, "name": self.name, "then": self.action, "because": because}


SLOW = {Condition.Kind.PATTERN, Condition.Kind.LIKENESS, Condition.Kind.LANGUAGE}
_loaded: tuple[str, list[CompiledRule]] = ("", [])


def active_rules(rules: Rules) -> list[CompiledRule]:
    """The active rules in order, loaded once per process and after changes; no query while there are none."""
    global _loaded
    stamp, found = _loaded
    if stamp != rules.rule_stamp:
        found = load_rules() if rules.rule_stamp else []
        _loaded = (rules.rule_stamp, found)
    return found


def load_rules() -> list[CompiledRule]:
    """Load and compile the active rules; invalid ones are skipped."""
    found = []
    for rule in Rule.objects.filter(is_on=True).prefetch_related("conditions"):
        try:
            found.append(CompiledRule.compile(rule, rule.conditions.all()))
        except (ValidationError, KeyError):
            continue  # not written by the admin, whose page shows the error
    return found


def update_stamp() -> None:
    """Make every process reload the rules. Call in the transaction that changed any."""
    parts = Rule.objects.filter(is_on=True).order_by("position", "pk").values_list(
        "pk", "name", "action", "sentence", "conditions__pk", "conditions__kind", "conditions__value",
        "conditions__is_not",
    )  # fmt: skip
    rows = sorted(map(repr, parts)), list(parts.values_list("pk", flat=True))
    mark = hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest() if rows[1] else ""
    if not Rules.objects.filter(pk=1).update(rule_stamp=mark):
        Rules.objects.create(pk=1, rule_stamp=mark)


def first_match(found: Iterable[CompiledRule], context: RuleContext) -> CompiledRule | None:
    """The first rule that matches a comment, if any; rules about reports never match a new one."""
    rule = next((rule for rule in found if rule.matches(context)), None)
    record_timeouts(found)
    return rule


def record_timeouts(found: Iterable[CompiledRule]) -> None:
    """Record which patterns timed out, for the owner to see beside them."""
    for rule in found:
        stopped, rule.stopped = rule.stopped, set()  # threads share a rule
        if stopped:
            conditions = Condition.objects.filter(pk__in=[pk for pk in stopped if pk])
            conditions.update(stopped=timezone.now(), stops=F("stops") + 1)
