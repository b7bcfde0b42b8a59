"""Exports in any format, written to a temporary file and moved into place when complete."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone, translation

from blog.models import Site
from transfer.markdown import export as markdown
from transfer.report import Report
from transfer.wordpress import export as wordpress

FORMATS: dict[str, Callable[[Path, Report], None]] = {"wordpress": wordpress.write, "markdown": markdown.write}
OMITTED = {
    "wordpress": "Not exported: series, languages, revisions, likes, subscriptions and settings.",
    "markdown": "Not exported: revisions, likes, subscriptions and settings.",
}


@transaction.atomic
def write(kind: str, file: Path) -> Report:
    """Write an export; an OSError leaves an existing file untouched."""
    report = Report(file.name)
    site = Site.objects.current()
    temporary = file.with_name(f".{file.name}.part")
    try:
        with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
            FORMATS[kind](temporary, report)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return report
