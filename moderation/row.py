"""One comment in the queue, as a moderator needs to see it before deciding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blog import markup
from comments import screening
from comments.models import Comment, Status, Wording
from moderation.actions import REMOVED
from moderation.models import Decision

VERBS = {
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
}
LABELS = {
    "approve": gettext_lazy("Approve"),
    "unapprove": gettext_lazy("Unapprove"),
    "spam": gettext_lazy("Spam"),
    "trash": gettext_lazy("Trash"),
    "restore": gettext_lazy("Restore"),
}
KEYS = {"approve": "a", "unapprove": "u", "spam": "s", "trash": "d"}
LONG, MANY_LINES = 1400, 14  # characters and lines, beyond which the rest is folded away
OLD = timedelta(days=30)


@dataclass(frozen=True)
class History:
    """What became of all that a person said."""

    approved: int
    refused: int
    since: datetime

    def beside(self, status: str) -> str:
        """In words, a comment that stands like this one left out."""
        approved = max(0, self.approved - (status == Status.APPROVED))
        refused = max(0, self.refused - (status in REMOVED))
        if not approved and not refused:
            return _("No history here")
        parts = [
            ngettext("%(count)d approved", "%(count)d approved", approved) % {"count": approved} if approved else "",
            ngettext("%(count)d refused", "%(count)d refused", refused) % {"count": refused} if refused else "",
            _("none approved") if not approved else "",
            _("since %(date)s") % {"date": day(self.since)},
        ]
        return ", ".join(filter(None, parts))


@dataclass(frozen=True)
class Row:
    """A comment that can be decided about."""

    comment: Comment
    person: History | None
    decision: Decision | None  # the newest about it
    earlier: Sequence[Wording] = ()  # what its writer changed, the newest first

    @property
    def pk(self) -> int:
        return self.comment.pk

    @property
    def name(self) -> str:
        return self.comment.commenter.name

    @property
    def answered(self) -> SafeString | None:
        """Whom it answers, in their first words, with the way there."""
        parent = self.comment.parent
        if parent is None:
            return None
        if parent.status in REMOVED:
            return self.linked(_("a removed comment"), "#comments")
        said = first_words(self.comment.answered_html or "")  # type: ignore[attr-defined]
        name = format_html("<bdi>{}</bdi>", parent.commenter.name)
        words = format_html(_("{name}, “{words}”"), name=name, words=said) if said else name
        if parent.is_approved:
            return format_html('<a href="{}">{}</a>', parent.get_absolute_url(), words)
        return format_html(_("{comment} (pending)"), comment=self.linked(words, "#comments"))

    @property
    def essay(self) -> SafeString:
        return self.linked(format_html("<bdi>{}</bdi>", self.comment.essay))

    def linked(self, words: str, place: str = "") -> SafeString:
        """A way to the essay, if readers can go there."""
        essay = self.comment.essay
        if not essay.is_published:
            return format_html("{}", words)
        return format_html('<a href="{}{}">{}</a>', essay.get_absolute_url(), place, words)

    @property
    def body(self) -> SafeString:
        return mark_safe(self.comment.wording.html if self.comment.wording else "")  # noqa: S308 – cleaned when saved

    @property
    def is_long(self) -> bool:
        said = markup.plain(self.body)
        return len(said) > LONG or said.count("\n") > MANY_LINES

    @property
    def reasons(self) -> list[str]:
        """Why it is here, as long as nobody has let it through."""
        wording = self.comment.wording
        if wording is None or self.comment.is_approved:
            return []
        return [screening.in_words(reason) for reason in wording.reasons]

    @property
    def history(self) -> str:
        return self.person.beside(self.comment.status) if self.person else ""

    @property
    def identity(self) -> str:
        user = self.comment.commenter.user
        if self.comment.commenter.mark:
            return _("verified by %(mark)s") % {"mark": self.comment.commenter.mark}
        return _("logs in as %(name)s") % {"name": user.get_username()} if user else _("guest")

    @property
    def network(self) -> str:
        return self.comment.wording.network if self.comment.wording else ""

    @property
    def ago(self) -> str:
        return ago(self.comment.created)

    @property
    def edited(self) -> str:
        return _("edited %(when)s") % {"when": ago(self.comment.edited)} if self.comment.edited else ""

    @property
    def how(self) -> str:
        """Who made it what it is."""
        if self.comment.status == Status.TRASH and self.comment.removed_by == Comment.Remover.AUTHOR:
            return _("removed by its author, %(when)s") % {"when": ago(self.comment.changed)}
        return how(self.decision) if self.decision else ""

    @property
    def verbs(self) -> Iterator[tuple[str, Any, str]]:
        """What can be done about it: the action, its label, its key."""
        return ((verb, LABELS[verb], KEYS.get(verb, "")) for verb in VERBS[Status(self.comment.status)])


@dataclass(frozen=True)
class Folded:
    """A comment just decided about, as one line that takes it back."""

    decision: Decision

    @property
    def pk(self) -> int:
        return self.decision.number

    @property
    def words(self) -> str:
        wording = self.decision.comment and self.decision.comment.wording
        return first_words(wording.html) if wording else ""


def how(decision: Decision, you: Any = None) -> str:
    """“approved by Mara, just now”."""
    if decision.moderator is None:
        who = _("a moderator")
    else:
        who = _("you") if decision.moderator == you else str(decision.moderator)
    return _("%(verb)s by %(name)s, %(when)s") % {
        "verb": decision.get_verb_display(),
        "name": who,
        "when": ago(decision.created),
    }


def first_words(html: str, most: int = 60) -> str:
    """A line of what was said; the HTML may have been cut off anywhere."""
    if html.rfind("<") > html.rfind(">"):
        html = html[: html.rfind("<")]
    said = " ".join(markup.plain(html).split())
    short = shorten(said, most, placeholder="…")
    return short if short != "…" else f"{said[: most - 1]}…"


def ago(moment: datetime) -> str:
    age = timezone.now() - moment
    if age < timedelta(minutes=1):
        return _("just now")
    if age > OLD:
        return date_format(timezone.localtime(moment), "DATE_FORMAT")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}


def day(moment: datetime) -> str:
    """A day as exact as its distance asks for."""
    date, today = timezone.localdate(moment), timezone.localdate()
    if date == today:
        return _("today")
    if date == today - timedelta(days=1):
        return _("yesterday")
    return date_format(date, "MONTH_DAY_FORMAT") if date.year == today.year else str(date.year)
