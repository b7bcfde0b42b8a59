"""Jobs are retried, recovered from dead workers, and enqueued once by the schedule."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from pytest_django.plugin import DjangoDbBlocker

from server.jobs import maintenance, tasks, worker
from server.jobs.tasks import Result
from server.models import Lease, Tick
from tests.server import chores
from tests.services.processes import Process
from tests.services.site import ROOT, Installation

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ELSEWHERE = "another-machine.7.7"


def status(result: Result) -> str:
    result.refresh_from_db()
    return str(result.status)


def enqueued() -> Result:
    return DBTaskResult.objects.latest("enqueued_at")


class Workplace:
    """A site and its worker, which is started anew only when a test has ended it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.started, self.go = installation.data_dir / "started", installation.data_dir / "go"
        self.start()

    def start(self) -> None:
        self.worker = Process(
            [sys.executable, "manage.py", "worker"],
            log=self.installation.data_dir / "worker.log",
            environment=self.installation.environment(),
            folder=ROOT,
        )

    def begun(self) -> Result:
        """A job that the worker has in hand, until it may end."""
        for file in (self.started, self.go):
            file.unlink(missing_ok=True)
        chores.wait.enqueue(str(self.started), str(self.go))
        self.worker.wait_until(self.started.exists, "the job to begin")
        return enqueued()


