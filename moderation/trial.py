"""What a rule would have done to the last comments: they are let come again, in their order, with nothing saved."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import User
from blog.models import Authorship
from comments import standing, teaching
from comments.conditions import Case, Past, is_within
from comments.folding import first_in
from comments.models import Block, Comment, Condition, Rule, Rules, Status, Wording
from comments.models.block import network_of
from comments.models.comment import BEGINNING, Beginning
from comments.own_rules import Asked, OwnRule
from comments.patterns import Stopped
from moderation.models import Decision

LOOKED_AT = 1000
MOST_STOPS = 3  # of one pattern, before it is not tried any further
CHANGES = {Condition.Kind.EARLY, Condition.Kind.REPEATED, Condition.Kind.REPORTED}
TEXTS_AT_ONCE = 250
KEPT_OUT = "kept out"


@dataclass(frozen=True)
class Remembered(Asked):
    """A condition that answers alike each time it is asked about the same comment, and only thinks once."""

    answers: dict[int, bool | None] = field(default_factory=dict, compare=False)
    stops: list[int] = field(default_factory=list, compare=False)

    def holds(self, case: Case) -> bool | None:
        if self.kind in CHANGES:
            return super().holds(case)
        key = id(case)
        if key not in self.answers:
            self.answers[key] = self.found(case, key)
        return self.answers[key]

    def found(self, case: Case, key: int) -> bool | None:
        if len(self.stops) >= MOST_STOPS:
            return None
        try:
            return super().holds(case)
        except Stopped:
            self.stops.append(key)
            return None


@dataclass
class Tried:
    """What came of it."""

    rule: OwnRule
    among: int  # so many comments
    decided: list[Comment] = field(default_factory=list)
    unknown: int = 0  # of so many it cannot be said, since where they came from is not kept
    stops: int = 0
    by_hand: set[int] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self.decided)

    def stand_as(self) -> Counter[str]:
        """How those stand now: approved by hand, published at once, or as what."""
        return Counter(self.stands(comment) for comment in self.decided)

    def stands(self, comment: Comment) -> str:
        if comment.status == Status.APPROVED:
            return "by hand" if comment.pk in self.by_hand else "at once"
        return str(comment.status)


class Trial:
    """The last comments that have words, as they came; read once for as many rules as are tried."""

    def __init__(self) -> None:
        self.rules = Rules.objects.current()
        newest = Comment.objects.exclude(wording=None).order_by("-pk").select_related("commenter", "wording", "essay")
        newest = newest.defer("essay__body", "essay__excerpt")
        self.comments: list[Comment] = sorted(newest[:LOOKED_AT], key=lambda comment: comment.pk)
        self.cases = [case_of(comment, self.rules) for comment in self.comments]
        self.apart = apart(self.comments)
        self.before = counts_before(self.comments)
        self.others = others_between(self.comments)
        self.said = said_when(self.comments)
        self.on = [(place(rule), remembered(rule, rule.conditions.all())) for rule in rules_on()]

    def of(self, rule: Rule, conditions: Iterable[Condition]) -> Tried:
        """What this rule would have done, if it were on with all that are. Raises ValidationError."""
        own = remembered(rule, conditions)
        ranked = sorted([*(one for one in self.on if one[1].pk != own.pk), (place(rule), own)], key=lambda one: one[0])
        tried = Tried(own, len(self.comments))
        self.run([each for _place, each in ranked], tried)
        tried.stops = sum(len(asked.stops) for asked in own.conditions if isinstance(asked, Remembered))
        return tried

    def run(self, rules: Sequence[OwnRule], tried: Tried) -> None:
        refused: set[int] = set()
        posted = Counter(self.before)
        others = iter(self.others)
        other = next(others, None)
        coming = [rule for rule in rules if not rule.is_of_reports]
        for comment, case in zip(self.comments, self.cases, strict=True):
            while other and other[0] < comment.pk:  # without words by now, but posted all the same
                posted[other[1]] += 1
                other = next(others, None)
            case.past = Past(posted[comment.commenter_id], self.repeated(comment, refused))
            standing_apart = self.apart.get(comment.pk)
            decided = None if standing_apart else self.decide(coming, case, tried)
            if tried.rule.is_of_reports and not standing_apart:
                decided = tried.rule if self.reported(comment, case, tried.rule) else decided
            if decided is tried.rule and not (decided.action == Rule.Action.PUBLISH and has_no_origin(comment)):
                tried.decided.append(comment)
            is_refused = decided is not None and decided.action == Rule.Action.REFUSE
            if decided is None and not standing_apart:
                is_refused = bool(first_in(self.rules.refuse_words, case.folded))
            if is_refused or standing_apart == KEPT_OUT:
                refused.add(comment.pk)
            else:
                posted[comment.commenter_id] += 1

    def decide(self, rules: Sequence[OwnRule], case: Case, tried: Tried) -> OwnRule | None:
        case.reports = 0  # nobody had, when it came
        for rule in rules:
            holds = rule.holds(case)
            if holds:
                return rule
            if holds is None and rule is tried.rule and lacks_sender(rule, case):
                tried.unknown += 1
        return None

    def reported(self, comment: Comment, case: Case, rule: OwnRule) -> bool:
        case.reports = comment.reports
        return bool(rule.holds(case))

    def repeated(self, comment: Comment, refused: set[int]) -> datetime | None:
        """When the same words were posted last before, by another comment that was taken."""
        moments = self.said.get(comment.wording.text if comment.wording else "", ())
        at = bisect_left(moments, (comment.wording.created if comment.wording else comment.created, comment.pk))
        for moment, pk in reversed(moments[:at]):
            if pk != comment.pk and pk not in refused:
                return moment
        return None


def place(rule: Rule) -> tuple[int, float]:
    return rule.position, rule.pk or float("inf")


def rules_on() -> Iterable[Rule]:
    return Rule.objects.filter(is_on=True).prefetch_related("conditions")


def remembered(rule: Rule, conditions: Iterable[Condition]) -> OwnRule:
    own = OwnRule.of(rule, conditions)
    own.conditions = [Remembered(each.kind, each.wanted, each.is_not, each.pk) for each in own.conditions]
    return own


def lacks_sender(rule: OwnRule, case: Case) -> bool:
    """Whether it is only what is not kept of the sender that leaves it open."""
    return any(each.kind == Condition.Kind.ADDRESS and each.holds(case) is None for each in rule.conditions)


def has_no_origin(comment: Comment) -> bool:
    return any(reason.get("code") == "origin" for reason in comment.wording.reasons) if comment.wording else False


def case_of(comment: Comment, rules: Rules) -> Case:
    wording = comment.wording or Wording()
    return Case(
        text=wording.text,
        html=wording.html,
        commenter=comment.commenter,
        published=comment.essay.published,
        moment=wording.created,
        network=network_of(wording.network),
        past=Past(),
        judge=lambda: teaching.likeness(rules, wording.text, comment.commenter),
    )


def apart(comments: Sequence[Comment]) -> dict[int, str]:
    """Those that no rule looks at: by whoever writes or keeps order there, and by whoever is treated apart."""
    users = {user for comment in comments if (user := comment.commenter.user_id)}
    writes = set(Authorship.objects.filter(author__in=users).values_list("essay", "author"))
    keeps = set(User.objects.filter(standing.moderators(), pk__in=users).values_list("pk", flat=True))
    blocks: list[Block] = list(Block.objects.in_force())
    proved: dict[int, set[str]] = defaultdict(set)
    if any(block.email for block in blocks):
        for user, email in EmailAddress.objects.filter(user__in=users, verified=True).values_list("user", "email"):
            proved[user].add(email.lower())
    found: dict[int, str] = {}
    for comment in comments:
        user = comment.commenter.user_id
        if user in keeps or (comment.essay_id, user) in writes:
            found[comment.pk] = "writes"
        elif block := closest(blocks, comment, proved[user] if user else set()):
            found[comment.pk] = KEPT_OUT if block.kind == Block.Kind.BLOCK else block.kind
    return found


def closest(blocks: Sequence[Block], comment: Comment, emails: set[str]) -> Block | None:
    """As `Block.objects.on()` finds it; of where somebody wrote from only as much as is kept."""
    network = network_of(comment.wording.network) if comment.wording else None
    strict = [Block.Kind.BLOCK, Block.Kind.HOLD, Block.Kind.TRUST]

    def rank(block: Block) -> tuple[int, int, int] | None:
        if block.commenter_id:
            near = 0 if block.commenter_id == comment.commenter_id else None
        elif block.email:
            near = 1 if block.email.lower() in emails else None
        else:
            whole = network_of(block.network)
            near = 2 if whole and is_within(network, whole) else None
        return None if near is None else (near, strict.index(Block.Kind(block.kind)), -block.pk)

    ranked = [(found, block) for block in blocks if (found := rank(block))]
    return min(ranked, key=lambda one: one[0])[1] if ranked else None


def counts_before(comments: Sequence[Comment]) -> dict[int, int]:
    """How many each of their writers had posted before the first of them."""
    if not comments:
        return {}
    earlier = Comment.objects.filter(commenter__in={each.commenter_id for each in comments}, pk__lt=comments[0].pk)
    return dict(earlier.order_by().values_list("commenter").annotate(count=Count("pk")))


def others_between(comments: Sequence[Comment]) -> list[tuple[int, int]]:
    """What was posted among them and has no words any more: its key and its writer."""
    if not comments:
        return []
    rows = Comment.objects.filter(pk__gt=comments[0].pk, wording=None).order_by("pk")
    return list(rows.values_list("pk", "commenter"))


def said_when(comments: Sequence[Comment]) -> dict[str, list[tuple[datetime, int]]]:
    """Of each text when it was posted, and as which comment; in order."""
    texts = sorted({comment.wording.text for comment in comments if comment.wording})
    found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for at in range(0, len(texts), TEXTS_AT_ONCE):
        some = texts[at : at + TEXTS_AT_ONCE]
        rows = Wording.objects.alias(begins=Beginning("text")).filter(
            begins__in={text[:BEGINNING] for text in some}, text__in=some
        )
        for text, created, comment in rows.values_list("text", "created", "comment"):
            found[text].append((created, comment))
    return {text: sorted(moments) for text, moments in found.items() if len(moments) > 1}


def approved_by_hand(comments: Iterable[Comment]) -> set[int]:
    keys = [comment.pk for comment in comments if comment.status == Status.APPROVED]
    rows = Decision.objects.filter(number__in=keys, after=Status.APPROVED, moderator__isnull=False)
    return set(rows.order_by().values_list("number", flat=True))


@dataclass(frozen=True)
class Record:
    """How often a rule decided, and how often a moderator then decided otherwise."""

    decided: int = 0
    overruled: int = 0


def records() -> dict[int, Record]:
    """Of each rule that ever decided, in one question."""
    later = Decision.objects.filter(number=OuterRef("number"), pk__gt=OuterRef("pk"), moderator__isnull=False)
    otherwise = (
        Q(after=Status.PENDING, comment__status=Status.APPROVED)
        | Q(after=Status.APPROVED) & ~Q(comment__status=Status.APPROVED)
        | Q(after=Status.SPAM, comment__status__in=(Status.APPROVED, Status.PENDING))
    )
    rows: Any = Decision.objects.filter(verb=Decision.Verb.RULE, rule__isnull=False).order_by().values("rule")
    rows = rows.annotate(decided=Count("pk"), overruled=Count("pk", filter=otherwise & Q(Exists(later)))).values_list(
        "rule", "decided", "overruled"
    )
    return {rule: Record(*counts) for rule, *counts in rows}


def tried(trial: Trial, rule: Rule) -> Tried:
    found = trial.of(rule, rule.conditions.all())
    found.by_hand = approved_by_hand(found.decided)
    return found
