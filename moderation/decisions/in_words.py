"""Short texts about a comment: who decided, what was reported, an excerpt, its age."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blog import markup
from comments.models import Decision, Report, Status

OLD = timedelta(days=30)
REASON_LABELS = {  # why a comment was held, by the code of the check
    "spam": gettext_lazy("spam filter"),
    "akismet": gettext_lazy("Akismet"),
    "links": gettext_lazy("links"),
    "word": gettext_lazy("contains a listed word"),
    "rule": gettext_lazy("moderation rule"),
    "kept": gettext_lazy("always held"),
    "trap": gettext_lazy("hidden field filled in"),
    "quick": gettext_lazy("sent too fast"),
    "first": gettext_lazy("first comment"),
    "name": gettext_lazy("impersonation"),
    "office": gettext_lazy("reserved name"),
    "site": gettext_lazy("the site’s name"),
    "mixed": gettext_lazy("mixed alphabets in the name"),
    "origin": gettext_lazy("no referring page"),
    "everything": gettext_lazy("every comment is held"),
    "imported": gettext_lazy("pending when imported"),
}


def isolate(text: str) -> SafeString:
    """Return a text of a person as HTML; its direction doesn't change the order of what is around it."""
    return format_html("<bdi>{}</bdi>", text)


def describe_reports(reports: Sequence[Report]) -> SafeString:
    """Return “reported twice: it is spam, “text””; equal reports are listed once."""
    said: dict[str, None] = {}
    for report in reports:
        kind = str(report.get_kind_display())
        words = isolate(report.text)
        said[format_html(_("{kind}, “{words}”"), kind=kind, words=words) if report.text else kind] = None
    count = len(reports)
    often = ngettext("%(count)d time", "%(count)d times", count) % {"count": count}
    times = {1: _("once"), 2: _("twice")}.get(count, often)
    listed = format_html_join("; ", "{}", ((each,) for each in said))
    return format_html(_("reported {times}: {said}"), times=times, said=listed)


def describe_decision(decision: Decision, you: Any = None) -> str:
    """Return “approved by Mara, just now”; `you` is the user who reads it."""
    if decision.rule:
        said = {"status": Status(decision.after).label, "rule": decision.rule, "when": format_age(decision.created)}
        return _("%(status)s because of the rule “%(rule)s”, %(when)s") % said
    if decision.moderator is None:
        who = _("a moderator")
    else:
        who = _("you") if decision.moderator == you else str(decision.moderator)
    said = {"verb": decision.get_verb_display(), "name": who, "when": format_age(decision.created)}
    return _("%(verb)s by %(name)s, %(when)s") % said


def make_excerpt(html: str, most: int = 60) -> str:
    """Return a comment's first words as plain text of at most `most` characters; the HTML may be cut off anywhere."""
    if html.rfind("<") > html.rfind(">"):
        html = html[: html.rfind("<")]
    said = " ".join(markup.plain_text(html).split())
    short = shorten(said, most, placeholder="…")
    return short if short != "…" else f"{said[: most - 1]}…"


def format_age(moment: datetime) -> str:
    """Return “just now”, “2 hours ago”, or the date of a time more than 30 days ago."""
    age = timezone.now() - moment
    if age < timedelta(minutes=1):
        return _("just now")
    if age > OLD:
        return date_format(timezone.localtime(moment), "DATE_FORMAT")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}


def format_day(moment: datetime) -> str:
    """Return “today”, “yesterday”, a date of this year without the year, or only an earlier year."""
    date, today = timezone.localdate(moment), timezone.localdate()
    if date == today:
        return _("today")
    if date == today - timedelta(days=1):
        return _("yesterday")
    return date_format(date, "MONTH_DAY_FORMAT") if date.year == today.year else str(date.year)
