"""Imports, exports and backups that were started in the admin or by the schedule, as their jobs' rows describe them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from blog.models import Site
from server.jobs import worker
from server.jobs.tasks import UNFINISHED, Result
from transfer import files, jobs, progress
from transfer.report import count_lines

TASKS: dict[str, Task[..., Any]] = {
    "import": jobs.import_upload,
    "export": jobs.export_site,
    "backup": jobs.make_backup,
}
KINDS = {task.module_path: kind for kind, task in TASKS.items()}


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """One import, check, export or backup."""

    result: Result

    @property
    def kind(self) -> str:
        """`check`, `import`, `export` or `backup`."""
        kind = KINDS[self.result.task_path]
        return "check" if kind == "import" and self.arguments["is_dry_run"] else kind

    @property
    def title(self) -> str:
        titles = {"check": _("File check"), "import": _("Import"), "export": _("Export")}
        return titles.get(self.kind, _("Backup"))

    @property
    def url(self) -> str:
        return reverse("import-export-run", args=[self.result.pk])

    @property
    def arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = self.result.args_kwargs["kwargs"]
        return arguments

    @property
    def format(self) -> str:
        """The format of an import or export; an import may have detected it."""
        return str(self.returned.get("kind") or self.arguments.get("kind") or "")

    @property
    def state(self) -> State:
        """What the job does; a process that was killed leaves a job that its next worker finds."""
        status = self.result.status
        if status == TaskResultStatus.RUNNING:
            return State.RUNNING if worker.is_alive(self.result) else State.INTERRUPTED
        if status == TaskResultStatus.READY:
            return State.INTERRUPTED if self.result.worker_ids else State.WAITING
        is_done = status == TaskResultStatus.SUCCESSFUL and "error" not in self.returned
        return State.DONE if is_done else State.FAILED

    @property
    def is_unfinished(self) -> bool:
        return self.result.status in UNFINISHED

    @property
    def status(self) -> str:
        """What the job does, as a sentence."""
        running = {"check": _("Checking the file…"), "import": _("Importing…"), "export": _("Exporting…")}
        done = {
            "check": _("File checked. Nothing was changed."),
            "import": _("Import completed."),
            "export": _("Export completed."),
        }
        return {
            State.WAITING: _("Waiting to start."),
            State.RUNNING: running.get(self.kind, _("Backing up…")),
            State.INTERRUPTED: _("The process was stopped. It starts again automatically."),
            State.DONE: done.get(self.kind, _("Backup completed.")),
            State.FAILED: self.error,
        }[self.state]

    @property
    def progress(self) -> list[str]:
        """What has been written so far, in lines."""
        return [line.strip() for line in count_lines(progress.counter(self.arguments["token"]))]

    @property
    def returned(self) -> dict[str, Any]:
        """What the job returned."""
        value: Any = self.result.return_value
        return value if isinstance(value, dict) else {}

    @property
    def error(self) -> str:
        """Why the job failed, for the owner."""
        if why := self.returned.get("error"):
            return _("This file cannot be imported: %(why)s.") % {"why": why}
        name = self.result.exception_class_path.rpartition(".")[2]
        if name == jobs.Failed.__name__:
            return self.result.traceback.strip().rpartition("\n")[2].partition(": ")[2]
        if name == worker.WorkerDied.__name__:
            return _("The process was killed several times, perhaps because memory ran out.")
        return _("An unexpected error occurred. The site’s log has the details.")

    @property
    def has_changes(self) -> bool:
        """Whether a check found anything to import."""
        return bool(self.returned.get("report", {}).get("counts"))

    @property
    def has_upload(self) -> bool:
        """Whether the uploaded file is still there, so that it can be imported."""
        return is_stored(jobs.upload_name(self.arguments["token"]))

    @property
    def has_export(self) -> bool:
        """Whether this is a finished export whose file can be downloaded."""
        return self.kind == "export" and self.state == State.DONE and is_stored(self.export_file)

    @property
    def export_file(self) -> str:
        """The name of a finished export's file."""
        return jobs.export_name(self.arguments["token"], self.arguments["kind"])

    @property
    def expires(self) -> datetime | None:
        """When the file of a finished export is deleted."""
        return self.result.finished_at and self.result.finished_at + files.KEEP


def is_stored(name: str) -> bool:
    """Return whether a file is there; if the bucket does not respond, no one can use it either."""
    try:
        return files.exists(name)
    except OSError:
        return False


def find(pk: UUID | str) -> Run | None:
    """Return the run with this key, or None."""
    result = DBTaskResult.objects.filter(pk=pk, task_path__in=KINDS).first()
    return Run(result) if result else None


def latest(kind: str) -> Run | None:
    """Return the latest run of this kind, or None."""
    result = DBTaskResult.objects.filter(task_path=TASKS[kind].module_path).order_by("-enqueued_at").first()
    return Run(result) if result else None


def unfinished(kind: str) -> Run | None:
    """Return the run of this kind that is not finished, or None."""
    path = TASKS[kind].module_path
    result = DBTaskResult.objects.filter(task_path=path, status__in=UNFINISHED).order_by("-enqueued_at").first()
    return Run(result) if result else None


def exports() -> Iterator[Run]:
    """Yield the finished exports whose files are still there, the latest first."""
    recent = DBTaskResult.objects.successful().filter(finished_at__gt=timezone.now() - files.KEEP)
    results = recent.filter(task_path=TASKS["export"].module_path)
    for result in results.order_by("-enqueued_at"):
        if (run := Run(result)).has_export:
            yield run


def start(kind: str, /, **arguments: Any) -> Run | None:
    """Start a run; return None if one of this kind is not finished."""
    if unfinished(kind):  # asked before the lock, which a check holds on SQLite
        return None
    with transaction.atomic():
        Site.objects.select_for_update().first()
        if unfinished(kind):
            return None
        return find(TASKS[kind].enqueue(**arguments).id)
