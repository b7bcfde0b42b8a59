"""The date in an essay's address: the day of its first publication in the site's time zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from blog.models import Essay, Site


def site_date(moment: datetime) -> date:
    """Return the date of a moment in the site's time zone, not the author's."""
    return timezone.localdate(moment, ZoneInfo(Site.objects.current().time_zone))


def has_been_public(old: Essay) -> bool:
    """Return whether readers could ever open the stored essay: now, or before it was unpublished.

    A scheduled essay has the date it is scheduled for; an unpublished one keeps the date of its first publication.
    """
    if old.is_published or old.dated is None:
        return old.is_published
    return old.published is None or old.dated != site_date(old.published)


def set_address_date(essay: Essay, old: Essay | None) -> None:
    """Set the date in an essay's URL, which the first publication fixes; `old` is the essay as stored before."""
    if old and old.dated and has_been_public(old):
        essay.dated = old.dated
    elif essay.published is None:
        essay.dated = None
    elif old is None and essay.dated:
        return  # imported with its date
    else:
        essay.dated = site_date(essay.published)
