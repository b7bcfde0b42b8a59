"""The record as everybody may read it, if the owner likes: counts by month, without names and without words."""

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
COUNTED_ANEW = timedelta(hours=1)
REFUSES = (Decision.Verb.SPAM, Decision.Verb.TRASH, Decision.Verb.RULE)
APPROVES = (Decision.Verb.APPROVE, Decision.Verb.RESTORE, Decision.Verb.RULE)


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    if not Site.objects.current().public_record:
        raise Http404
    now = timezone.now()
    since = first_month(timezone.localdate())
    facts = {
        "months": months(since),
        "reasons": reasons(since),
        "reports": outcomes(Report.Kind.choices, Report.State.choices, reported(since)),
        "appeals": appeals(since),
        "counted": now,
    }
    response = render(request, "moderation/public.html", facts)
    return pagecache.made_from(response, "site", ends=now + COUNTED_ANEW)


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


def standing(since: date) -> DecisionQuerySet:
    """What was decided since and not taken back."""
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    return Decision.objects.filter(created__gte=begin, undone_by=None).exclude(verb=Decision.Verb.UNDO).order_by()


def months(since: date) -> list[Month]:
    """The newest first, those alone in which anything was decided."""
    found: dict[date, Month] = {}
    rows = standing(since).annotate(month=TruncMonth("created")).values_list("month", "verb", "after")
    for moment, verb, after, count in rows.annotate(count=Count("pk")):
        first = timezone.localdate(moment)
        month = found.setdefault(first, Month(first))
        by_rule = verb == Decision.Verb.RULE
        if after == Status.APPROVED and verb in APPROVES:
            month.approved += count
            month.approved_by_rule += count * by_rule
        elif after in REMOVED and verb in REFUSES:
            month.refused += count
            month.refused_by_rule += count * by_rule
    return sorted(found.values(), key=lambda month: month.first, reverse=True)


def reasons(since: date) -> list[tuple[str, int]]:
    """What writers were told, the commonest first; at the end how many were told nothing."""
    refused = standing(since).filter(verb__in=REFUSES, after__in=REMOVED)
    rows = dict(refused.values_list("reason__name").annotate(count=Count("pk")))
    silent = rows.pop(None, 0)
    named = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    return [*named, (_("no reason given"), silent)] if silent else named


def reported(since: date) -> Iterable[tuple[str, str, int]]:
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    rows = Report.objects.filter(created__gte=begin).order_by().values_list("kind", "state")
    return rows.annotate(count=Count("pk"))


def outcomes(
    kinds: Iterable[tuple[str, Any]], states: Iterable[tuple[str, Any]], rows: Iterable[tuple[str, str, int]]
) -> list[tuple[str, list[int]]]:
    """By kind how many ended in each state; kinds that nobody reported are left out."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, state, count in rows:
        found[kind][state] = count
    every = [state for state, _label in states]
    return [(str(label), [found[kind].get(state, 0) for state in every]) for kind, label in kinds if kind in found]


def appeals(since: date) -> list[tuple[str, int]]:
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    counts = {state: Count("pk", filter=Q(state=state)) for state in Appeal.State.values}
    found = Appeal.objects.filter(created__gte=begin).aggregate(**counts)
    return [(str(label), found[state]) for state, label in Appeal.State.choices] if any(found.values()) else []
