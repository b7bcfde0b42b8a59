"""Makes a backup while the site runs."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model
from django.utils import timezone

from blog.images.media import PRIVATE_FOLDER
from server.http import health
from server.jobs.hosts import key_fingerprint
from transfer import bucket_errors, databases, scratch, targets
from transfer.backup import environment, rows
from transfer.backup.archive import Manifest, Table, Writer, is_backup

ROWS, MEDIA = "rows", "media"


class NotMigrated(Exception):
    """The database is not as this version of the code expects it."""


@dataclass(frozen=True)
class Made:
    """What a new backup holds, and which files its rows name although they are missing."""

    rows: int
    files: int
    bytes: int
    missing: list[str]


@bucket_errors.as_os_errors()
def make(path: Path, *, siblings: str = "", done: Counter[str] | None = None) -> Made:
    """Write a backup to the file. Raises NotMigrated, or an OSError that leaves an older file as it was.

    `siblings` is a pattern for other backups' names, whose unfinished files are removed; `done` counts what is written.
    """
    targets.check_file(path, is_backup, "a backup")
    if health.pending_migrations():
        raise NotMigrated
    scratch.remove_abandoned(Path(settings.DATA_DIR), rf"\.(?:backup|check|restore|restored)-{scratch.RANDOM}")
    models = rows.tables(apps)
    done = Counter() if done is None else done
    with Writer(path, siblings) as writer:
        # Files before the rows that name them, and again after: one may be deleted or uploaded in between.
        files = add_files(writer, set(), done)
        with databases.snapshot() as alias:
            tables = {model._meta.label_lower: add_table(writer, model, alias, done) for model in models}
            applied = sorted(MigrationLoader(connections[alias]).applied_migrations)
            named = set(rows.referenced_files(models, alias)) - {""}
        files |= add_files(writer, files, done)
        manifest = Manifest(
            version=settings.VERSION,
            made=timezone.now().isoformat(),
            database=connection.vendor,
            key=key_fingerprint(),
            settings=environment.plain(os.environ),
            secrets=environment.secrets(os.environ),
            migrations=applied,
            tables=tables,
        )
        writer.finish(manifest)
    return Made(sum(table["rows"] for table in tables.values()), len(files), path.stat().st_size, sorted(named - files))


def add_table(writer: Writer, model: type[Model], alias: str, done: Counter[str]) -> Table:
    """Add the rows of a table to the backup."""
    with writer.member(f"{ROWS}/{model._meta.label_lower}.jsonl") as target:
        count = rows.write(model, rows.columns(model), alias, target)
    done["row(s)"] += count
    return {"rows": count, "last": rows.last_key(model, alias)}


RETRY_PAUSES = (1, 5, 30, None)  # seconds


def add_files(writer: Writer, known: set[str], done: Counter[str]) -> set[str]:
    """Add all media files but those already known, and return their names."""
    added = set()
    for name in media_files():
        if name not in known and add_file(writer, name):
            added.add(name)
            done["file(s)"] += 1
    return added


def add_file(writer: Writer, name: str) -> bool:
    """Add a media file, which is already compressed; return False if it has been deleted since it was listed."""
    for pause in RETRY_PAUSES:
        try:
            source = default_storage.open(name)
            break
        except FileNotFoundError:
            return False
        except ConnectionError:  # a bucket's hiccup must not end a backup of many files
            if pause is None:
                raise
            time.sleep(pause)
    with source, writer.member(f"{MEDIA}/{name}", is_compressed=False) as target:
        shutil.copyfileobj(source, target)
    return True


def media_files(folder: str = "") -> Iterator[str]:
    """Yield the names of all files of the site's storage."""
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            below, files = default_storage.listdir(folder)
        except FileNotFoundError:  # no picture was ever uploaded, or the folder has been deleted since
            continue
        below = [name for name in below if name != "."]  # as S3 lists the key `a//b`
        folders += [each for name in below if (each := str(PurePosixPath(folder, name))) != PRIVATE_FOLDER]
        yield from (str(PurePosixPath(folder, name)) for name in files)
