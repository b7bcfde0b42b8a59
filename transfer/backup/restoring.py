"""Restores a backup into the site's database and storage, while the site is stopped."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.pages import invitations
from blog.models import Announcement, Essay
from comments.claims import actions as claims
from comments.models import Comment, Notice
from comments.notifications import outbox, report_notifications
from search import rebuilding
from server import database, running
from server.jobs.hosts import key_fingerprint
from transfer import bucket_errors, databases, scratch
from transfer.backup import environment
from transfer.backup.archive import Reader
from transfer.backup.filling import check_version, fill, update
from transfer.backup.making import MEDIA

EMAIL_JOBS = (outbox.notify, report_notifications.notify, claims.send_email, invitations.send_email)
UNSENT = (Notice.State.READY, Notice.State.GATHERED, Notice.State.CLAIMED, Notice.State.SENDING)


class HasContent(Exception):
    """There is something that a restored backup would replace; the argument says what."""


@dataclass
class Restored:
    """What was restored, and what the owner has to know."""

    made: str
    rows: int
    files: int = 0
    unsent: int = 0
    has_other_key: bool = False
    settings: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


@bucket_errors.as_os_errors()
def restore(path: Path, *, replaces: bool = False, sends_waiting: bool = False) -> Restored:
    """Replace the site's database by that of a backup, all of it or nothing, and add the backup's files.

    Raises HasContent, Damaged, OtherVersion, SiteIsRunning, a DatabaseError or an OSError. If building the search
    index fails, which comes last, `manage.py search rebuild` does it.
    """
    with Reader(path) as backup, running.stopped():
        check_version(backup)
        if not replaces and (content := describe_content()):
            raise HasContent(content)
        manifest = backup.manifest
        result = Restored(manifest["made"], sum(table["rows"] for table in manifest["tables"].values()))

        def finish() -> None:
            """Do the rest before the new rows are visible; the files last, as replaced ones cannot be recovered."""
            if not sends_waiting:
                result.unsent = cancel_waiting()
            running.refuse_other_hosts()
            result.files = restore_files(backup)

        (replace_sqlite if connection.vendor == "sqlite" else replace_postgres)(backup, finish)
        result.has_other_key = manifest["key"] not in map(key_fingerprint, secret_keys())
        present = environment.plain(os.environ)
        result.settings = [f"{name}={value}" for name, value in manifest["settings"].items() if name not in present]
        result.secrets = [name for name in manifest["secrets"] if not os.environ.get(name)]
        cache.clear()
        database.gather_statistics()
        rebuilding.rebuild()
    return result


def cancel_waiting() -> int:
    """Cancel the emails that were waiting, and the jobs that would send others; return how many emails."""
    jobs = [job.module_path for job in EMAIL_JOBS]
    DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path__in=jobs).delete()
    Announcement.objects.due().update(sent=timezone.now())
    return Notice.objects.filter(state__in=UNSENT).update(state=Notice.State.DROPPED)


def secret_keys() -> list[str]:
    """Return the keys with which this site can read what was encrypted or signed."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def describe_content() -> str:
    """Return what a restored backup would replace, or "" for a new site."""
    try:
        if User._meta.db_table not in connection.introspection.table_names():
            return ""
        counts = [(model.objects.count(), model._meta) for model in (User, Essay, Comment)]
    except DatabaseError as error:
        return f"a database that cannot be read ({' '.join(str(error).split())})"
    return ", ".join(
        f"{count} {meta.verbose_name if count == 1 else meta.verbose_name_plural}" for count, meta in counts if count
    )


def restore_files(backup: Reader) -> int:
    """Store the backup's files, except where there is one with the same name and content."""
    names = backup.names(MEDIA)
    for name in names:
        place = name.removeprefix(f"{MEDIA}/")
        if checksum_of(place) != backup.manifest["files"][name]:
            with backup.open(name) as source:
                default_storage.delete(place)
                default_storage.save(place, File(source))
    return len(names)


def checksum_of(place: str) -> str:
    """Return the checksum of a stored file, empty if there is none."""
    if not default_storage.exists(place):
        return ""
    digest = hashlib.sha256()
    with default_storage.open(place) as file:
        for chunk in file.chunks():
            digest.update(chunk)
    return digest.hexdigest()


def replace_sqlite(backup: Reader, finish: Callable[[], None]) -> None:
    """Fill a new file and move it into the place of the old one."""
    place = Path(str(connection.settings_dict["NAME"])).resolve()
    with scratch.folder(place.parent, ".restored-") as folder:
        file = folder / place.name
        with databases.new_sqlite(file):
            fill(backup)
            update()
            finish()
        with suppress(DatabaseError), connection.cursor() as cursor:  # it may be damaged
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        databases.close()
        with file.open("rb") as written:
            os.fsync(written.fileno())
        for end in ("-wal", "-shm"):
            Path(f"{place}{end}").unlink(missing_ok=True)
        file.replace(place)


def replace_postgres(backup: Reader, finish: Callable[[], None]) -> None:
    """Replace the tables in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        tables = databases.own_tables()
        if tables:
            cursor.execute(f"DROP TABLE {', '.join(map(connection.ops.quote_name, tables))}")
        fill(backup)
        update()
        finish()
