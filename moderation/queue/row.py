"""One comment in the queue, as a moderator needs to see it before deciding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from blog import markup
from comments.models import Appeal, Comment, Decision, Report, Status, Wording
from comments.models.decision import REMOVED
from comments.screening import reasons as why_held
from moderation.decisions.in_words import ago, first_words, how, reported
from moderation.queue import buttons
from moderation.queue.history import History

VERBS: dict[str, tuple[str, ...]] = {
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
}
LONG_TEXT, MANY_LINES = 1400, 14  # characters and lines; longer texts are folded


@dataclass(frozen=True)
class Row:
    """One comment in the queue, with everything that its row shows."""

    comment: Comment
    person: History | None
    decision: Decision | None  # the newest one
    earlier: Sequence[Wording] = ()  # earlier wordings, the newest first
    reported: Sequence[Report] = ()  # open ones
    appeal: Appeal | None = None  # an open one
    was: Wording | None = None  # the text the moderator saw, if it was edited since
    query: str = ""  # of the queue page to return to
    told: str = ""  # why the requested action was not done
    undo: int | None = None  # a decision made on this page that kept the row in the list

    @property
    def pk(self) -> int:
        return self.comment.pk

    @property
    def name(self) -> str:
        return self.comment.commenter.name

    @cached_property
    def answered(self) -> SafeString | None:
        """A link to the parent comment: name and excerpt."""
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
        """“in reply to Mara, “text” on Essay”."""
        if self.answered:
            return format_html(_("in reply to {answered} on {essay}"), answered=self.answered, essay=self.essay)
        return format_html(_("on {essay}"), essay=self.essay)

    @property
    def selected(self) -> str:
        return _("Select the comment by %(name)s") % {"name": self.name}

    def led(self, comment: Comment, words: str) -> SafeString:
        """Link to the moderators' page of a comment that readers can't see."""
        return format_html('<a href="{}{}">{}</a>', reverse("queue-comment", args=[comment.pk]), self.query, words)

    @cached_property
    def url(self) -> str:
        """Its page for moderators."""
        return reverse("queue-comment", args=[self.pk]) + self.query

    @property
    def person_url(self) -> str:
        try:
            return reverse("queue-person", args=[self.comment.commenter_id])
        except NoReverseMatch:
            return ""

    @cached_property
    def seen(self) -> str:
        """The form value that tells which status and wording the moderator saw."""
        return f"{self.pk} {self.comment.status} {self.comment.wording_id or ''}"

    @property
    def weight(self) -> float:
        return getattr(self.comment, "weight", 0)

    @property
    def said(self) -> str:
        return first_words(self.body)

    @property
    def essay(self) -> SafeString:
        """The essay's title, linked if it is published."""
        essay = self.comment.essay
        shown = "<bdi>{1}</bdi>" if not essay.is_published else '<a href="{0}"><bdi>{1}</bdi></a>'
        return format_html(shown, essay.get_absolute_url() if essay.is_published else "", essay)

    @property
    def body(self) -> SafeString:
        return mark_safe(self.comment.wording.html if self.comment.wording else "")  # noqa: S308 – cleaned when saved

    @property
    def is_long(self) -> bool:
        said = markup.plain(self.body)
        return len(said) > LONG_TEXT or said.count("\n") > MANY_LINES

    @cached_property
    def reasons(self) -> list[str]:
        """Why it was held, unless approved, and what reports and the appeal say."""
        wording = self.comment.wording
        held = wording.reasons if wording and not self.comment.is_approved else []
        found = [why_held.in_words(reason) for reason in held]
        if self.reported:
            found.append(reported(self.reported))
        if self.appeal:
            found.append(_("appeal: “%(words)s”") % {"words": self.appeal.words})
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
        """Who gave the comment its status, and the message to the commenter."""
        if self.comment.status == Status.TRASH and self.comment.removed_by == Comment.Remover.AUTHOR:
            return _("removed by its author, %(when)s") % {"when": ago(self.comment.changed)}
        if self.decision is None:
            return ""
        told = self.decision.told or (self.decision.reason.sentence if self.decision.reason else "")
        said = how(self.decision)
        return (
            _("%(decided)s; message to the commenter: “%(words)s”") % {"decided": said, "words": told} if told else said
        )

    @property
    def did(self) -> str:
        """What was done here without removing it from the list."""
        is_edit = self.decision and self.decision.pk == self.undo
        return str(Decision.Verb.EDIT.label if is_edit else Decision.Verb.REPLY.label)

    @property
    def verbs(self) -> SafeString:
        names = VERBS[Status(self.comment.status)]
        return buttons.verbs(("keep", *names) if self.comment.is_approved and self.reported else names)

    @property
    def ways(self) -> SafeString:
        return buttons.forms(self.forms, escape(self.url))

    @property
    def forms(self) -> tuple[str, ...]:
        if self.comment.status not in REMOVED:
            return ("edit", "reply", "refuse", "delete")
        return ("edit", "deny", "delete") if self.appeal else ("edit", "delete")

    @property
    def titled_forms(self) -> Iterator[tuple[str, Any]]:
        return ((name, buttons.FORMS[name]) for name in self.forms)
