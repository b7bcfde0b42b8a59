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
from moderation.decisions.in_words import describe_decision, describe_reports, format_age, isolate, make_excerpt
from moderation.queue import buttons
from moderation.queue.history import CommentHistory

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
    person_history: CommentHistory | None
    decision: Decision | None  # the newest one
    earlier: Sequence[Wording] = ()  # earlier wordings, the newest first
    reports: Sequence[Report] = ()  # open ones
    appeal: Appeal | None = None  # an open one
    seen_wording: Wording | None = None  # the text the moderator saw, if it was edited since
    query: str = ""  # of the queue page to return to
    message: str = ""  # why the requested action was not done
    undoable: int | None = None  # a decision made on this page that kept the row in the list
    shows_contact: bool = True  # whether the moderator may see the email address, username and network

    @property
    def pk(self) -> int:
        return self.comment.pk

    @property
    def name(self) -> str:
        """The commenter's name."""
        return self.comment.commenter.name

    @cached_property
    def parent_link(self) -> SafeString | None:
        """A link to the comment that it replies to: name and excerpt."""
        parent = self.comment.parent
        if parent is None:
            return None
        if parent.status in REMOVED:
            return self.moderators_link(parent, _("a removed comment"))
        said = make_excerpt(self.comment.answered_html or "")  # type: ignore[attr-defined]
        name = format_html("<bdi>{}</bdi>", parent.commenter.name)
        words = format_html(_("{name}, “{words}”"), name=name, words=said) if said else name
        if parent.is_approved and self.comment.essay.is_published:
            return format_html('<a href="{}">{}</a>', parent.get_absolute_url(), words)
        if parent.is_approved:
            return self.moderators_link(parent, words)
        return format_html(_("{comment} (pending)"), comment=self.moderators_link(parent, words))

    @property
    def location(self) -> SafeString:
        """Where the comment was posted: “in reply to Mara, “text” on Essay”."""
        if self.parent_link:
            return format_html(_("in reply to {answered} on {essay}"), answered=self.parent_link, essay=self.essay)
        return format_html(_("on {essay}"), essay=self.essay)

    @property
    def checkbox_label(self) -> str:
        return _("Select the comment by %(name)s") % {"name": self.name}

    def moderators_link(self, comment: Comment, words: str) -> SafeString:
        """Link to the moderators' page of a comment that readers can't see."""
        return format_html('<a href="{}{}">{}</a>', reverse("queue-comment", args=[comment.pk]), self.query, words)

    @cached_property
    def url(self) -> str:
        """The address of the comment's page for moderators."""
        return reverse("queue-comment", args=[self.pk]) + self.query

    @property
    def person_url(self) -> str:
        """The address of the commenter's page for moderators, if they have one."""
        try:
            return reverse("queue-person", args=[self.comment.commenter_id])
        except NoReverseMatch:
            return ""

    @cached_property
    def seen_value(self) -> str:
        """The form value that tells which status and wording the moderator saw."""
        return f"{self.pk} {self.comment.status} {self.comment.wording_id or ''}"

    @property
    def weight(self) -> float:
        """What the queue is sorted by besides age, such as the spam score; 0 without it."""
        return getattr(self.comment, "weight", 0)

    @property
    def excerpt(self) -> str:
        """The first words of the comment."""
        return make_excerpt(self.body)

    @property
    def essay(self) -> SafeString:
        """The essay's title, linked if it is published."""
        essay = self.comment.essay
        shown = "<bdi>{1}</bdi>" if not essay.is_published else '<a href="{0}"><bdi>{1}</bdi></a>'
        return format_html(shown, essay.get_absolute_url() if essay.is_published else "", essay)

    @property
    def body(self) -> SafeString:
        """The comment's HTML."""
        return mark_safe(self.comment.wording.html if self.comment.wording else "")  # noqa: S308 – cleaned when saved

    @property
    def quotation(self) -> str | None:
        """The words of the essay that it quotes; "" if readers may not see them, None if it quotes none."""
        return self.comment.quotation

    @property
    def is_long(self) -> bool:
        """Whether the text is folded at first."""
        said = markup.plain_text(self.body)
        return len(said) > LONG_TEXT or said.count("\n") > MANY_LINES

    @cached_property
    def reasons(self) -> list[str]:
        """Why it was held, unless approved, and what reports and the appeal say."""
        wording = self.comment.wording
        held = wording.reasons if wording and not self.comment.is_approved else []
        found = [why_held.describe(reason) for reason in held]
        if self.reports:
            found.append(describe_reports(self.reports))
        if self.appeal:
            found.append(format_html(_("appeal: “{words}”"), words=isolate(self.appeal.text)))
        return found

    @property
    def history(self) -> str:
        """What became of the commenter's other comments, in one line."""
        return self.person_history.describe_without(self.comment.status) if self.person_history else ""

    @property
    def identity(self) -> str:
        """How the commenter was identified: by which account, or as a guest."""
        user = self.comment.commenter.user
        if self.comment.commenter.mark:
            return _("verified through %(mark)s") % {"mark": self.comment.commenter.mark}
        if user is None:
            return _("guest")
        return _("logs in as %(name)s") % {"name": user.get_username()} if self.shows_contact else _("has an account")

    @property
    def email(self) -> str:
        """The commenter's email address, if the moderator may see it."""
        return self.comment.commenter.email if self.shows_contact else ""

    @property
    def network(self) -> str:
        """The network that the current text was sent from, while stored, if the moderator may see it."""
        return self.comment.wording.network if self.comment.wording and self.shows_contact else ""

    @property
    def ago(self) -> str:
        """How long ago the comment was posted."""
        return format_age(self.comment.created)

    @property
    def edited(self) -> str:
        """How long ago it was edited, if it was."""
        return _("edited %(when)s") % {"when": format_age(self.comment.edited)} if self.comment.edited else ""

    @cached_property
    def status_origin(self) -> str:
        """Who gave the comment its status, and the message to the commenter."""
        if self.comment.status == Status.TRASH and self.comment.removed_by == Comment.Remover.AUTHOR:
            return _("removed by the commenter, %(when)s") % {"when": format_age(self.comment.changed)}
        if self.decision is None:
            return ""
        told = self.decision.message or (self.decision.reason.sentence if self.decision.reason else "")
        said = describe_decision(self.decision)
        if not told:
            return said
        return format_html(_("{decided}; message to the commenter: “{words}”"), decided=said, words=isolate(told))

    @property
    def undoable_label(self) -> str:
        """What was done on this page without removing the comment from the list: edited or replied."""
        is_edit = self.decision and self.decision.pk == self.undoable
        return str(Decision.Verb.EDIT.label if is_edit else Decision.Verb.REPLY.label)

    @property
    def action_buttons(self) -> SafeString:
        """Buttons for the actions that its status allows."""
        names = VERBS[Status(self.comment.status)]
        return buttons.action_buttons(("keep", *names) if self.comment.is_approved and self.reports else names)

    @property
    def form_links(self) -> SafeString:
        """Links to the forms, which the page's script opens inside the row."""
        return buttons.form_links(self.form_names, escape(self.url))

    @property
    def form_names(self) -> tuple[str, ...]:
        """The forms for this comment, of buttons.FORMS."""
        if self.comment.status not in REMOVED:
            return ("edit", "reply", "refuse", "delete")
        return ("edit", "deny", "delete") if self.appeal else ("edit", "delete")

    @property
    def labeled_forms(self) -> Iterator[tuple[str, Any]]:
        """The same forms with their labels."""
        return ((name, buttons.FORMS[name]) for name in self.form_names)
