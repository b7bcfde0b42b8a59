"""Periodic job that makes backups."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from server.jobs.tasks import every, job
from transfer.backup import places

EARLY = timedelta(minutes=30)  # so that a daily backup, of which a job an hour thinks, stays at its hour


@every(hours=1)
@job()
def back_up() -> str:
    """Make a backup if the owner chose a place and the newest one there is old, and delete those no longer kept."""
    place = places.configured()
    if place is None:
        return ""
    newest = max(places.times(place).values(), default=None)
    if newest and timezone.now() - newest < timedelta(hours=settings.BACKUP_HOURS) - EARLY:
        return ""
    name, _made = places.add(place)
    places.thin(place, settings.BACKUP_KEEP)
    return name
