"""Gauges that are read at each scrape, and the registry of those that other apps add."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

RECENT = timedelta(days=7)


class Gauge(NamedTuple):
    """A number with its name (without the prefix), its help text and its labels."""

    name: str
    help: str
    value: float
    labels: dict[str, str] = {}


Source = Callable[[], Iterable[Gauge]]
sources: list[Source] = []


def register_gauges(source: Source) -> Source:
    """Register a function that reads gauges from the database."""
    sources.append(source)
    return source


@register_gauges
def job_gauges() -> Iterator[Gauge]:
    """Yield the jobs that wait, and those that failed in the last seven days."""
    waiting = DBTaskResult.objects.ready().count()
    failed = DBTaskResult.objects.failed().filter(finished_at__gt=timezone.now() - RECENT)
    yield Gauge("jobs", "Jobs that are ready to run, or failed in the last 7 days.", waiting, {"state": "waiting"})
    yield Gauge("jobs", "", failed.count(), {"state": "failed"})


def age(since: datetime | None) -> float:
    """Return the seconds since then, 0 for None."""
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0
