"""Moderation statistics: pending comments, outcomes, overruled checks, and decisions by moderator."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Value
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from comments.models import Comment, Decision, Status
from moderation.insights import overrules, plots
from moderation.insights.plots import Series
from moderation.insights.waiting_times import WaitingTimes
from moderation.insights.weeks import LONG_WEEKS, WEEKS, WeekAfter, first_day, week_labels


@dataclass
class WeeklyComments:
    """Comments by week and current status."""

    first: datetime
    counts: dict[str, list[int]]

    @classmethod
    def load(cls, weeks: int = LONG_WEEKS) -> "WeeklyComments":
        """Count the comments of the last so many weeks, the current one included."""
        first = first_day(weeks)
        comments = Comment.objects.exclude(removed_by=Comment.Remover.UNDONE)  # without undone moderator replies
        rows = comments.filter(status__in=Status.values, created__gte=first).order_by()  # for comment_newest
        rows = rows.annotate(week=WeekAfter(F("created"), Value(first))).values_list("week", "status")
        counts = {str(status): [0] * weeks for status in Status.values}
        for week, status, count in rows.annotate(count=Count("pk")):
            counts[status][min(weeks - 1, max(0, week))] += count
        return cls(first, counts)

    KINDS = {Status.APPROVED: "good", Status.PENDING: "rest", Status.TRASH: "trash", Status.SPAM: "bad"}

    @property
    def statuses(self) -> list[Any]:
        """The names of the statuses, as headings of the table's columns."""
        return [status.label for status in self.KINDS]

    @property
    def rows(self) -> list[tuple[str, list[int]]]:
        """The table's rows: a week's first day, and its number of comments in each status."""
        labels = week_labels(self.first, len(self.counts[Status.APPROVED]))
        return [(label, [self.counts[status][at] for status in self.KINDS]) for at, label in enumerate(labels)]

    @property
    def total(self) -> int:
        """The number of comments of all weeks."""
        return sum(map(sum, self.counts.values()))

    @property
    def plot(self) -> SafeString:
        """A plot with a stacked bar of the statuses for each week."""
        series = [Series(kind, self.counts[status]) for status, kind in self.KINDS.items()]
        description = ngettext(
            "%(count)d comment by week and status.", "%(count)d comments by week and status.", self.total
        )
        labels = [label for label, _counts in self.rows]
        return plots.stacked(series, labels, description=description % {"count": self.total})


@dataclass
class ModeratorStatistics:
    name: str
    url: str
    counts: Counter[str]

    @property
    def cells(self) -> list[int]:
        """The moderator's number of decisions for each of SHOWN_VERBS."""
        return [self.counts[verb] for verb in SHOWN_VERBS]

    @property
    def total(self) -> int:
        """The moderator's number of decisions, those with other verbs included."""
        return sum(self.counts.values())


SHOWN_VERBS = (Decision.Verb.APPROVE, Decision.Verb.SPAM, Decision.Verb.TRASH, Decision.Verb.UNDO)


def moderator_statistics() -> list[ModeratorStatistics]:
    """Count each moderator's decisions of the last WEEKS weeks, the busiest first."""
    decisions = Decision.objects.filter(created__gte=first_day(WEEKS), moderator__isnull=False).order_by()
    found: dict[int, ModeratorStatistics] = {}
    rows = decisions.values_list("moderator", "moderator__name", "moderator__username", "verb").annotate(Count("pk"))
    for pk, name, username, verb, count in rows:
        url = f"{reverse('queue-log')}?who={pk}"
        found.setdefault(pk, ModeratorStatistics(name or username, url, Counter())).counts[verb] += count
    return sorted(found.values(), key=lambda moderator: -moderator.total)


class Statistics:
    """Everything on the page, in nine queries."""

    def __init__(self) -> None:
        pending = Comment.objects.filter(status=Status.PENDING)
        self.pending = pending.aggregate(count=Count("pk"), oldest=Min("created"))
        self.waiting = WaitingTimes.load()
        self.comments = WeeklyComments.load()
        self.overrules = overrules.OverruleStatistics.load()
        self.rules = overrules.rule_statistics()
        self.moderators = moderator_statistics()
        self.verbs = [verb.label for verb in SHOWN_VERBS]
