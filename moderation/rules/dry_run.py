"""Dry run of a rule: the last comments are screened again in their order, and nothing is saved."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from comments.models import Comment, Condition, Rule, Rules, Status
from comments.screening.patterns import PatternTimeout
from comments.screening.rule_context import PriorActivity, RuleContext, context_of_comment
from comments.screening.rules_engine import CompiledCondition, CompiledRule
from comments.screening.word_lists import first_in
from moderation.insights.rule_stats import approved_by_moderator
from moderation.rules.dry_run_history import BLOCKED, counts_before, erased_comments, exempt_comments, times_posted

MAX_COMMENTS = 1000
MAX_TIMEOUTS = 3  # timeouts of one pattern before it is skipped
UNCACHED = {Condition.Kind.EARLY, Condition.Kind.REPEATED, Condition.Kind.REPORTED}


@dataclass(frozen=True)
class CachedCondition(CompiledCondition):
    """A condition whose results are cached, because several dry runs evaluate it on the same comments."""

    answers: dict[int, bool | None] = field(default_factory=dict, compare=False)
    timeouts: list[int] = field(default_factory=list, compare=False)

    def matches(self, case: RuleContext) -> bool | None:
        """Match once per comment, whose circumstances `case` has, and reuse the result for the other rules."""
        if self.kind in UNCACHED:
            return super().matches(case)
        key = id(case)
        if key not in self.answers:
            self.answers[key] = self.match_uncached(case, key)
        return self.answers[key]

    def match_uncached(self, case: RuleContext, key: int) -> bool | None:
        """Match without a cached result; None after a timeout, which is noted by the `key` of the case."""
        if len(self.timeouts) >= MAX_TIMEOUTS:
            return None
        try:
            return super().matches(case)
        except PatternTimeout:
            self.timeouts.append(key)
            return None


@dataclass
class DryRunResult:
    """The result of one rule's dry run."""

    rule: CompiledRule
    total: int  # number of comments tested
    matched: list[Comment] = field(default_factory=list)
    untestable: int = 0  # comments whose stored network is missing or too coarse for the rule
    timeouts: int = 0
    by_hand: set[int] = field(default_factory=set)

    def outcome_of(self, comment: Comment) -> str:
        """Return what became of a comment, as a key of dry_run_in_words.OUTCOMES."""
        if comment.status == Status.APPROVED:
            return "by hand" if comment.pk in self.by_hand else "at once"
        return str(comment.status)


class DryRun:
    """The last comments that have text, as they were posted; read once for any number of rules."""

    def __init__(self) -> None:
        self.rules = Rules.objects.current()
        newest = Comment.objects.exclude(wording=None).order_by("-pk").select_related("commenter", "wording", "essay")
        newest = newest.defer("essay__body", "essay__excerpt")
        self.comments: list[Comment] = sorted(newest[:MAX_COMMENTS], key=lambda comment: comment.pk)
        self.cases = [context_of_comment(comment, self.rules, PriorActivity()) for comment in self.comments]
        self.exempt = exempt_comments(self.comments)
        self.before = counts_before(self.comments)
        self.others = erased_comments(self.comments)
        self.posted_times = times_posted(self.comments)
        rules = Rule.objects.filter(is_on=True).prefetch_related("conditions")
        self.active = [(sort_key(rule), compile_with_cache(rule, rule.conditions.all())) for rule in rules]

    def test(self, rule: Rule, conditions: Iterable[Condition]) -> DryRunResult:
        """Return what this rule would have done together with the rules that are on. Raises ValidationError."""
        own = compile_with_cache(rule, conditions)
        others = [entry for entry in self.active if entry[1].pk != own.pk]
        ranked = sorted([*others, (sort_key(rule), own)], key=lambda entry: entry[0])
        result = DryRunResult(own, len(self.comments))
        self.run([each for _key, each in ranked], result)
        result.timeouts = sum(len(asked.timeouts) for asked in own.conditions if isinstance(asked, CachedCondition))
        result.by_hand = approved_by_moderator(result.matched)
        return result

    def run(self, rules: Sequence[CompiledRule], result: DryRunResult) -> None:
        """Apply the rules to each comment in order of time, and collect what `result.rule` would have decided."""
        refused: set[int] = set()
        posted = Counter(self.before)
        others = iter(self.others)
        other = next(others, None)
        for_new_comments = [rule for rule in rules if not rule.is_about_reports]
        for comment, case in zip(self.comments, self.cases, strict=True):
            while other and other[0] < comment.pk:  # its text has been deleted, but it counts as posted
                posted[other[1]] += 1
                other = next(others, None)
            case.past = PriorActivity(posted[comment.commenter_id], self.time_of_same_text(comment, refused))
            exemption = self.exempt.get(comment.pk)
            decided = None if exemption else self.find_rule(for_new_comments, case, result)
            if result.rule.is_about_reports and not exemption:
                decided = result.rule if self.matches_reports(comment, case, result.rule) else decided
            if decided is result.rule and not (decided.action == Rule.Action.PUBLISH and has_no_origin(comment)):
                result.matched.append(comment)
            is_refused = decided is not None and decided.action == Rule.Action.REFUSE
            if decided is None and not exemption:
                is_refused = bool(first_in(self.rules.refuse_words, case.folded))
            if is_refused or exemption == BLOCKED:
                refused.add(comment.pk)
            else:
                posted[comment.commenter_id] += 1

    def find_rule(self, rules: Sequence[CompiledRule], case: RuleContext, result: DryRunResult) -> CompiledRule | None:
        """Return the first rule that matches a new comment, if any; count in `result` if its rule can't be tested."""
        case.reports = 0  # a new comment has none
        for rule in rules:
            holds = rule.matches(case)
            if holds:
                return rule
            if holds is None and rule is result.rule and lacks_sender(rule, case):
                result.untestable += 1
        return None

    def matches_reports(self, comment: Comment, case: RuleContext, rule: CompiledRule) -> bool:
        """Return whether a rule about reports matches with the reports that the comment has now."""
        case.reports = comment.reports
        return bool(rule.matches(case))

    def time_of_same_text(self, comment: Comment, refused: set[int]) -> datetime | None:
        """Return when the last earlier comment with the same text was posted, without `refused` ones, or None."""
        moments = self.posted_times.get(comment.wording.text if comment.wording else "", ())
        at = bisect_left(moments, (comment.wording.created if comment.wording else comment.created, comment.pk))
        for moment, pk in reversed(moments[:at]):
            if pk != comment.pk and pk not in refused:
                return moment
        return None


def sort_key(rule: Rule) -> tuple[int, float]:
    """Return the key that sorts rules as they are applied: by position, then the oldest first."""
    return rule.position, rule.pk or float("inf")


def compile_with_cache(rule: Rule, conditions: Iterable[Condition]) -> CompiledRule:
    """Compile a rule whose conditions are each evaluated once per comment. Raises ValidationError."""
    own = CompiledRule.compile(rule, conditions)
    own.conditions = [CachedCondition(each.kind, each.wanted, each.is_not, each.pk) for each in own.conditions]
    return own


def lacks_sender(rule: CompiledRule, case: RuleContext) -> bool:
    """Return whether a rule can't be tested because the IP address it asks for is not or not fully stored."""
    return any(each.kind == Condition.Kind.ADDRESS and each.matches(case) is None for each in rule.conditions)


def has_no_origin(comment: Comment) -> bool:
    """Return whether a comment was held because no page of this site sent it; no rule publishes such a comment."""
    return any(reason.get("code") == "origin" for reason in comment.wording.reasons) if comment.wording else False
