"""Jobs that import, export and back up, each in a process of its own, and the schedule of backups."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from server.jobs.tasks import UNFINISHED, every, job
from transfer import bucket_errors, exporting, files, importing, progress
from transfer.backup import places
from transfer.backup.making import NotMigrated
from transfer.report import Report, Unreadable

EARLY = timedelta(minutes=30)  # so that a daily backup, of which a job an hour thinks, stays at its hour
MAX_NAMES = 20


class Failed(Exception):
    """The job failed; the argument is a message for the owner, in one line."""


@job(is_long=True)
def import_upload(
    *, token: str, name: str, kind: str, is_dry_run: bool, links_quotations: bool = False
) -> dict[str, Any]:
    """Import an uploaded file, or only check it; return the report, or why the file cannot be imported.

    The upload is deleted at the end unless it can still be imported. The result is stored before, as the process may be
    stopped after that and before the job is marked as done.
    """
    unfinished = DBTaskResult.objects.filter(
        task_path=import_upload.module_path,
        status__in=UNFINISHED,
        args_kwargs__kwargs__token=token,
        args_kwargs__kwargs__is_dry_run=is_dry_run,
    )
    report = Report(name)
    try:
        with (
            bucket_errors.as_os_errors(),
            files.local_copy(upload_name(token)) as file,
            progress.recorded(token, report.counts),
        ):
            kind = kind or importing.detect(file)
            importing.import_file(kind, file, is_dry_run=is_dry_run, links_quotations=links_quotations, report=report)
    except Unreadable as error:
        files.delete(upload_name(token))
        return {"error": str(error)}
    except FileNotFoundError as error:
        made: dict[str, Any] | None = unfinished.values_list("return_value", flat=True).first()
        if made:
            return made
        raise Failed(_("The uploaded file is no longer there. Upload it again.")) from error
    except OSError as error:
        raise Failed(describe(error)) from error
    result = {"report": report.as_dict(), "kind": kind}
    if not (is_dry_run and report.has_changes):
        unfinished.update(return_value=result)
        with suppress(OSError):  # then it is deleted with the old ones
            files.delete(upload_name(token))
    return result


@job(is_long=True)
def export_site(*, token: str, kind: str) -> dict[str, Any]:
    """Write an export to a file that the owner can download for a day, and return its report."""
    name = export_name(token, kind)
    report = Report(name)
    try:
        files.delete(name)  # of a run that was not recorded as done
        with bucket_errors.as_os_errors(), progress.recorded(token, report.counts), files.new_file(name) as file:
            exporting.write(kind, file, report)
            size = file.stat().st_size
    except OSError as error:
        raise Failed(describe(error)) from error
    return {"report": report.as_dict(), "bytes": size}


@job(is_long=True)
def make_backup(*, token: str) -> dict[str, Any]:
    """Make a backup where the owner keeps them, delete those no longer kept, and return what was written."""
    place = places.configured()
    if place is None:
        raise Failed(_("BACKUP_FOLDER and BACKUP_BUCKET are not set."))
    done: Counter[str] = Counter()
    try:
        with progress.recorded(token, done):
            name, made = places.add(place, done)
            places.thin(place, settings.BACKUP_KEEP)
    except NotMigrated as error:
        raise Failed(_("The database needs migrating. Run: manage.py migrate")) from error
    except places.NoFolder as error:
        raise Failed(f"{error.problem} {error.remedy}") from error
    except OSError as error:
        raise Failed(describe(error)) from error
    return {
        "name": name,
        "rows": made.rows,
        "files": made.files,
        "bytes": made.bytes,
        "missing": made.missing[:MAX_NAMES],
    }


@every(hours=1)
@job()
def back_up() -> None:
    """Have a backup made if the owner chose a place and the newest one there is old."""
    if settings.BACKUP_BUCKET:
        back_up_if_old.enqueue()  # a bucket that does not respond must not keep the worker waiting
    elif settings.BACKUP_FOLDER:
        back_up_if_old.call()


@job(is_long=True)
def back_up_if_old() -> str:
    """Enqueue a backup if the newest one is old and none is under way, and return the id of its job."""
    place = places.configured()
    if place is None or DBTaskResult.objects.filter(task_path=make_backup.module_path, status__in=UNFINISHED).exists():
        return ""
    newest = max(places.times(place).values(), default=None)
    if newest and timezone.now() - newest < timedelta(hours=settings.BACKUP_HOURS) - EARLY:
        return ""
    return str(make_backup.enqueue(token=files.new_token()).id)


@every(hours=1)
@job()
def delete_old_files() -> list[str]:
    """Delete uploads that were not imported and exports after a day."""
    paths = [each.module_path for each in (import_upload, export_site)]
    unfinished = DBTaskResult.objects.filter(task_path__in=paths, status__in=UNFINISHED)
    return files.delete_old({each.args_kwargs["kwargs"]["token"] for each in unfinished})


def upload_name(token: str) -> str:
    """Return the name under which an upload is stored."""
    return f"{token}.upload"


def export_name(token: str, kind: str) -> str:
    """Return the name under which an export is stored."""
    return f"{token}.{exporting.SUFFIXES[kind]}"


def describe(error: OSError) -> str:
    """Return an error's message as a sentence in one line."""
    message = " ".join(str(error.strerror or error).split()).rstrip(".")
    return f"{message[:1].upper()}{message[1:]}."
