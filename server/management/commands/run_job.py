"""`manage.py run_job`: runs one long job for the job worker."""

import os
import signal
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from server import database, running
from server.jobs import worker
from server.jobs.tasks import Result
from server.processes import signals


class Stopped(SystemExit):
    """The process was told to stop."""


class Command(BaseCommand):
    help = "Runs one long job, such as a backup. The job worker starts it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=UUID)

    def handle(self, *args: Any, job: UUID, **options: Any) -> None:
        signals.die_with_parent()
        signals.set_process_name("long job")
        stop_at_signals()
        running.hold_or_stop()
        database.name_connections()
        run(job)


def stop_at_signals() -> None:
    """Raise Stopped at the first stop signal, so that unfinished files and transactions are cleaned up."""

    def stop(*_: object) -> None:
        for number in signals.STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped(0)

    for number in signals.STOP_SIGNALS:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.STOP_SIGNALS)


def run(job: UUID) -> None:
    """Run a job unless another process has it. If it is stopped, it becomes ready again."""
    identity = worker.process_identity(os.getpid())
    with transaction.atomic():
        result = DBTaskResult.objects.ready().filter(pk=job).get_locked()
        if result is None:
            return
        result.claim(identity)
    try:
        # On SQLite all workers are on this machine, and an import holds the lock that the lease needs.
        with nullcontext() if connection.vendor == "sqlite" else worker.lease_held(identity):
            worker.run_job(result)
    except Stopped:
        connection.close()  # wherever it was interrupted
        make_ready(result)
        raise


def make_ready(result: Result) -> None:
    """Let a job that was stopped on purpose run again; that does not count as a death of its worker."""
    DBTaskResult.objects.running().filter(pk=result.pk).update(
        status=TaskResultStatus.READY, worker_ids=result.worker_ids[:-1]
    )
