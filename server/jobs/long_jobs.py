"""Processes of long jobs, one at a time: meanwhile the worker runs others, such as emails."""

import logging
import subprocess
import sys
from time import monotonic

from django.conf import settings
from django_tasks_db.models import DBTaskResult

from server.jobs import tasks

logger = logging.getLogger("rejoinder.worker")

LOOK_INTERVAL = 1.0
PAUSE_AFTER_ERROR = 30.0
STOP_TIMEOUT = 5.0  # under the eight seconds that the worker itself has


class LongJobs:
    """The long job that a worker has started, if any: `manage.py run_job` claims and runs it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.next_look = 0.0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start_next(self) -> None:
        """Start a process for the next long job that is ready, unless one is running."""
        now = monotonic()
        if now < self.next_look or not tasks.long_jobs:
            return
        self.next_look = now + LOOK_INTERVAL
        if self.process is not None:
            if self.is_running:
                return
            status, self.process = self.process.returncode, None
            if status:
                logger.error("The process of a long job ended with exit status %s.", status)
                self.next_look = now + PAUSE_AFTER_ERROR
                return
        result = DBTaskResult.objects.ready().filter(task_path__in=tasks.long_jobs).first()
        if result is not None:
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_job", str(result.pk)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def terminate(self) -> None:
        """Tell the process to stop; its job will start again."""
        if (process := self.process) is not None:
            process.terminate()

    def stop(self) -> None:
        """Stop the process, and wait until it has removed what it had not finished."""
        if self.process is None:
            return
        self.terminate()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
