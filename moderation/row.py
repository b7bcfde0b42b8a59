"""One comment in the queue, as a moderator needs to see it before deciding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from textwrap import shorten
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog import markup
from comments import screening
from comments.models import Comment, Status, Wording
from moderation import buttons
from moderation.actions import REMOVED
from moderation.models import Appeal, Decision, Report

VERBS: dict[str, tuple[str, ...]] = {
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
}
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
    earlier: Sequence[Wording] = ()  # what was changed, the newest first
    reported: Sequence[Report] = ()  # those that nobody has settled
    appeal: Appeal | None = None  # one that nobody has answered
    was: Wording | None = None  # what whoever decided had before them, when it was something else already
    query: str = ""  # of the place in the queue that one comes back to
    told: str = ""  # why what was asked for was not done
    undo: int | None = None  # a decision made here that left it where it is

    @property
    def pk(self) -> int:
        return self.comment.pk

    @property
    def name(self) -> str:
        return self.comment.commenter.name

    @cached_property
    def answered(self) -> SafeString | None:
        """Whom it answers, in their first words, with the way there."""
        parent = self.comment.parent
        if parent is None:
            return None
        if parent.status in REMOVED:
            return self.led(parent, _("a removed comment"))
        said = first_words(self.comment.answered_html or "")  # type: ignore[attr-defined]
        name = format_html("<bdi>{}</bdi>", parent.commenter.name)
        words = format_html(_("{name}, “{words}”"), name=name, words=said) if said else name
        if parent.is_approved:
            return format_html('<a href="{}">{}</a>', parent.get_absolute_url(), words)
        return format_html(_("{comment} (pending)"), comment=self.led(parent, words))

    @property
    def where(self) -> SafeString:
        """“answers Mara, “words” on Essay”."""
        if self.answered:
            return format_html(_("answers {answered} on {essay}"), answered=self.answered, essay=self.essay)
        return format_html(_("on {essay}"), essay=self.essay)

    @property
    def selected(self) -> str:
        """What its box is for."""
        return _("Select the comment by %(name)s") % {"name": self.name}

    def led(self, comment: Comment, words: str) -> SafeString:
        """A way to a comment that readers do not see, in its thread."""
        return format_html('<a href="{}{}">{}</a>', reverse("queue-comment", args=[comment.pk]), self.query, words)

    @cached_property
    def url(self) -> str:
        """Its own page among moderators."""
        return reverse("queue-comment", args=[self.pk]) + self.query

    @property
    def person_url(self) -> str:
        try:
            return reverse("queue-person", args=[self.comment.commenter_id])
        except NoReverseMatch:
            return ""

    @cached_property
    def seen(self) -> str:
        """What a form says of it: as what it was shown, and with which words."""
        return f"{self.pk} {self.comment.status} {self.comment.wording_id or ''}"

    @property
    def weight(self) -> float:
        return getattr(self.comment, "weight", 0)

    @property
    def said(self) -> str:
        return first_words(self.body)

    @property
    def essay(self) -> SafeString:
        """With a way to it, if readers can go there."""
        essay = self.comment.essay
        shown = "<bdi>{1}</bdi>" if not essay.is_published else '<a href="{0}"><bdi>{1}</bdi></a>'
        return format_html(shown, essay.get_absolute_url() if essay.is_published else "", essay)

    @property
    def body(self) -> SafeString:
        return mark_safe(self.comment.wording.html if self.comment.wording else "")  # noqa: S308 – cleaned when saved

    @property
    def is_long(self) -> bool:
        said = markup.plain(self.body)
        return len(said) > LONG or said.count("\n") > MANY_LINES

    @cached_property
    def reasons(self) -> list[str]:
        """Why it is here: what held it, as long as nobody has let it through, and what people say of it."""
        wording = self.comment.wording
        held = wording.reasons if wording and not self.comment.is_approved else []
        found = [screening.in_words(reason) for reason in held]
        if self.reported:
            found.append(reported(self.reported))
        if self.appeal:
            found.append(_("its writer appeals: “%(words)s”") % {"words": self.appeal.words})
        return found

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

    @cached_property
    def how(self) -> str:
        """Who made it what it is."""
        if self.comment.status == Status.TRASH and self.comment.removed_by == Comment.Remover.AUTHOR:
            return _("removed by its author, %(when)s") % {"when": ago(self.comment.changed)}
        if self.decision is None:
            return ""
        told = self.decision.told or (self.decision.reason.sentence if self.decision.reason else "")
        said = how(self.decision)
        return _("%(decided)s; its writer was told “%(words)s”") % {"decided": said, "words": told} if told else said

    @property
    def did(self) -> str:
        """What was done here that left it where it is."""
        is_edit = self.decision and self.decision.pk == self.undo
        return str(Decision.Verb.EDIT.label if is_edit else Decision.Verb.REPLY.label)

    @property
    def verbs(self) -> SafeString:
        """What can be done about it at once."""
        names = VERBS[Status(self.comment.status)]
        return buttons.verbs(("keep", *names) if self.comment.is_approved and self.reported else names)

    @property
    def ways(self) -> SafeString:
        """What asks for more than a button."""
        return buttons.forms(self.forms, escape(self.url))

    @property
    def forms(self) -> tuple[str, ...]:
        if self.comment.status not in REMOVED:
            return ("edit", "reply", "refuse", "delete")
        return ("edit", "deny", "delete") if self.appeal else ("edit", "delete")

    @property
    def titled_forms(self) -> Iterator[tuple[str, Any]]:
        return ((name, buttons.FORMS[name]) for name in self.forms)


def reported(reports: Sequence[Report]) -> str:
    """“reported twice: it is spam, “words””; what several say, once."""
    said: dict[str, None] = {}
    for report in reports:
        kind = str(report.get_kind_display())
        said[_("%(kind)s, “%(words)s”") % {"kind": kind, "words": report.words} if report.words else kind] = None
    count = len(reports)
    times = {1: _("once"), 2: _("twice")}.get(count) or ngettext("%(count)d time", "%(count)d times", count) % {
        "count": count
    }
    return _("reported %(times)s: %(said)s") % {"times": times, "said": "; ".join(said)}


@dataclass(frozen=True)
class Folded:
    """A comment just decided about, as one line that takes it back."""

    decision: Decision
    weight: float = 0
    more: Sequence[int] = ()  # decisions that are taken back with it
    by: str = ""  # who decided it, if it was not whoever reads this

    @property
    def pk(self) -> int:
        return self.decision.number

    @property
    def what(self) -> str:
        return self.by or str(self.decision.get_verb_display())

    @property
    def name(self) -> str:
        return self.decision.comment.commenter.name if self.decision.comment else ""

    @property
    def words(self) -> str:
        wording = self.decision.comment and self.decision.comment.wording
        return first_words(wording.html) if wording else ""

    @property
    def can_be_undone(self) -> bool:
        return not self.by and self.decision.verb != Decision.Verb.DELETE


def how(decision: Decision, you: Any = None) -> str:
    """“approved by Mara, just now”."""
    if decision.rule:
        said = {"status": Status(decision.after).label, "rule": decision.rule, "when": ago(decision.created)}
        return _("%(status)s by the rule “%(rule)s”, %(when)s") % said
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
