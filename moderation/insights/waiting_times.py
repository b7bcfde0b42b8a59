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
    """Return the smallest of the sorted values that at least this share of them does not exceed."""
    return ordered[max(0, ceil(len(ordered) * share) - 1)] if ordered else None


@dataclass
class WaitingTimes:
    """Seconds from posting to a moderator's first decision, by week of the decision."""

    first: datetime
    by_week: list[list[float]]

    @classmethod
    def load(cls, weeks: int = WEEKS) -> "WaitingTimes":
        """Measure the comments posted and decided in the last so many weeks, the current one included."""
        first = first_day(weeks)
        rows = Decision.objects.filter(before=Status.PENDING, verb__in=VERBS, rule=None)
        rows = rows.filter(created__gte=first, comment__created__gte=first).order_by("-pk")
        seen: set[int] = set()
        by_week: list[list[float]] = [[] for _week in range(weeks)]
        columns = ("comment", WeekAfter(F("created"), Value(first)), SecondsAfter(F("created"), F("comment__created")))
        newest = list(rows.values_list(*columns)[:MAX_DECISIONS])
        for comment, week, waited in reversed(newest):
            if comment not in seen:
                seen.add(comment)
                by_week[min(weeks - 1, max(0, week))].append(max(0.0, waited))
        for each in by_week:
            each.sort()
        return cls(first, by_week)

    @cached_property
    def all(self) -> list[float]:
        """The waiting times of all weeks in seconds, sorted."""
        return sorted(seconds for week in self.by_week for seconds in week)

    @property
    def median(self) -> str:
        """The time within which half of the comments were decided, in words."""
        return format_duration(quantile(self.all, 0.5))

    @property
    def slow(self) -> str:
        """The time within which 90% of the comments were decided, in words."""
        return format_duration(quantile(self.all, 0.9))

    @property
    def rows(self) -> list[tuple[str, int, str, str]]:
        """The table's rows: a week's first day, its number of decisions, their median and 90% waiting times."""
        labels = week_labels(self.first, len(self.by_week))
        return [
            (label, len(week), format_duration(quantile(week, 0.5)), format_duration(quantile(week, 0.9)))
            for label, week in zip(labels, self.by_week, strict=True)
        ]

    @property
    def plot(self) -> SafeString:
        """A plot of the median and 90% waiting times of each week."""
        slow = [quantile(week, 0.9) for week in self.by_week]
        median = [quantile(week, 0.5) for week in self.by_week]
        unit, abbreviation = unit_of(max(filter(None, slow), default=0.0))
        description = _("Waiting time by week: median %(median)s, 90%% within %(slow)s.")
        return plots.lines(
            [Series("slow dashed", in_unit(slow, unit)), Series("median", in_unit(median, unit))],
            week_labels(self.first, len(self.by_week)),
            description=description % {"median": self.median, "slow": self.slow},
            label=lambda value: f"{value:g} {abbreviation}",
        )


def in_unit(seconds: Iterable[float | None], unit: float) -> list[float | None]:
    """Convert seconds to a unit of so many seconds; None stays."""
    return [None if value is None else value / unit for value in seconds]


def unit_of(seconds: float) -> tuple[float, str]:
    """Return the unit for durations up to this one (days, hours or minutes): its seconds and abbreviation."""
    if seconds >= 3 * 86_400:
        return 86_400.0, _("d")
    if seconds >= 2 * 3600:
        return 3600.0, _("h")
    return 60.0, _("min")


def format_duration(seconds: float | None) -> str:
    """Return a duration in its largest suitable unit, such as “3 hours”; a dash for None."""
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
