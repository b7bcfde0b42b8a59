"""The doctor's check of the search index."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from search.rebuilding import count_differences
from server.doctor.finding import Finding, register_check, warning


@register_check
def check_search_index() -> Iterator[Finding]:
    """Yield how many essays and comments the index lacks, or still has although readers can no longer see them."""
    missing, extra = count_differences()
    remedy = _("Run: manage.py search rebuild")
    if missing:
        message = ngettext(
            "%(count)d essay or comment is missing from the search index.",
            "%(count)d essays or comments are missing from the search index.",
            missing,
        )
        yield warning(_("Search"), message % {"count": missing}, remedy)
    if extra:
        message = ngettext(
            "The search index has %(count)d essay or comment that readers can no longer see.",
            "The search index has %(count)d essays or comments that readers can no longer see.",
            extra,
        )
        yield warning(_("Search"), message % {"count": extra}, remedy)
