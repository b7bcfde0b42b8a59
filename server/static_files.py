"""Static files: whether they are collected and as new as their sources, and how to collect them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def are_collected() -> bool:
    """Return whether collectstatic has run since a source last changed."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return False
    collected = datetime.fromtimestamp(manifest.stat().st_mtime).astimezone()
    return all(changed <= collected for changed in _source_times())


def collect() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


def _source_times() -> Iterator[datetime]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield storage.get_modified_time(name)
