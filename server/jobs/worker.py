"""The job worker: runs jobs one by one, starts long and scheduled ones, and recovers those of dead workers."""

import hashlib
import logging
import os
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import DateTimeField, Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from server.jobs import hosts, maintenance, tasks
from server.jobs.long_jobs import LongJobs
from server.jobs.tasks import Result
from server.models import Lease
from server.prepared import Prepared

logger = logging.getLogger("rejoinder.worker")

POLL_INTERVAL = 1.0
UPKEEP_INTERVAL = 10.0
LEASE = timedelta(seconds=60)
RENEW_INTERVAL = 20.0
MAX_DEATHS = 6
MAX_PAUSE = 5.0  # until the next attempt to reach the database


class WorkerDied(Exception):
    """A job failed because its worker died each time; it is given up so that it does not kill the next one."""


class Worker:
    def __init__(self) -> None:
        self.id = process_identity(os.getpid())
        self.is_stopping = threading.Event()
        self.long_jobs = LongJobs()
        self.next_record = 0.0

    def run(self) -> None:
        """Run jobs until stop(), waiting while the database is unavailable."""
        logger.debug("Worker %s started.", self.id)
        next_upkeep, pause = 0.0, 0.0
        while not self.is_stopping.is_set():
            if settings.READ_ONLY_FILE.exists():
                self.long_jobs.stop()
                self.is_stopping.wait(POLL_INTERVAL)
                continue
            try:
                if monotonic() >= next_upkeep:
                    recover_lost_jobs(self.id)
                    tasks.enqueue_due()
                    maintenance.checkpoint()
                    self.record_host()
                    next_upkeep = monotonic() + UPKEEP_INTERVAL
                self.long_jobs.start_next()
                has_run = self.run_next_job()
            except (OperationalError, InterfaceError) as error:
                if connection.vendor == "sqlite" and self.long_jobs.is_running:  # an import holds the write lock
                    self.is_stopping.wait(POLL_INTERVAL)
                    continue
                pause = min(max(1.0, pause * 2), MAX_PAUSE)
                logger.warning("The database cannot be reached (%s). Trying again in %d s.", str(error).strip(), pause)
                connection.close()
                next_upkeep = 0.0  # recovers the job that it interrupted
                self.is_stopping.wait(pause)
            else:
                pause = 0.0
                connection.close_if_unusable_or_obsolete()  # back to the pool, which notices a restored file
                if not has_run:
                    self.is_stopping.wait(POLL_INTERVAL)
        self.long_jobs.stop()
        connection.close()

    def record_host(self) -> None:
        """Store once an hour that this host runs the site, and with which key."""
        if monotonic() >= self.next_record:
            hosts.record()
            self.next_record = monotonic() + hosts.RECORD_INTERVAL

    def stop(self) -> None:
        """Stop after the current job, and a long job at once: it may hold the lock that the current one waits for."""
        self.is_stopping.set()
        self.long_jobs.terminate()

    def run_next_job(self) -> bool:
        """Run the next job that is ready and not long, and return whether there was one."""
        if (result := claim_job(self.id, tasks.long_jobs)) is None:
            return False
        with lease_held(self.id):
            run_job(result)
        return True


def run_ready_jobs(worker_id: str = "") -> int:
    """Run all jobs that are ready now, and return how many."""
    done = 0
    while (result := claim_job(worker_id or process_identity(os.getpid()))) is not None:
        run_job(result)
        done += 1
    return done


def ready_jobs(now: Any, left_out: Collection[str]) -> Any:
    """Select the jobs that are ready, as `DBTaskResult.objects.ready()` does, by a time that may be a Parameter."""
    is_time = Q(run_after=get_date_max()) | Q(run_after__lte=now)
    return DBTaskResult.objects.filter(is_time, status=TaskResultStatus.READY).exclude(task_path__in=left_out)


@cache
def ready_queries(left_out: frozenset[str]) -> tuple[Prepared[Any], Prepared[Any]]:
    """Return the query whether a job is ready, and the one that locks the next; some are left out by module path."""
    is_any = Prepared(lambda now: ready_jobs(now, left_out).order_by().values_list("pk")[:1], now=DateTimeField())
    following = Prepared(
        lambda now: ready_jobs(now, left_out).select_for_update(skip_locked=True)[:1], now=DateTimeField()
    )
    return is_any, following


