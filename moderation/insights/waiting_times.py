"""How long pending comments wait for a moderator's first decision: median and 90% by week."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import ceil

from django.db.models import F, Value
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import Decision, Status
from moderation.insights import plots
from moderation.insights.plots import Series
from moderation.insights.weeks import WEEKS, SecondsAfter, WeekAfter, first_day, week_labels

MAX_DECISIONS = 10_000  # newest decisions read
VERBS = (Decision.Verb.APPROVE, Decision.Verb.SPAM, Decision.Verb.TRASH)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that this share of the sorted values does not exceed."""
    return ordered[max(0, ceil(len(ordered) * share) - 1)] if ordered else None


@dataclass
class WaitingTimes:
    """Seconds from posting to a moderator's first decision, by week of the decision."""

    first: datetime
    by_week: list[list[float]]

    @classmethod
    def load(cls, weeks: int = WEEKS) -> "WaitingTimes":
        first = first_day(weeks)
        rows = Decision.objects.filter(
            created__gte=first, comment__created__gte=first, before=Status.PENDING, verb__in=VERBS, rule=None
        )
        seen: set[int] = set()
        by_week: list[list[float]] = [[] for _week in range(weeks)]
        timed = rows.annotate(
            week=WeekAfter(F("created"), Value(first)), waited=SecondsAfter(F("created"), F("comment__created"))
        )
        newest = list(timed.order_by("-pk").values_list("comment", "week", "waited")[:MAX_DECISIONS])
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
        return format_duration(quantile(self.all, 0.5))

    @property
    def slow(self) -> str:
        return format_duration(quantile(self.all, 0.9))

    @property
    def rows(self) -> list[tuple[str, int, str, str]]:
        labels = week_labels(self.first, len(self.by_week))
        return [
            (label, len(week), format_duration(quantile(week, 0.5)), format_duration(quantile(week, 0.9)))
            for label, week in zip(labels, self.by_week, strict=True)
        ]

    @property
    def plot(self) -> SafeString:
        slow = [quantile(week, 0.9) for week in self.by_week]
        median = [quantile(week, 0.5) for week in self.by_week]
        unit, abbreviation = unit_of(max(filter(None, slow), default=0.0))
        description = _("Waiting time by week: median %(median)s, 90%% within %(slow)s.")
        return plots.lines(
            [Series("slow dashed", scaled(slow, unit)), Series("median", scaled(median, unit))],
            week_labels(self.first, len(self.by_week)),
            description=description % {"median": self.median, "slow": self.slow},
            label=lambda value: f"{value:g} {abbreviation}",
        )


def scaled(values: Iterable[float | None], unit: float) -> list[float | None]:
    return [None if value is None else value / unit for value in values]


def unit_of(seconds: float) -> tuple[float, str]:
    """Return the unit for a duration (days, hours or minutes): its seconds and abbreviation."""
    if seconds >= 3 * 86_400:
        return 86_400.0, _("d")
    if seconds >= 2 * 3600:
        return 3600.0, _("h")
    return 60.0, _("min")


def format_duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    days, hours, minutes = (round(seconds / unit) for unit in (86_400, 3600, 60))
    if seconds >= 1.5 * 86_400:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if seconds >= 1.5 * 3600:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    if seconds >= 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    return _("less than a minute")
