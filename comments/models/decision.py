"""Log of moderators' and rules' decisions; rows are only ever added."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Essay
from comments.models.comment import Comment
from comments.models.reason import Reason
from comments.models.rule import Rule
from comments.models.status import Status
from comments.models.wording import Wording

REMOVED = frozenset({Status.SPAM, Status.TRASH})


def in_force(newest_first: Iterable["Decision"]) -> Iterator["Decision"]:
    """One comment's decisions without undone ones. Only the newest can be undone, so an undo is next to its target."""
    rest = iter(newest_first)
    for decision in rest:
        if decision.verb == Decision.Verb.UNDO:
            next(rest, None)
        else:
            yield decision


class DecisionQuerySet(models.QuerySet["Decision"]):
    def in_force(self, comment: Comment) -> Iterator["Decision"]:
        """A comment's decisions, newest first, without undone ones and their undos."""
        return in_force(self.filter(comment=comment).order_by("-pk"))

    def latest_in_force(self, comments: Collection[int], *, is_rejection: bool = False) -> Iterator["Decision"]:
        """The newest decision in force about each comment; if `is_rejection`, the newest that removed it."""
        rows = self.filter(comment__in=comments).order_by("comment_number", "-pk")
        for _comment, of_one in groupby(rows, attrgetter("comment_number")):
            wanted = (decision for decision in in_force(of_one) if decision.is_rejection() or not is_rejection)
            yield from islice(wanted, 1)

    def latest_for(self, comments: Iterable[int]) -> Self:
        """The newest decision about each of these comments."""
        of_each = self.filter(comment__in=comments).order_by().values("comment").annotate(newest=models.Max("pk"))
        return self.filter(pk__in=of_each.values("newest"))


class Decision(models.Model):
    """An action of a moderator or rule on one comment, with its status before and after; or one on a person's data.

    For a person's data, `commenter_key` is the commenter's primary key. A decision outlives its comment:
    `comment_number` remains when the comment is deleted for good.
    """

    class Verb(models.TextChoices):
        APPROVE = "approve", _("approved")
        UNAPPROVE = "unapprove", _("unapproved")
        SPAM = "spam", _("marked as spam")
        TRASH = "trash", _("moved to the trash")
        RESTORE = "restore", _("restored")
        KEEP = "keep", _("kept")
        DENY = "deny", _("appeal rejected")
        EDIT = "edit", _("edited")
        REPLY = "reply", _("replied")
        DELETE = "delete", _("deleted for good")
        RULE = "rule", _("decided by a rule")
        UNDO = "undo", _("undone")
        EXPORT = "export", _("person’s data exported")
        FORGET = "forget", _("person’s data deleted")

    comment = models.ForeignKey(
        Comment, models.SET_NULL, null=True, related_name="decisions", verbose_name=_("comment")
    )
    comment_number = models.PositiveBigIntegerField(_("comment"), default=0, editable=False)
    commenter_key = models.PositiveBigIntegerField(_("commenter"), default=0, editable=False)  # of a person's data
    essay = models.ForeignKey(Essay, models.SET_NULL, null=True, related_name="decisions", verbose_name=_("essay"))
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="decisions", verbose_name=_("moderator")
    )
    verb = models.CharField(_("action"), max_length=9, choices=Verb.choices)
    note = models.TextField(_("note"), blank=True, help_text=_("Visible to moderators only."))
    reason = models.ForeignKey(
        Reason, models.SET_NULL, null=True, related_name="decisions", verbose_name=_("reason given")
    )
    message = models.TextField(_("message to the commenter"), blank=True)
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, related_name="decisions", verbose_name=_("rule"))
    before = models.CharField(_("status before"), max_length=8, blank=True)
    after = models.CharField(_("status after"), max_length=8, blank=True)
    removed_by = models.CharField(
        _("previously removed by"), max_length=9, choices=Comment.Remover.choices, blank=True, editable=False
    )
    wording = models.ForeignKey(
        Wording, models.SET_NULL, null=True, related_name="+", verbose_name=_("previous version"), editable=False
    )
    edited = models.DateTimeField(_("previous edit"), null=True, editable=False)
    batch = models.ForeignKey(
        "Batch", models.SET_NULL, null=True, db_index=False, related_name="decisions", verbose_name=_("batch")
    )  # its index is decision_in_batch
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, related_name="undone_by", verbose_name=_("undone decision")
    )
    created = models.DateTimeField(_("time"), default=timezone.now, editable=False, db_index=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=["verb", "moderator", "created"], name="decision_by"),
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="decision_in_batch"),
        )

    def record_change(self, comment: Comment, after: str) -> None:
        """Record the comment's state before the decision and its new status."""
        self.comment, self.comment_number, self.essay = comment, comment.pk, comment.essay
        self.before, self.removed_by, self.after = comment.status, comment.removed_by, after

    @property
    def full_message(self) -> str:
        """The message to the comment's author: the owner's for the reason, then the moderator's."""
        return " ".join(filter(None, (self.reason.sentence if self.reason else "", self.message)))

    def is_rejection(self) -> bool:
        """Return whether a moderator or a rule removed the comment by this decision."""
        return self.after in REMOVED and self.verb in {self.Verb.SPAM, self.Verb.TRASH, self.Verb.RULE}

    def __str__(self) -> str:
        return f"{self.moderator or self.rule or '–'}: {self.get_verb_display()} #{self.comment_number}"


class Batch(models.Model):
    """Many decisions made in one batch by a job, which can be undone in one batch."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")

    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="batches", verbose_name=_("moderator")
    )
    verb = models.CharField(_("action"), max_length=9, choices=Decision.Verb.choices)
    note = models.TextField(_("note"), blank=True)
    requested = models.JSONField(_("requested comments"), default=dict, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField(_("comments"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    missed = models.PositiveIntegerField(_("already moderated"), default=0)
    undone = models.PositiveIntegerField(_("undone"), default=0)
    created = models.DateTimeField(_("started"), default=timezone.now, editable=False)
    ended = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        verbose_name = _("batch of decisions")
        verbose_name_plural = _("batches of decisions")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.done} / {self.total}"
