"""How moderation goes, in numbers: how long people wait, what came of what, and who or what was right."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, FloatField, Func, IntegerField, Min, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Comment, Status
from moderation import plots
from moderation.actions import REMOVED
from moderation.models import Decision
from moderation.plots import Series

WEEK = timedelta(days=7)
WEEKS, LONG_WEEKS = 13, 26
ROWS = 10_000  # of decisions read for the waiting times
NEWEST, HELD = 20_000, 2_000  # comments looked through for reasons; how many of those are read
HAND = (Decision.Verb.APPROVE, Decision.Verb.SPAM, Decision.Verb.TRASH)
CODES = {
    "spam": gettext_lazy("looks like spam"),
    "akismet": gettext_lazy("called spam by the service elsewhere"),
    "links": gettext_lazy("links"),
    "word": gettext_lazy("a word to hold at"),
    "first": gettext_lazy("first comment"),
    "name": gettext_lazy("the name imitates somebody"),
    "office": gettext_lazy("the name of an office"),
    "site": gettext_lazy("the name of this site"),
    "mixed": gettext_lazy("letters of several scripts"),
    "origin": gettext_lazy("unknown origin"),
    "everything": gettext_lazy("every comment is held"),
    "trap": gettext_lazy("a field that readers do not see"),
    "quick": gettext_lazy("sent within seconds"),
    "kept": gettext_lazy("always held"),
    "imported": gettext_lazy("imported"),
}


class WeekAfter(Func):
    """How many whole weeks a moment lies after another: counted by the database, without a call for each row."""

    arity = 2
    output_field: Any = IntegerField()
    on_sqlite = "CAST((julianday(%(expressions)s)) / 7 AS INTEGER)"
    on_postgresql = "FLOOR(EXTRACT(EPOCH FROM (%(expressions)s)) / 604800)::integer"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template=self.on_sqlite, arg_joiner=") - julianday(", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template=self.on_postgresql, arg_joiner=" - ", **extra)


class SecondsAfter(WeekAfter):
    output_field = FloatField()
    on_sqlite = "(julianday(%(expressions)s)) * 86400.0"
    on_postgresql = "EXTRACT(EPOCH FROM (%(expressions)s))::double precision"


def first_day(weeks: int) -> datetime:
    """Monday's midnight of the first of so many weeks, the last of which is now."""
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday(), weeks=weeks - 1)
    return timezone.make_aware(datetime.combine(monday, datetime.min.time()))


def week_labels(first: datetime, weeks: int) -> list[str]:
    return [date_format(timezone.localtime(first + at * WEEK + WEEK / 14), "MONTH_DAY_FORMAT") for at in range(weeks)]