@pytest.fixture(scope="module")
def _workplace(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with _migrated.copy(tmp_path_factory.mktemp("work")) as installation:
        place = Workplace(installation)
        yield place
        assert place.worker.stop() == 0


@pytest.fixture
def workplace(_workplace: Workplace, django_db_blocker: DjangoDbBlocker) -> Iterator[Workplace]:
    if not _workplace.worker.is_alive:
        _workplace.start()
    with django_db_blocker.unblock(), _workplace.installation.connected():
        yield _workplace


# Doing them


@pytest.mark.django_db
def test_no_job_runs_while_the_site_is_read_only(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = chores.note.enqueue(str(tmp_path / "notes"), "later")
    settings.READ_ONLY_FILE = tmp_path / "read-only"
    settings.READ_ONLY_FILE.touch()
    idle = worker.Worker()
    monkeypatch.setattr(worker, "connection", Mock())  # closed at the end
    monkeypatch.setattr(idle.is_stopping, "wait", lambda seconds: idle.stop())
    idle.run()
    assert DBTaskResult.objects.get(pk=waiting.id).status == TaskResultStatus.READY


@pytest.mark.django_db
def test_ready_jobs_run_in_order(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    for words in ("one", "two"):
        chores.note.enqueue(str(file), words)
    chores.note.using(run_after=timezone.now() + timedelta(hours=1)).enqueue(str(file), "later")
    assert worker.run_ready_jobs() == 2
    assert file.read_text() == "one\ntwo\n"


@pytest.mark.django_db
def test_a_rolled_back_job_does_not_run(tmp_path: Path) -> None:
    with transaction.atomic():
        chores.note.enqueue(str(tmp_path / "notes"), "never")
        transaction.set_rollback(True)
    assert worker.run_ready_jobs() == 0


# Trying again


@pytest.mark.django_db
def test_a_failed_job_is_retried_with_growing_delays() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        chores.fail.enqueue()
        result = enqueued()
        pauses = []
        while worker.run_ready_jobs() == 1 and status(result) == TaskResultStatus.READY:
            pauses.append(result.run_after - timezone.now())
            assert worker.run_ready_jobs() == 0
            clock.move_to(result.run_after)
        assert [pause.total_seconds() / 60 for pause in pauses] == [1, 5, 30, 120, 480]
        assert status(result) == TaskResultStatus.FAILED
        assert "the mail server said no" in result.traceback


@pytest.mark.django_db
def test_a_job_without_retry_fails_immediately() -> None:
    chores.fail_once_and_for_all.enqueue()
    worker.run_ready_jobs()
    assert status(enqueued()) == TaskResultStatus.FAILED


@pytest.mark.django_db
def test_a_job_is_retried_after_the_database_was_unavailable() -> None:
    chores.find_the_database_away.enqueue()
    worker.run_ready_jobs()
    assert status(enqueued()) == TaskResultStatus.READY


@pytest.mark.django_db
def test_a_job_that_no_longer_exists_is_marked_as_failed() -> None:
    chores.sweep.enqueue()
    DBTaskResult.objects.update(task_path="tests.server.chores.long_gone")
    worker.run_ready_jobs()
    assert status(enqueued()) == TaskResultStatus.FAILED


# The worker, and taking up what a dead one left


def test_a_worker_runs_the_maintenance(workplace: Workplace) -> None:
    periodic = {
        job.module_path
        for job in (maintenance.delete_expired, maintenance.optimize_database, maintenance.check_database)
    }

    def is_done() -> bool:
        return periodic <= {*DBTaskResult.objects.successful().values_list("task_path", flat=True)}

    workplace.worker.wait_until(is_done, "the upkeep to be done")


def test_a_job_of_a_killed_worker_is_run_by_the_next(workplace: Workplace) -> None:
    result = workplace.begun()
    workplace.worker.kill()
    assert status(result) == TaskResultStatus.RUNNING
    workplace.go.touch()
    workplace.start()
    workplace.worker.wait_until(lambda: status(result) == TaskResultStatus.SUCCESSFUL, "the job to be done")
    assert len(result.worker_ids) == 2


def test_a_stopping_worker_finishes_its_job(workplace: Workplace) -> None:
    result = workplace.begun()
    workplace.worker.popen.terminate()
    workplace.go.touch()
    assert workplace.worker.popen.wait(15) == 0
    assert status(result) == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db
def test_a_job_of_a_living_worker_is_not_recovered() -> None:
    chores.sweep.enqueue()
    alive = worker.process_identity(os.getppid())
    assert worker.claim_job(alive) is not None
    assert worker.recover_lost_jobs("me") == 0
    assert status(enqueued()) == TaskResultStatus.RUNNING


@pytest.mark.django_db
@pytest.mark.parametrize("pid", [os.getpid(), 2**22 + 1], ids=["used", "unused"])
def test_a_reused_process_id_does_not_keep_a_job(pid: int) -> None:
    chores.sweep.enqueue()
    worker.claim_job(f"{worker.machine_id()}.{pid}.1")
    assert worker.recover_lost_jobs("me") == 1
    assert status(enqueued()) == TaskResultStatus.READY


@pytest.mark.django_db
def test_a_worker_on_another_machine_is_judged_by_its_lease() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        chores.sweep.enqueue()
        worker.claim_job(ELSEWHERE)
        assert worker.recover_lost_jobs("me") == 0
        clock.shift(timedelta(minutes=2))
        Lease.objects.create(worker=ELSEWHERE, renewed=timezone.now())
        assert worker.recover_lost_jobs("me") == 0
        clock.shift(timedelta(minutes=2))
        assert worker.recover_lost_jobs("me") == 1
        assert status(enqueued()) == TaskResultStatus.READY


@pytest.mark.django_db
def test_a_job_that_kills_its_workers_is_given_up() -> None:
    chores.sweep.enqueue()
    for _ in range(worker.MAX_DEATHS):
        assert worker.claim_job("gone.1.1") is not None
        DBTaskResult.objects.update(started_at=timezone.now() - timedelta(hours=1))
        assert worker.recover_lost_jobs("me") == 1
    assert status(enqueued()) == TaskResultStatus.FAILED


# The clock


@pytest.mark.django_db
def test_a_periodic_job_is_enqueued_once_in_a_period() -> None:
    def swept() -> int:
        return DBTaskResult.objects.filter(task_path=chores.sweep.module_path).count()

    with time_machine.travel(NOON, tick=False) as clock:
        tasks.enqueue_due()
        tasks.enqueue_due()
        assert swept() == 1
        worker.run_ready_jobs()
        clock.shift(timedelta(minutes=59))
        tasks.enqueue_due()
        assert swept() == 1
        clock.shift(timedelta(minutes=1))
        tasks.enqueue_due()
        assert swept() == 2
        clock.shift(timedelta(hours=5))
        tasks.enqueue_due()
        assert swept() == 2  # the one before still waits to be done


@pytest.mark.django_db
def test_a_clock_set_back_does_not_stop_periodic_jobs() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        tasks.enqueue_due()
        worker.run_ready_jobs()
        clock.shift(timedelta(days=-1))
        tasks.enqueue_due()
        assert DBTaskResult.objects.filter(task_path=chores.sweep.module_path).count() == 2
        assert Tick.objects.get(name=chores.sweep.module_path).due == timezone.now() + timedelta(hours=1)


def test_only_one_of_several_workers_enqueues_a_periodic_job(
    installation: Installation, django_db_blocker: DjangoDbBlocker
) -> None:
    together = Barrier(8)

    def strike(_: int) -> int:
        with installation.connected():
            together.wait()
            return tasks.enqueue_due()

    with django_db_blocker.unblock(), ThreadPoolExecutor(8) as pool:
        struck = sum(pool.map(strike, range(8)))
        with installation.connected():
            paths = list(DBTaskResult.objects.values_list("task_path", flat=True))
    assert chores.sweep.module_path in paths
    assert struck == len(paths) == len({*paths})


# Upkeep


@pytest.mark.django_db
def test_the_database_is_checked_and_old_rows_are_deleted() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        chores.fail_once_and_for_all.enqueue()
        maintenance.check_database.enqueue()
        worker.run_ready_jobs()
        assert DBTaskResult.objects.successful().get().return_value == "ok"
        clock.shift(timedelta(days=8))
        maintenance.delete_expired.call()
        assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED
        clock.shift(timedelta(days=30))
        maintenance.delete_expired.call()
        assert not DBTaskResult.objects.exists()
