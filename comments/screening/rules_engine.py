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
from comments.screening.conditions import MEANINGS
from comments.screening.patterns import Stopped
from comments.screening.rule_context import Case

AFTER = {Rule.Action.PUBLISH: Status.APPROVED, Rule.Action.HOLD: Status.PENDING, Rule.Action.SPAM: Status.SPAM}


@dataclass(frozen=True)
class Asked:
    """A condition with its parsed value."""

    kind: str
    wanted: Any
    is_not: bool = False
    pk: int | None = None
    value: str = ""  # as the owner wrote it

    def holds(self, case: Case) -> bool | None:
        """Whether the condition matches; None if unknown. Raises PatternTimeout."""
        found = MEANINGS[self.kind].holds(case, self.wanted)
        return found if found is None else found != self.is_not


@dataclass
class OwnRule:
    """A rule with the parsed values of its conditions."""

    pk: int | None
    name: str
    action: str
    sentence: str
    conditions: list[Asked]
    stopped: set[int | None] = field(default_factory=set)  # conditions whose pattern timed out, to be recorded

    @classmethod
    def of(cls, rule: Rule, conditions: Iterable[Condition]) -> "OwnRule":
        """Compile a stored rule; raises ValidationError for an invalid value."""
        asked = [
            Asked(each.kind, MEANINGS[each.kind].read(each.value), each.is_not, each.pk, each.value)
            for each in conditions
        ]
        quick_first = sorted(asked, key=lambda each: each.kind in SLOW)
        return cls(rule.pk, rule.name, rule.action, rule.sentence, quick_first)

    @property
    def is_of_reports(self) -> bool:
        """Whether it can only match a reported comment."""
        return any(each.kind == Condition.Kind.REPORTED and not each.is_not for each in self.conditions)

    def holds(self, case: Case) -> bool | None:
        """Whether all conditions match; None if none fails but some are unknown."""
        found: bool | None = bool(self.conditions)
        for condition in self.conditions:
            try:
                answer = condition.holds(case)
            except Stopped:
                self.stopped.add(condition.pk)
                answer = None
            if answer is False:
                return False
            found = found and answer
        return found

    def reason(self, case: Case) -> dict[str, Any]:
        """The reason that is stored with a comment that the rule decided."""
        because = [rules_in_words.kept(each.kind, each.value, each.is_not, case.folded) for each in self.conditions]
        return {"code": "rule", "rule": self.pk, "name": self.name, "then": self.action, "because": because}


SLOW = {Condition.Kind.PATTERN, Condition.Kind.LIKENESS, Condition.Kind.LANGUAGE}
_loaded: tuple[str, list[OwnRule]] = ("", [])


def known(rules: Rules) -> list[OwnRule]:
    """The active rules in order, loaded once per process and after changes; no query while there are none."""
    global _loaded
    stamp, found = _loaded
    if stamp != rules.rule_stamp:
        found = read() if rules.rule_stamp else []
        _loaded = (rules.rule_stamp, found)
    return found


def read() -> list[OwnRule]:
    found = []
    for rule in Rule.objects.filter(is_on=True).prefetch_related("conditions"):
        try:
            found.append(OwnRule.of(rule, rule.conditions.all()))
        except (ValidationError, KeyError):
            continue  # not written by the admin, whose page shows the error
    return found


def stamp() -> None:
    """Make every process reload the rules. Call in the transaction that changed any."""
    parts = Rule.objects.filter(is_on=True).order_by("position", "pk").values_list(
        "pk", "name", "action", "sentence", "conditions__pk", "conditions__kind", "conditions__value",
        "conditions__is_not",
    )  # fmt: skip
    rows = sorted(map(repr, parts)), list(parts.values_list("pk", flat=True))
    mark = hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest() if rows[1] else ""
    if not Rules.objects.filter(pk=1).update(rule_stamp=mark):
        Rules.objects.create(pk=1, rule_stamp=mark)


def first(found: Iterable[OwnRule], case: Case) -> OwnRule | None:
    """The first rule that matches a comment, if any; rules about reports never match a new one."""
    rule = next((rule for rule in found if rule.holds(case)), None)
    tell_of_stops(found)
    return rule


def tell_of_stops(found: Iterable[OwnRule]) -> None:
    """Record which patterns timed out, for the owner to see beside them."""
    for rule in found:
        stopped, rule.stopped = rule.stopped, set()  # threads share a rule
        if stopped:
            conditions = Condition.objects.filter(pk__in=[pk for pk in stopped if pk])
            conditions.update(stopped=timezone.now(), stops=F("stops") + 1)