# How long they wait


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that so large a share does not exceed."""
    return ordered[max(0, ceil(len(ordered) * share) - 1)] if ordered else None


@dataclass
class Waiting:
    """Of comments that came within the weeks and waited: the time to the first decision by hand."""

    first: datetime
    by_week: list[list[float]]

    @classmethod
    def measured(cls, weeks: int = WEEKS) -> "Waiting":
        first = first_day(weeks)
        rows = Decision.objects.filter(
            created__gte=first, comment__created__gte=first, before=Status.PENDING, verb__in=HAND, rule=None
        )
        seen: set[int] = set()
        by_week: list[list[float]] = [[] for _week in range(weeks)]
        told = rows.annotate(
            week=WeekAfter(F("created"), Value(first)), waited=SecondsAfter(F("created"), F("comment__created"))
        )
        newest = list(told.order_by("-pk").values_list("comment", "week", "waited")[:ROWS])
        for comment, week, waited in reversed(newest):
            if comment not in seen:
                seen.add(comment)
                by_week[min(weeks - 1, max(0, week))].append(max(0.0, waited))
        for each in by_week:
            each.sort()
        return cls(first, by_week)

    @cached_property
    def all(self) -> list[float]:
        return sorted(seconds for week in self.by_week for seconds in week)

    @property
    def median(self) -> str:
        return lasting(quantile(self.all, 0.5))

    @property
    def slow(self) -> str:
        return lasting(quantile(self.all, 0.9))

    @property
    def rows(self) -> list[tuple[str, int, str, str]]:
        labels = week_labels(self.first, len(self.by_week))
        return [
            (label, len(week), lasting(quantile(week, 0.5)), lasting(quantile(week, 0.9)))
            for label, week in zip(labels, self.by_week, strict=True)
        ]

    @property
    def plot(self) -> SafeString:
        slow = [quantile(week, 0.9) for week in self.by_week]
        median = [quantile(week, 0.5) for week in self.by_week]
        unit, sign = unit_of(max(filter(None, slow), default=0.0))
        says = _("Waiting time by week: half within %(median)s, nine in ten within %(slow)s.")
        return plots.lines(
            [Series("slow dashed", scaled(slow, unit)), Series("median", scaled(median, unit))],
            week_labels(self.first, len(self.by_week)),
            says=says % {"median": self.median, "slow": self.slow},
            label=lambda value: f"{value:g} {sign}",
        )


def scaled(values: Iterable[float | None], unit: float) -> list[float | None]:
    return [None if value is None else value / unit for value in values]


def unit_of(seconds: float) -> tuple[float, str]:
    """In what a time is told: days, hours or minutes."""
    if seconds >= 3 * 86_400:
        return 86_400.0, _("d")
    if seconds >= 2 * 3600:
        return 3600.0, _("h")
    return 60.0, _("min")


def lasting(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    days, hours, minutes = (round(seconds / unit) for unit in (86_400, 3600, 60))
    if seconds >= 1.5 * 86_400:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if seconds >= 1.5 * 3600:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    if seconds >= 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    return _("under a minute")


# What came of what


@dataclass
class Comments:
    """How many came by week, as they stand now."""

    first: datetime
    counts: dict[str, list[int]]

    @classmethod
    def counted(cls, weeks: int = LONG_WEEKS) -> "Comments":
        first = first_day(weeks)
        rows = Comment.objects.filter(created__gte=first).order_by()
        rows = rows.annotate(week=WeekAfter(F("created"), Value(first))).values_list("week", "status")
        counts = {str(status): [0] * weeks for status in Status.values}
        for week, status, count in rows.annotate(count=Count("pk")):
            counts[status][min(weeks - 1, max(0, week))] += count
        return cls(first, counts)

    KINDS = {Status.APPROVED: "good", Status.PENDING: "rest", Status.TRASH: "trash", Status.SPAM: "bad"}

    @property
    def statuses(self) -> list[Any]:
        return [status.label for status in self.KINDS]

    @property
    def rows(self) -> list[tuple[str, list[int]]]:
        labels = week_labels(self.first, len(self.counts[Status.APPROVED]))
        return [(label, [self.counts[status][at] for status in self.KINDS]) for at, label in enumerate(labels)]

    @property
    def total(self) -> int:
        return sum(map(sum, self.counts.values()))

    @property
    def plot(self) -> SafeString:
        series = [Series(kind, self.counts[status]) for status, kind in self.KINDS.items()]
        says = ngettext("%(count)d comment by week and status.", "%(count)d comments by week and status.", self.total)
        labels = week_labels(self.first, len(self.counts[Status.APPROVED]))
        return plots.stacked(series, labels, says=says % {"count": self.total})


# Who or what was right


@dataclass
class Check:
    """A reason or a rule: how many it held, and how many of those a moderator let through after all."""

    name: Any
    url: str = ""
    held: int = 0
    overruled: int = 0
    upheld: int = 0

    @property
    def open(self) -> int:
        return max(0, self.held - self.overruled - self.upheld)

    @property
    def share(self) -> str:
        decided = self.overruled + self.upheld
        return f"{100 * self.overruled / decided:.0f} %" if decided else "–"


@dataclass
class Doubts:
    """What the newest comments were held for, and whether that was right."""

    by_code: dict[str, Check] = field(default_factory=dict)
    caught: int = 0  # by the filter, and spam to a moderator
    missed: int = 0  # let pass by the filter, and spam to a moderator
    wronged: int = 0  # held by the filter, and approved
    unseen: int = 0  # held by the filter, and nobody has decided

    @classmethod
    def found(cls) -> "Doubts":
        newest = Comment.objects.order_by("-pk").values_list("pk", flat=True)
        from_ = newest[NEWEST : NEWEST + 1].first() or 0
        doubted = ~Q(wording__reasons=[]) | Q(status=Status.SPAM)
        rows = Comment.objects.filter(doubted, pk__gt=from_, wording__isnull=False).order_by("-pk")
        found = cls()
        read = rows.values_list("status", "removed_by", "wording__reasons", "wording__likeness")
        for status, remover, reasons, likeness in read[:HELD]:
            found.take(status, remover == Comment.Remover.MODERATOR, codes_of(reasons), likeness is not None)
        return found

    def take(self, status: str, is_removed: bool, codes: set[str], is_judged: bool) -> None:
        is_spam = status == Status.SPAM and is_removed
        for code in codes:
            if code not in self.by_code:
                self.by_code[code] = Check(CODES.get(code, code), url=queue_of(code))
            check = self.by_code[code]
            check.held += 1
            check.overruled += status == Status.APPROVED
            check.upheld += status in REMOVED and is_removed
        if "spam" in codes:
            self.caught += is_spam
            self.wronged += status == Status.APPROVED
            self.unseen += status == Status.PENDING or (status == Status.SPAM and not is_removed)
        elif is_judged:
            self.missed += is_spam

    @property
    def rows(self) -> list[Check]:
        return sorted(self.by_code.values(), key=lambda check: -check.held)


def codes_of(reasons: Any) -> set[str]:
    """The site's own checks that spoke; the owner's rules are counted by their decisions."""
    return {str(reason.get("code", "")) for reason in reasons or () if isinstance(reason, dict)} - {"rule", ""}


def queue_of(code: str) -> str:
    return f"{reverse('queue')}?{urlencode({'status': 'all', 'reason': code})}"


def rules() -> list[Check]:
    """The owner's rules by what they decided within the weeks."""
    on_record = Decision.objects.filter(verb=Decision.Verb.RULE, created__gte=first_day(WEEKS)).order_by()
    by_hand = Q(comment__removed_by=Comment.Remover.MODERATOR)
    passed, held = Q(after=Status.APPROVED), ~Q(after=Status.APPROVED)
    wrong = (held & Q(comment__status=Status.APPROVED)) | (passed & Q(comment__status__in=REMOVED) & by_hand)
    right = held & Q(comment__status__in=REMOVED) & by_hand
    rows = on_record.values_list("rule", "rule__name").annotate(
        Count("pk"), wrong=Count("pk", filter=wrong), right=Count("pk", filter=right)
    )
    return [
        Check(
            name or _("a rule that is gone"),
            url=f"{reverse('queue-log')}?by={pk}" if pk else "",
            held=count,
            overruled=wrong,
            upheld=right,
        )
        for pk, name, count, wrong, right in sorted(rows, key=lambda row: -row[2])
    ]


