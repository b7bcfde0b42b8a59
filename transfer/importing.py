"""One import, whatever its format: one transaction a file, then its pictures."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone, translation

import pagecache
from accounts.models import User
from blog.models import Site
from transfer import pictures
from transfer.models import WantedPicture
from transfer.report import Report, Unreadable
from transfer.wordpress import WordPress


class Export(Protocol):
    """A file of another site, found to be sound."""

    def write(self, report: Report, credited: Mapping[str, User]) -> None: ...


FORMATS: dict[str, Callable[[Path], Export]] = {"wordpress": WordPress}


def bring(
    kind: str,
    file: Path,
    *,
    folder: Path | None = None,
    credited: Mapping[str, User] | None = None,
    is_trial: bool = False,
) -> Report:
    """Put a file's content here, all of it or nothing; of a trial the report alone stays. Raises Unreadable."""
    if not file.is_file():
        raise Unreadable("the file does not exist" if not file.exists() else "this is not a file")
    uploads = pictures.Folder(folder) if folder else None
    report = Report(file.name)
    site = Site.objects.current()
    with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
        export = FORMATS[kind](file)
        last = WantedPicture.objects.aggregate(last=Max("pk"))["last"] or 0
        with transaction.atomic():
            wait_for_it()
            export.write(report, credited or {})
            report.made["picture(s) to import"] += addresses(WantedPicture.objects.filter(pk__gt=last))
            if report.has_changes:
                pagecache.bump("site", "comments")
            if is_trial:
                tell_of_pictures(report, uploads)
                transaction.set_rollback(True)
    if not is_trial:
        if uploads:
            report.made["picture(s) imported from the folder"] += pictures.read_folder(uploads)
        pictures.fetch_later()
        tell_of_pictures(report, None)
    return report


def wait_for_it() -> None:
    """A long transaction is what was asked for here: PostgreSQL's bounds are wider for it, and for it alone."""
    if connection.vendor == "postgresql":
        bounds = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": "60s"}
        with connection.cursor() as cursor:
            cursor.execute(";".join(f"SET LOCAL {name} = '{value}'" for name, value in bounds.items()))


def tell_of_pictures(report: Report, uploads: pictures.Folder | None) -> None:
    """What becomes of those that are not here yet, and which of them will not come."""
    waiting = WantedPicture.objects.exclude(due=None)
    found = 0
    if uploads:
        found = sum(
            uploads.find(address) is not None for address in waiting.values_list("address", flat=True).distinct()
        )
    for number, what in (
        (found, "picture(s) would be imported from the folder"),
        (addresses(waiting) - found, "picture(s) will be downloaded in the background"),
    ):
        if number:
            report.remark(what, count=number)
    for one in WantedPicture.objects.given_up():
        report.remark("picture(s) could not be imported", f"{one.address}: {one.error}")


def addresses(wanted: QuerySet[WantedPicture]) -> int:
    return wanted.values("address").distinct().count()
