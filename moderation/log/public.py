"""Public moderation statistics, if the owner publishes them: monthly counts without names or texts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
from moderation.log.search import midnight

MONTHS = 12
UPDATED_EVERY = timedelta(hours=1)
REJECTS = (Decision.Verb.SPAM, Decision.Verb.TRASH, Decision.Verb.RULE)
APPROVES = (Decision.Verb.APPROVE, Decision.Verb.RESTORE, Decision.Verb.RULE)


@require_safe
def public_statistics(request: HttpRequest) -> HttpResponse:
    """Show the statistics, cached for an hour; 404 if the owner does not publish them."""
    if not Site.objects.current().public_record:
        raise Http404
    now = timezone.now()
    since = start_of_period(timezone.localdate())
    context = {
        "months": count_by_month(since),
        "reasons": count_by_reason(since),
        "reports": count_reports(since),
        "appeals": count_appeals(since),
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


def start_of_period(today: date) -> datetime:
    """Return the start of the month eleven months ago."""
    months = today.year * 12 + today.month - MONTHS
    return midnight(date(months // 12, months % 12 + 1, 1))


def decisions_in_force(since: datetime) -> DecisionQuerySet:
    """Return the decisions since a time that were not undone."""
    return Decision.objects.filter(created__gte=since, undone_by=None).exclude(verb=Decision.Verb.UNDO).order_by()


def count_by_month(since: datetime) -> list[Month]:
    """Count approvals and rejections by month, the newest first, without empty months."""
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


def count_by_reason(since: datetime) -> list[tuple[str, int]]:
    """Count rejections by reason, the most frequent first, those without a reason last."""
    refused = decisions_in_force(since).filter(verb__in=REJECTS, after__in=REMOVED)
    rows = dict(refused.values_list("reason__name").annotate(count=Count("pk")))
    without_reason = rows.pop(None, 0)
    named = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    return [*named, (_("no reason given"), without_reason)] if without_reason else named


def count_reports(since: datetime) -> list[tuple[str, list[int]]]:
    """Count reports by kind, in words, and state, without unused kinds."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = Report.objects.filter(created__gte=since).order_by().values_list("kind", "state")
    for kind, state, count in rows.annotate(count=Count("pk")):
        found[kind][state] = count
    kinds = [(kind, str(label)) for kind, label in Report.Kind.choices if kind in found]
    return [(label, [found[kind].get(state, 0) for state in Report.State.values]) for kind, label in kinds]


def count_appeals(since: datetime) -> list[tuple[str, int]]:
    """Count appeals by state, in words; nothing if there were none."""
    counts = {state: Count("pk", filter=Q(state=state)) for state in Appeal.State.values}
    found = Appeal.objects.filter(created__gte=since).aggregate(**counts)
    return [(str(label), found[state]) for state, label in Appeal.State.choices] if any(found.values()) else []
