"""The mails that are owed."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments.models.comment import Comment


class Notice(models.Model):
    """A mail that is owed to somebody, at most once: `ready → claimed → sending → sent`."""

    class Kind(models.TextChoices):
        HELD = "held", _("a comment waits for a decision")
        PUBLISHED = "published", _("a comment appeared under your essay")

    class State(models.TextChoices):
        READY = "ready", _("ready")
        CLAIMED = "claimed", _("claimed")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("no longer owed")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="notices")
    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("recipient"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.READY)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.TextField(_("last error"), blank=True)
    due = models.DateTimeField(_("due"), default=timezone.now)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = (models.UniqueConstraint(fields=["kind", "comment", "recipient"], name="notice_once"),)
        indexes = (models.Index(fields=["state", "due"], name="notice_due"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.recipient}"
