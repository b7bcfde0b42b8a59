"""What an essay's address rests on: the site's day of its first publication, and whether readers may have kept it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from blog.models import Essay, Site


def day_of(moment: datetime) -> date:
    """By the site's calendar, wherever the author is."""
    return timezone.localdate(moment, ZoneInfo(Site.objects.current().time_zone))


def has_been_read(old: Essay) -> bool:
    """Whether it was ever open to readers: it is, or it was before it was withdrawn.

    One that only waits has the day it waits for; what was withdrawn keeps the day of its first publication.
    """
    if old.is_published or old.dated is None:
        return old.is_published
    return old.published is None or old.dated != day_of(old.published)


def set_date(essay: Essay, old: Essay | None) -> None:
    """The day of its address: fixed by its first publication, free until then."""
    if old and old.dated and has_been_read(old):
        essay.dated = old.dated
    elif essay.published is None:
        essay.dated = None
    elif old is None and essay.dated:
        return  # moved here with the day it had
    else:
        essay.dated = day_of(essay.published)
