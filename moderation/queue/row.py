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
LONG, MANY_LINES = 1400, 14  # characters and lines, beyond which the rest is folded away


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
            return format_html(_("in reply to {answered} on {essay}"), answered=self.answered, essay=self.essay)
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
        """Who made it what it is."""
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
