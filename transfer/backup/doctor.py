"""The doctor's check of backups: whether there are any, and how old the newest one is."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from server.doctor.finding import Finding, error, register_check, warning
from transfer.backup import places


@register_check
def check_backups() -> Iterator[Finding]:
    """Yield what is wrong with the site's backups."""
    place = places.configured()
    if place is None:
        if not settings.DEBUG:
            yield warning(
                _("Backups"),
                _("Automatic backups are off."),
                _("Set BACKUP_FOLDER to a folder on another disk, or set BACKUP_BUCKET."),
            )
        return
    try:
        places.check_folder()
        newest = max(places.times(place).values(), default=None)
    except places.NoFolder as missing:
        yield error(_("Backups"), missing.problem, missing.remedy)
        return
    except Exception as failure:
        yield error(
            _("Backups"),
            _("The site cannot read %(place)s: %(error)s.")
            % {"place": places.describe(), "error": str(failure).rstrip(".")},
            _("Check BACKUP_FOLDER or BACKUP_BUCKET."),
        )
        return
    if newest is None:
        yield error(
            _("Backups"), _("There is no backup in %(place)s yet.") % {"place": places.describe()}, _how_to_find_out()
        )
    elif (age := timezone.now() - newest) > timedelta(hours=settings.BACKUP_WARN_HOURS):
        hours = int(age.total_seconds() // 3600)
        message = ngettext(
            "The newest backup in %(place)s is %(count)d hour old.",
            "The newest backup in %(place)s is %(count)d hours old.",
            hours,
        )
        yield error(_("Backups"), message % {"place": places.describe(), "count": hours}, _how_to_find_out())


def _how_to_find_out() -> str:
    return _("See the failed jobs in the admin under Task Results, or run: manage.py backup")
