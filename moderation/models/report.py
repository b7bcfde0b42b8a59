"""What readers report, and what writers ask to be looked at again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter
from comments.models import Comment
from moderation.models.decision import Decision


class ReportManager(models.Manager["Report"]):
    def join(self, old: Commenter, new: Commenter) -> None:
        """What one of two reported, who are one person, the other has reported; of the same comment one stays."""
        twice = self.filter(commenter=new.pk).values("comment")
        for report in self.filter(commenter=old.pk, comment__in=twice).select_related("comment"):
            Comment.objects.filter(pk=report.comment_id, reports__gt=0).update(reports=models.F("reports") - 1)
            report.delete()
        self.filter(commenter=old.pk).update(commenter=new)

    def forget(self, commenter: Commenter, *, words_stay: bool, addresses: list[str]) -> None:
        """That something was reported stays; who did, from where and in which words does not."""
        mine = self.filter(commenter=commenter)
        mine.update(network="", words="", commenter=None, state=self.model.State.DISMISSED)


class Report(models.Model):
    """One person's word that a comment should not stand as it does."""

    class Kind(models.TextChoices):
        SPAM = "spam", _("it is spam")
        RUDE = "rude", _("it insults or threatens")
        PRIVATE = "private", _("it tells what is private")
        FALSE = "false", _("it is under somebody else’s name")
        ELSE = "else", _("something else")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        UPHELD = "upheld", _("the comment was removed")
        DISMISSED = "dismissed", _("the comment stays")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reported", verbose_name=_("comment"))
    commenter = models.ForeignKey(
        Commenter, models.CASCADE, null=True, related_name="reports", verbose_name=_("reported by")
    )
    network = models.CharField(_("network"), max_length=43, blank=True, editable=False)
    kind = models.CharField(_("reason"), max_length=8, choices=Kind.choices)
    words = models.TextField(_("in words"), blank=True, max_length=1000)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    decision = models.ForeignKey(
        Decision, models.SET_NULL, null=True, related_name="settled_reports", verbose_name=_("settled by")
    )
    created = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    objects = ReportManager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = (
            models.UniqueConstraint(
                fields=["comment", "commenter"], condition=Q(commenter__isnull=False), name="report_once_a_person"
            ),
            models.UniqueConstraint(
                fields=["comment", "network"], condition=Q(commenter=None, state="open"), name="report_once_a_network"
            ),
        )
        indexes = (models.Index(fields=["comment"], condition=Q(state="open"), name="report_open"),)

    def __str__(self) -> str:
        return f"#{self.comment_id}: {self.get_kind_display()}"


class Appeal(models.Model):
    """What the writer of a refused comment says against it: once, in words."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        GRANTED = "granted", _("granted")
        DENIED = "denied", _("denied")

    comment = models.OneToOneField(Comment, models.CASCADE, related_name="appeal", verbose_name=_("comment"))
    decision = models.ForeignKey(
        Decision, models.SET_NULL, null=True, related_name="appeals", verbose_name=_("against")
    )
    words = models.TextField(_("in words"), max_length=2000)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.TextField(_("answer"), blank=True, max_length=2000)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered = models.DateTimeField(_("answered"), null=True, editable=False)
    created = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")

    def __str__(self) -> str:
        return f"#{self.comment_id}"
