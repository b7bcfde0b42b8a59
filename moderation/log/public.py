"""Public moderation statistics, if the owner publishes them: monthly counts without names or texts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import pagecache
from blog.models import Site
from comments.models import Appeal, Decision, DecisionQuerySet, Report, Status
from comments.models.decision import REMOVED

MONTHS = 12
UPDATED_EVERY = timedelta(hours=1)
REJECTS = (Decision.Verb.SPAM, Decision.Verb.TRASH, Decision.Verb.RULE)
APPROVES = (Decision.Verb.APPROVE, Decision.Verb.RESTORE, Decision.Verb.RULE)


@require_safe
def public_statistics(request: HttpRequest) -> HttpResponse:
    if not Site.objects.current().public_record:
        raise Http404
    now = timezone.now()
    since = first_month(timezone.localdate())
    context = {
        "months": months(since),
        "reasons": reasons(since),
        "reports": outcomes(Report.Kind.choices, Report.State.choices, reported(since)),
        "appeals": appeals(since),
        "counted": now,
    }
    response = render(request, "moderation/public.html", context)
    return pagecache.mark_cacheable(response, "site", expires=now + UPDATED_EVERY)


@dataclass
class Month:
    first: date
    approved: int = 0
    approved_by_rule: int = 0
    refused: int = 0
    refused_by_rule: int = 0


def first_month(today: date) -> date:
    """The first day of the month eleven months ago."""
    months = today.year * 12 + today.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def decisions_in_force(since: date) -> DecisionQuerySet:
    """Return the decisions since a day that were not undone."""
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    return Decision.objects.filter(created__gte=begin, undone_by=None).exclude(verb=Decision.Verb.UNDO).order_by()


def months(since: date) -> list[Month]:
    """Count decisions by month, the newest first, without empty months."""
    found: dict[date, Month] = {}
    rows = decisions_in_force(since).annotate(month=TruncMonth("created")).values_list("month", "verb", "after")
    for moment, verb, after, count in rows.annotate(count=Count("pk")):
        first = timezone.localdate(moment)
        month = found.setdefault(first, Month(first))
        by_rule = verb == Decision.Verb.RULE
        if after == Status.APPROVED and verb in APPROVES:
            month.approved += count
            month.approved_by_rule += count * by_rule
        elif after in REMOVED and verb in REJECTS:
            month.refused += count
            month.refused_by_rule += count * by_rule
    return sorted(found.values(), key=lambda month: month.first, reverse=True)


def reasons(since: date) -> list[tuple[str, int]]:
    """Count rejections by reason, the most frequent first, those without a reason last."""
    refused = decisions_in_force(since).filter(verb__in=REJECTS, after__in=REMOVED)
    rows = dict(refused.values_list("reason__name").annotate(count=Count("pk")))
    without_reason = rows.pop(None, 0)
    named = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    return [*named, (_("no reason given"), without_reason)] if without_reason else named


def reported(since: date) -> Iterable[tuple[str, str, int]]:
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    rows = Report.objects.filter(created__gte=begin).order_by().values_list("kind", "state")
    return rows.annotate(count=Count("pk"))


def outcomes(
    kinds: Iterable[tuple[str, Any]], states: Iterable[tuple[str, Any]], rows: Iterable[tuple[str, str, int]]
) -> list[tuple[str, list[int]]]:
    """Count reports by kind and state, without unused kinds."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, state, count in rows:
        found[kind][state] = count
    all_states = [state for state, _label in states]
    return [(str(label), [found[kind].get(state, 0) for state in all_states]) for kind, label in kinds if kind in found]


def appeals(since: date) -> list[tuple[str, int]]:
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    counts = {state: Count("pk", filter=Q(state=state)) for state in Appeal.State.values}
    found = Appeal.objects.filter(created__gte=begin).aggregate(**counts)
    return [(str(label), found[state]) for state, label in Appeal.State.choices] if any(found.values()) else []