def claim_job(worker_id: str, left_out: Collection[str] = ()) -> Result | None:
    """Return the next job that is ready, marked as run by this worker, or None; some are left out by module path."""
    is_any, following = ready_queries(frozenset(left_out))
    now = timezone.now()
    if not is_any.fetch(now=now):  # an idle worker takes no write lock
        return None
    with transaction.atomic():
        result: Result | None = following.first(now=now)
        if result is not None:
            result.claim(worker_id)
    return result


def run_job(result: Result) -> None:
    """Run a job, and store its result or when it runs again."""
    try:
        task = result.task
        arguments = result.args_kwargs
        result.set_successful(task.call(*arguments["args"], **arguments["kwargs"]))
    except Exception as error:
        now = timezone.now()
        if again := tasks.next_retry(result, error, now):
            logger.warning("Job %s failed (%r). It runs again at %s.", result.task_path, error, again)
            result.status, result.run_after = TaskResultStatus.READY, again
            result.save(update_fields=["status", "run_after"])
        else:
            logger.exception("Job %s failed.", result.task_path)
            result.set_failed(error)


def recover_lost_jobs(own_id: str) -> int:
    """Enqueue the jobs of dead workers again, and this worker's own, which has none running between two jobs."""
    found = 0
    for result in DBTaskResult.objects.running():
        if result.worker_ids[-1] != own_id and is_alive(result):
            continue
        with transaction.atomic():
            lost = DBTaskResult.objects.running().select_for_update(skip_locked=True).filter(pk=result.pk).first()
            if lost is None or lost.worker_ids != result.worker_ids:
                continue
            found += 1
            logger.warning("Job %s was left unfinished by a worker that stopped unexpectedly.", lost.task_path)
            if len(lost.worker_ids) >= MAX_DEATHS:
                lost.set_failed(WorkerDied(f"{lost.task_path}: {len(lost.worker_ids)} workers died while running it"))
            else:
                lost.status = TaskResultStatus.READY
                lost.save(update_fields=["status"])
    return found


def is_alive(result: Result) -> bool:
    """Return whether a job's worker lives: by the process table on this machine, by its lease on another."""
    worker_id: str = result.worker_ids[-1]
    where, _, pid = worker_id.rpartition(".")[0].rpartition(".")
    if where == machine_id() and pid.isdigit():
        return process_identity(int(pid)) == worker_id
    since = timezone.now() - LEASE
    if result.started_at is not None and result.started_at > since:
        return True
    return Lease.objects.filter(worker=worker_id, renewed__gt=since).exists()


@contextmanager
def lease_held(worker_id: str) -> Iterator[None]:
    """Renew a lease while a job runs, so that workers on other machines know that this one lives."""
    over = threading.Event()
    renewal = threading.Thread(target=_renew_until, args=(worker_id, over), name="lease", daemon=True)
    renewal.start()
    try:
        yield
    finally:
        over.set()


def _renew_until(worker_id: str, over: threading.Event) -> None:
    while not over.wait(RENEW_INTERVAL):
        try:
            Lease.objects.update_or_create(worker=worker_id, defaults={"renewed": timezone.now()})
        except (OperationalError, InterfaceError):
            logger.warning("Worker %s could not renew its lease.", worker_id)
        finally:
            connection.close()


def machine_id() -> str:
    """Return an id of this machine since its start, or of this container, within which process ids are unique."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, namespace = socket.gethostname(), ""
    return hashlib.sha256(f"{boot}{namespace}".encode()).hexdigest()[:16]


def process_identity(pid: int) -> str:
    """Return machine.pid.start, unique for each process, or an empty string if there is none."""
    try:
        # The command's name, in brackets, may contain spaces; after it the 3rd field is the state, the 22nd the start.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists() or not _is_running(pid):
            return ""
        return f"{machine_id()}.{pid}.0"
    return "" if fields[0] in "ZX" else f"{machine_id()}.{pid}.{fields[19]}"


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
