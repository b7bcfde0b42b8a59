"""Who decided what about whom: the log is only ever added to."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, islice
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import Comment


def standing(newest_first: Iterable["Decision"]) -> Iterator["Decision"]:
    """Of one comment's decisions those that hold: only the newest can be undone, so what was stands just before."""
    rest = iter(newest_first)
    for decision in rest:
        if decision.verb == Decision.Verb.UNDO:
            next(rest, None)
        else:
            yield decision


def by_comment(decision: "Decision") -> int:
    return decision.comment_id


class DecisionQuerySet(models.QuerySet["Decision"]):
    def in_force(self, comment: Comment) -> Iterator["Decision"]:
        """A comment's decisions, newest first, without those that were undone and what undid them."""
        return standing(self.filter(comment=comment).order_by("-pk"))

    def in_force_on(self, comments: Collection[int]) -> Iterator["Decision"]:
        """Of each of these comments the newest decision in force, if any is."""
        for _comment, of_one in groupby(self.filter(comment__in=comments).order_by("comment", "-pk"), by_comment):
            yield from islice(standing(of_one), 1)

    def latest_of(self, comments: Iterable[int]) -> Self:
        """The newest decision about each of these comments."""
        of_each = self.filter(comment__in=comments).order_by().values("comment").annotate(newest=models.Max("pk"))
        return self.filter(pk__in=of_each.values("newest"))


class Decision(models.Model):
    """One verb, by one moderator, about one comment, with what was before and after."""

    class Verb(models.TextChoices):
        APPROVE = "approve", _("approved")
        UNAPPROVE = "unapprove", _("unapproved")
        SPAM = "spam", _("marked as spam")
        TRASH = "trash", _("moved to the trash")
        RESTORE = "restore", _("restored")
        UNDO = "undo", _("undone")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="decisions", verbose_name=_("comment"))
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="decisions", verbose_name=_("moderator")
    )
    verb = models.CharField(_("what"), max_length=9, choices=Verb.choices)
    why = models.TextField(_("why"), blank=True)
    before = models.CharField(_("before"), max_length=8)
    after = models.CharField(_("after"), max_length=8)
    removed_by = models.CharField(
        _("removed by, before"), max_length=9, choices=Comment.Remover.choices, blank=True, editable=False
    )
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, related_name="undone_by", verbose_name=_("undoes")
    )
    created = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.moderator}: {self.get_verb_display()} #{self.comment_id}"
