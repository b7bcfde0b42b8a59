"""Dates of texts in lists, in words."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _


def edited(at: datetime) -> str:
    """Say when a text was changed: how long ago within a day, else on which day."""
    age = timezone.now() - at
    if age < timedelta(minutes=1):
        return _("edited just now")
    if age < timedelta(days=1):
        return _("edited %(time)s ago") % {"time": timesince(at, depth=1)}
    return _("edited %(day)s") % {"day": day_name(at)}


def day_name(at: datetime) -> str:
    """Return the day of a time, without the year if it is this year."""
    local = timezone.localtime(at)
    is_this_year = local.year == timezone.localdate().year
    return formats.date_format(local, "MONTH_DAY_FORMAT" if is_this_year else "DATE_FORMAT")
