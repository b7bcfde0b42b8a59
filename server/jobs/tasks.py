"""Work for after the answer: a job commits with the change that owes it, may be tried again, may come by the clock.

A job can run twice (its worker may die between the work and the word of it), so each is written to bear that.
"""

from collections.abc import Callable
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

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
SKEW = timedelta(minutes=1)
FIRST = 50
UNFINISHED = (TaskResultStatus.READY, TaskResultStatus.RUNNING)

_tried_again: set[str] = set()
_clock: dict[str, tuple[Task[[], Any], timedelta]] = {}


def job(*, retry: bool = False, is_first: bool = False) -> Callable[[Callable[P, T]], Task[P, T]]:
    """Makes a module's function a job: `send.enqueue()`. With retry, one that fails runs again after each of PAUSES.

    `is_first`: it runs before what was asked for earlier and waits still.
    """

    def made(function: Callable[P, T]) -> Task[P, T]:
        made_task: Task[P, T] = task(priority=FIRST if is_first else 0)(function)
        if retry:
            _tried_again.add(made_task.module_path)
        return made_task

    return made


def every(**period: float) -> Callable[[Task[[], T]], Task[[], T]]:
    """Has the clock enqueue a job without arguments: `@every(days=1)` above `@job()`. Found in an app's jobs.py."""

    def registered(periodic: Task[[], T]) -> Task[[], T]:
        _clock[periodic.module_path] = (periodic, timedelta(**period))
        return periodic

    return registered


def next_try(result: Result, error: Exception, now: datetime) -> datetime | None:
    """When a job that has just failed runs again, or None; that the database was away is never the job's own fault."""
    tries = len(result.worker_ids)
    may_again = result.task_path in _tried_again or isinstance(error, OperationalError | InterfaceError)
    if not may_again or tries > len(PAUSES):
        return None
    return now + PAUSES[tries - 1]


def strike() -> int:
    """Enqueues the periodic jobs that are due: each once, whoever of several workers comes first."""
    now = timezone.now()
    due = dict(Tick.objects.values_list("name", "due"))
    return sum(
        _strike(periodic, now, period)
        for name, (periodic, period) in _clock.items()
        if name not in due or not now < due[name] <= now + period + SKEW
    )


def _strike(periodic: Task[[], Any], now: datetime, period: timedelta) -> bool:
    name = periodic.module_path
    # A moment further ahead than the period comes from a clock set back, or from a period that was longer once.
    is_due = Q(due__lte=now) | Q(due__gt=now + period + SKEW)
    with transaction.atomic():
        Tick.objects.bulk_create([Tick(name=name, due=now)], ignore_conflicts=True)
        if not Tick.objects.filter(is_due, name=name).update(due=now + period):
            return False
        if DBTaskResult.objects.filter(task_path=name, status__in=UNFINISHED).exists():
            return False
        periodic.enqueue()
        return True
