"""Exports in any format, all of it or nothing: to a file, or for a static copy into an empty folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone, translation

from blog.models import Site
from transfer import static_copy, targets
from transfer.markdown import export as markdown
from transfer.report import Report
from transfer.wordpress import export as wordpress

FORMATS: dict[str, Callable[[Path, Report], None]] = {"wordpress": wordpress.write, "markdown": markdown.write}
IS_OWN: dict[str, Callable[[Path], bool]] = {"wordpress": wordpress.is_own, "markdown": markdown.is_own}
SUFFIXES = {"wordpress": "xml", "markdown": "zip"}
FOLDER_FORMATS: dict[str, Callable[[Path, Report], None]] = {"static": static_copy.write}
OMITTED = {
    "wordpress": "Not exported: series, languages, revisions, likes, subscriptions and settings.",
    "markdown": "Not exported: author profiles, revisions, likes, subscriptions and settings.",
    "static": "Not exported: drafts, hidden comments, search, forms and everything else that needs the site.",
}


@contextmanager
def reading() -> Iterator[None]:
    """Read in one transaction, which on SQLite does not keep others from writing."""
    connection.ensure_connection()  # which sets its mode
    sqlite: Any = connection if connection.vendor == "sqlite" else None
    mode = sqlite and sqlite.transaction_mode
    try:
        if sqlite:
            sqlite.transaction_mode = "DEFERRED"
        with transaction.atomic():
            yield
    finally:
        if sqlite:
            sqlite.transaction_mode = mode


def write(kind: str, file: Path, report: Report | None = None) -> Report:
    """Write an export, mode 0600, as it contains email addresses; an OSError leaves an existing file untouched.

    Pass a report to see from another thread how far the export is.
    """
    targets.check_file(file, IS_OWN[kind], "an earlier export in this format")
    report = report or Report(file.name)
    site = Site.objects.current()
    temporary = file.with_name(f".{file.name}.part")
    try:
        temporary.unlink(missing_ok=True)
        temporary.touch(0o600, exist_ok=False)
        with reading(), translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
            FORMATS[kind](temporary, report)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return report


def write_folder(kind: str, folder: Path) -> Report:
    """Write an export into a folder, which is created or empty; after an error it is empty again. Raises OSError."""
    report = Report(folder.name)
    targets.check_folder(folder)
    folder.mkdir(exist_ok=True)
    try:
        FOLDER_FORMATS[kind](folder, report)
    except BaseException:
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        raise
    return report
