"""Readers' reports of comments, and authors' appeals against rejections."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter
from comments.models.comment import Comment
from comments.models.decision import REMOVED, Decision
from comments.models.status import Status


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> Self:
        return self.filter(state=Report.State.OPEN)

    def recount(self, comment: Comment) -> None:
        """Update the comment's stored count of open reports. Call under the thread's lock."""
        comment.reports = self.open().filter(comment=comment.pk).count()
        Comment.objects.filter(pk=comment.pk).update(reports=comment.reports)

    def resolve(self, comment: Comment, decision: Decision) -> bool:
        """Close or reopen a locked comment's reports as a decision implies; return whether there were any."""
        if decision.undoes_id:
            touched = self.undo(comment, decision)
        elif comment.reports and (state := report_state_after(decision)):
            touched = self.open().filter(comment=comment).update(state=state, decision=decision)
        else:
            return False
        if touched:
            self.recount(comment)
        return bool(touched)

    def undo(self, comment: Comment, decision: Decision) -> int:
        """Reopen what the undone decision had closed, or close what it had reopened, as an undo can be undone too."""
        reports = self.filter(comment=comment, decision=decision.undoes_id)
        opened = list(reports.open().values_list("pk", flat=True))
        reopened = self.open().filter(comment=comment, commenter=None).exclude(network="").values("network")
        closed = reports.exclude(pk__in=opened).exclude(commenter=None, network__in=reopened)  # one per network
        count = closed.update(state=Report.State.OPEN, decision=decision)
        state = Report.State.UPHELD if decision.after in REMOVED else Report.State.DISMISSED
        return count + self.filter(pk__in=opened).update(state=state, decision=decision)

    def uphold(self, comment: Comment) -> bool:
        """Close the reports of a comment that its author removed; return whether there were any."""
        count = self.open().filter(comment=comment.pk).update(state=Report.State.UPHELD)
        if count:
            self.recount(comment)
        return bool(count)

    def merge(self, old: Commenter, new: Commenter) -> None:
        """Give one person's reports to another, keeping one per comment; Comment.objects.merge() locked the threads."""
        kept = {report.comment_id: report for report in self.filter(commenter=new.pk)}
        for report in self.filter(commenter=old.pk, comment__in=list(kept)).select_related("comment"):
            is_newer = report.state == Report.State.OPEN != kept[report.comment_id].state
            (kept[report.comment_id] if is_newer else report).delete()
            self.recount(report.comment)
        self.filter(commenter=old.pk).update(commenter=new)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Keep the person's reports without name, network and text, and empty the text of their appeals."""
        self.filter(commenter=commenter).update(network="", text="", commenter=None)
        Appeal.objects.filter(comment__commenter=commenter).update(text="")


class Report(models.Model):
    """One person's report of a comment to the moderators."""

    class Kind(models.TextChoices):
        SPAM = "spam", _("spam")
        RUDE = "rude", _("harassment or threats")
        PRIVATE = "private", _("private information")
        FALSE = "false", _("impersonation")
        ELSE = "else", _("something else")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        UPHELD = "upheld", _("comment removed")
        DISMISSED = "dismissed", _("comment kept")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reported", verbose_name=_("comment"))
    commenter = models.ForeignKey(
        Commenter, models.CASCADE, null=True, related_name="reports", verbose_name=_("reported by")
    )
    network = models.CharField(_("IP network"), max_length=43, blank=True, editable=False)
    kind = models.CharField(_("reason"), max_length=8, choices=Kind.choices)
    text = models.TextField(_("explanation"), blank=True, max_length=1000)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    decision = models.ForeignKey(
        Decision, models.SET_NULL, null=True, related_name="resolved_reports", verbose_name=_("decision")
    )  # or reopened by it, if it is an undo
    created = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = (
            models.UniqueConstraint(
                fields=["comment", "commenter"], condition=Q(commenter__isnull=False), name="report_once_a_person"
            ),
            models.UniqueConstraint(
                fields=["comment", "network"],
                condition=Q(commenter=None, state="open") & ~Q(network=""),
                name="report_once_a_network",
            ),
        )
        indexes = (models.Index(fields=["comment"], condition=Q(state="open"), name="report_open"),)

    def __str__(self) -> str:
        return f"#{self.comment_id}: {self.get_kind_display()}"


def report_state_after(decision: Decision) -> "Report.State | None":
    """The state that a decision gives to open reports, or None if they stay open."""
    if decision.after in REMOVED:
        return Report.State.UPHELD
    verbs = {Decision.Verb.APPROVE, Decision.Verb.KEEP}
    return Report.State.DISMISSED if decision.verb in verbs else None


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> Self:
        return self.filter(state=Appeal.State.OPEN)

    def resolve(self, comment: Comment, decision: Decision) -> bool:
        """Answer or reopen a locked comment's appeal as a decision implies; return whether there was one."""
        if decision.undoes_id:
            found = self.filter(comment=comment, resolution=decision.undoes_id).first()
            if found is None:
                return False
            if found.state == Appeal.State.OPEN:  # an undo is undone
                found.answer_by(decision, text=follow_undos(decision).full_message)
            else:
                found.reopen(decision)
            return True
        found = self.open().filter(comment=comment).first()
        if found is None or not answers_appeal(decision):
            return False
        found.answer_by(decision, text=decision.full_message)
        return True


def answers_appeal(decision: Decision) -> bool:
    """Return whether a decision about a comment also decides an open appeal against its removal."""
    if decision.after == Status.APPROVED or decision.verb == Decision.Verb.DENY:
        return True
    return decision.after in REMOVED and decision.before == Status.PENDING  # reviewed again and removed again


def follow_undos(decision: Decision) -> Decision:
    """The decision at the end of a chain of undone undos, which is in force again."""
    while decision.undoes is not None:
        decision = decision.undoes
    return decision


class Appeal(models.Model):
    """The author's one appeal against the rejection of a comment."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        GRANTED = "granted", _("granted")
        DENIED = "denied", _("rejected")

    comment = models.OneToOneField(Comment, models.CASCADE, related_name="appeal", verbose_name=_("comment"))
    decision = models.ForeignKey(
        Decision, models.SET_NULL, null=True, related_name="appeals", verbose_name=_("appealed decision")
    )
    text = models.TextField(_("explanation"), max_length=2000)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.TextField(_("answer"), blank=True, max_length=2000)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered = models.DateTimeField(_("answered"), null=True, editable=False)
    resolution = models.ForeignKey(
        Decision, models.SET_NULL, null=True, related_name="resolved_appeals", verbose_name=_("decision")
    )  # or reopened by it, if it is an undo
    created = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")

    def answer_by(self, decision: Decision, *, text: str) -> None:
        """Grant or reject the appeal, as the decision implies; `text` is the moderator's answer."""
        is_granted = decision.after == Status.APPROVED
        self.state = self.State.GRANTED if is_granted else self.State.DENIED
        self.answer, self.answered_by, self.answered = text, decision.moderator, timezone.now()
        self.save_resolution(decision)

    def reopen(self, decision: Decision) -> None:
        """Reopen the appeal, because its answer was undone by this decision."""
        self.state, self.answer, self.answered_by, self.answered = self.State.OPEN, "", None, None
        self.save_resolution(decision)

    def save_resolution(self, decision: Decision) -> None:
        """Save the new state and the decision that caused it."""
        self.resolution = decision
        self.save(update_fields=["state", "answer", "answered_by", "answered", "resolution"])

    def __str__(self) -> str:
        return f"#{self.comment_id}"
