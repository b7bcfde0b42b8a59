"""Background jobs that commit with the change that enqueued them, with retries and a schedule.

A job can run twice (its worker may die after the work but before it is marked as done), so each must be idempotent.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from server.models import Tick

P = ParamSpec("P")
T = TypeVar("T")
Result = DBTaskResult[..., Any]

RETRY_DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 8 * 60)]
SHORT_DELAY = timedelta(seconds=5)  # first, if the database was unavailable: it may be back already
EMAIL_RETRY_DELAYS = [*RETRY_DELAYS[:3], *[timedelta(hours=2)] * 59]  # for five days, as mail servers do
SKEW = timedelta(minutes=1)
HIGH_PRIORITY = 50
UNFINISHED = (TaskResultStatus.READY, TaskResultStatus.RUNNING)

_retried: dict[str, Sequence[timedelta]] = {}
long_jobs: set[str] = set()
"""The jobs that run in a process of their own, by module path."""

_schedule: dict[str, tuple[Task[[], Any], timedelta]] = {}


def job(
    *, retry: bool = False, is_email: bool = False, is_urgent: bool = False, is_long: bool = False
) -> Callable[[Callable[P, T]], Task[P, T]]:
    """Make a module's function a job: `send.enqueue()`. With `retry`, a failed job runs again after each delay.

    An email's job is retried for longer, because a mail server may be down for days. An urgent job runs before others
    that were enqueued earlier. A long job runs in a process of its own, and starts again if that is stopped.
    """

    def make_task(function: Callable[P, T]) -> Task[P, T]:
        made_task: Task[P, T] = task(priority=HIGH_PRIORITY if is_urgent else 0)(function)
        if retry:
            _retried[made_task.module_path] = EMAIL_RETRY_DELAYS if is_email else RETRY_DELAYS
        if is_long:
            long_jobs.add(made_task.module_path)
        return made_task

    return make_task


def every(**period: float) -> Callable[[Task[[], T]], Task[[], T]]:
    """Enqueue a job without arguments periodically: `@every(days=1)` above `@job()`. Found in an app's jobs.py."""

    def registered(periodic: Task[[], T]) -> Task[[], T]:
        _schedule[periodic.module_path] = (periodic, timedelta(**period))
        return periodic

    return registered


def next_retry(result: Result, error: Exception, now: datetime) -> datetime | None:
    """Return when a failed job runs again, or None; an unavailable database is never the job's own fault."""
    tries = len(result.worker_ids)
    delays = _retried.get(result.task_path, ())
    if isinstance(error, OperationalError | InterfaceError):
        delays = [SHORT_DELAY, *(delays or RETRY_DELAYS)]
    return now + delays[tries - 1] if tries <= len(delays) else None


def enqueue_due() -> int:
    """Enqueue the periodic jobs that are due, each once, whichever of several workers comes first; return how many."""
    now = timezone.now()
    due = dict(Tick.objects.values_list("name", "due"))
    return sum(
        _enqueue_if_due(periodic, now, period)
        for name, (periodic, period) in _schedule.items()
        if name not in due or not now < due[name] <= now + period + SKEW
    )


def _enqueue_if_due(periodic: Task[[], Any], now: datetime, period: timedelta) -> bool:
    name = periodic.module_path
    # A time further ahead than the period comes from a clock set back, or from a period that was longer once.
    is_due = Q(due__lte=now) | Q(due__gt=now + period + SKEW)
    with transaction.atomic():
        Tick.objects.bulk_create([Tick(name=name, due=now)], ignore_conflicts=True)
        if not Tick.objects.filter(is_due, name=name).update(due=now + period):
            return False
        if DBTaskResult.objects.filter(task_path=name, status__in=UNFINISHED).exists():
            return False
        periodic.enqueue()
        return True
