"""Imports in any format: in short transactions, between which readers can post, and then the pictures."""

import os
import stat
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone, translation

import pagecache
from accounts.models import User
from blog.models import Site
from server import bulk
from server.database import gather_statistics, lift_timeouts
from transfer import databases, pictures, scratch
from transfer.markdown import archive
from transfer.markdown.site import MarkdownExport
from transfer.models import WantedPicture
from transfer.report import Report, Unreadable
from transfer.wordpress import WordPressExport


class Export(Protocol):
    """A valid export of another site."""

    links_quotations: bool
    """Whether comments that begin with a sentence of their essay are put on it. Our own format says it by itself."""

    @property
    def picture_source(self) -> pictures.PictureSource | None:
        """The pictures in it."""

    def import_items(self, report: Report, credited: Mapping[str, User]) -> Iterator[None]:
        """Store all items and count them in the report; yield whenever what is stored so far can be committed.

        Another import of the same file adds the rest to what was committed.
        """


FORMATS: dict[str, Callable[[Path], Export]] = {"wordpress": WordPressExport, "markdown": MarkdownExport}
FOLDERS = frozenset({"markdown"})  # formats that may be a folder
MANY = 1_000  # rows, after which the database's statistics are out of date
MAX_SECONDS = 0.3  # of a transaction, unless one essay or one thread takes longer
PAUSE = 0.01  # seconds in which another process gets SQLite's write lock, for which it asks every 5 ms at least


def import_file(
    kind: str,
    file: Path,
    *,
    folder: Path | None = None,
    credited: Mapping[str, User] | None = None,
    is_dry_run: bool = False,
    links_quotations: bool = False,
    report: Report | None = None,
) -> Report:
    """Import a file or a folder; a dry run keeps only the report. Raises Unreadable.

    An import that is stopped is continued by the next one of the same file. Pass a report to see from another thread
    how far the import is.
    """
    check_readable(file, may_be_folder=kind in FOLDERS)
    report = report or Report(file.name or file.resolve().name)
    site = Site.objects.current()
    with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
        try:
            export = FORMATS[kind](file)
        except OSError as error:
            raise Unreadable(f"{error.filename or file.name} cannot be read: {error.strerror}") from error
        export.links_quotations = links_quotations
        sources = [source for source in (export.picture_source, folder and pictures.UploadsFolder(folder)) if source]
        last = WantedPicture.objects.aggregate(last=Max("pk"))["last"] or 0
        new_pictures = WantedPicture.objects.filter(pk__gt=last)
        steps = export.import_items(report, credited or {})
        if is_dry_run:
            with dry_run():
                for _step in steps:
                    bulk.check_foreign_keys()
                report.counts["picture(s) to import"] += count_pictures(new_pictures)
                report_pictures(report, sources)
        else:
            commit_in_turns(steps, report)
            if report.counts.total() >= MANY:
                gather_statistics()
            report.counts["picture(s) to import"] += count_pictures(new_pictures)
    if not is_dry_run:
        for source in sources:
            report.counts["picture(s) imported"] += pictures.import_from(source)
        pictures.schedule_fetch()
        report_pictures(report, [])
    return report


def check_readable(file: Path, *, may_be_folder: bool = False) -> None:
    """Raise Unreadable, with the reason, unless this user can open the file or folder."""
    try:
        is_folder = stat.S_ISDIR(file.stat().st_mode)
        if is_folder and may_be_folder:
            os.scandir(file).close()
        elif file.is_file():
            file.open("rb").close()
        else:
            raise Unreadable("this is not a file")
    except (FileNotFoundError, NotADirectoryError):
        raise Unreadable("the file does not exist") from None
    except PermissionError:
        raise Unreadable("the site’s user may not read it; copy it to a folder where this user can") from None
    except OSError as error:
        raise Unreadable(str(error.strerror)) from error


@contextmanager
def dry_run() -> Iterator[None]:
    """Discard what the block stores. With SQLite, whose write lock others would wait for, it stores it in a copy.

    In a transaction of the caller, which has that lock, SQLite cannot make a copy, nor would it help.
    """
    with ExitStack() as held:
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            folder = held.enter_context(scratch.folder(Path(settings.DATA_DIR), ".dry-run-"))
            try:
                held.enter_context(databases.copied_sqlite(folder))
            except OSError as error:
                raise Unreadable(f"a dry run needs space for a copy of the database: {error.strerror}") from error
        held.enter_context(transaction.atomic())
        lift_timeouts()
        yield
        transaction.set_rollback(True)


def commit_in_turns(steps: Iterator[None], report: Report) -> None:
    """Take the steps of an import, several in one transaction, and let others write in between."""
    is_done = has_committed = False
    while not is_done:
        try:
            with transaction.atomic():
                lift_timeouts()
                end = time.monotonic() + MAX_SECONDS
                is_done = next(steps, True) is True
                while not is_done and time.monotonic() < end:
                    is_done = next(steps, True) is True
                pagecache.invalidate("site", "comments")
        except Unreadable as error:
            error.is_partly_imported = has_committed
            raise
        has_committed = report.has_changes
        if not is_done:
            let_others_write()


def let_others_write() -> None:
    """Leave SQLite's write lock to another process, which would hardly ever find it free otherwise."""
    if connection.vendor == "sqlite":
        time.sleep(PAUSE)


def detect(file: Path) -> str:
    """Return the format of a file by its content."""
    return "markdown" if zipfile.is_zipfile(file) or archive.is_incomplete(file) else "wordpress"


def report_pictures(report: Report, sources: Sequence[pictures.PictureSource]) -> None:
    """Report what happens to the missing pictures, and which cannot be imported."""
    pending = WantedPicture.objects.exclude(due=None)
    found = 0
    if sources:
        addresses = pending.values_list("address", flat=True).distinct()
        found = sum(any(source.find(each) is not None for source in sources) for each in addresses)
    for number, kind in (
        (found, "picture(s) would be imported"),
        (count_pictures(pending) - found, "picture(s) will be downloaded in the background"),
    ):
        if number:
            report.remark(kind, count=number)
    for picture in WantedPicture.objects.failed():
        report.remark("picture(s) could not be imported", f"{picture.address}: {picture.error}")


def count_pictures(wanted: QuerySet[WantedPicture]) -> int:
    """Count the pictures, each once, even if several essays show it."""
    return wanted.values("address").distinct().count()