@dataclass
class Moderator:
    name: str
    url: str
    counts: Counter[str]

    @property
    def cells(self) -> list[int]:
        return [self.counts[verb] for verb in SHOWN_VERBS]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


SHOWN_VERBS = (Decision.Verb.APPROVE, Decision.Verb.SPAM, Decision.Verb.TRASH, Decision.Verb.UNDO)


def moderators() -> list[Moderator]:
    """Who decided how much within the weeks, the busiest first."""
    made = Decision.objects.filter(created__gte=first_day(WEEKS), moderator__isnull=False).order_by()
    found: dict[int, Moderator] = {}
    rows = made.values_list("moderator", "moderator__name", "moderator__username", "verb").annotate(Count("pk"))
    for pk, name, username, verb, count in rows:
        url = f"{reverse('queue-log')}?who={pk}"
        found.setdefault(pk, Moderator(name or username, url, Counter())).counts[verb] += count
    return sorted(found.values(), key=lambda one: -one.total)


@dataclass(frozen=True)
class Now:
    """What waits at this moment."""

    count: int
    oldest: datetime | None

    @classmethod
    def looked_at(cls) -> "Now":
        waiting = Comment.objects.filter(status=Status.PENDING)
        return cls(**waiting.aggregate(count=Count("pk"), oldest=Min("created")))


class Numbers:
    """The whole page, in nine questions however much there is."""

    def __init__(self) -> None:
        self.now = Now.looked_at()
        self.waiting = Waiting.measured()
        self.comments = Comments.counted()
        self.doubts = Doubts.found()
        self.rules = rules()
        self.moderators = moderators()
        self.verbs = [verb.label for verb in SHOWN_VERBS]
