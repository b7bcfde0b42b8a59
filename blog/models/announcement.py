"""Emails about an essay to those who subscribe to new essays."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models.essay import Essay

DELAY = timedelta(minutes=5)  # between publishing and the emails: time to undo it


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def pending(self) -> Self:
        return self.filter(sent=None)

    def due(self, now: datetime | None = None) -> Self:
        """Return pending announcements whose time has come, first come first."""
        return self.pending().filter(due__lte=now or timezone.now()).order_by("due", "pk")

    def cancel(self, essay: Essay) -> None:
        """Send no emails about an essay, unless they are sent already. The caller has locked the essay."""
        self.pending().filter(essay=essay).delete()

    def schedule(self, essay: Essay, due: datetime) -> None:
        """Send emails about an essay at this time instead of any that are pending. The caller has locked the essay."""
        is_repeat = self.filter(essay=essay, sent__isnull=False).exists()
        self.update_or_create(essay=essay, sent=None, defaults={"due": due, "is_repeat": is_repeat})


class Announcement(models.Model):
    """One round of emails about an essay. The job that sends them looks for rows that are due."""

    essay = models.ForeignKey(Essay, models.CASCADE, related_name="announcements", verbose_name=_("essay"))
    due = models.DateTimeField(_("due"))
    sent = models.DateTimeField(_("sent"), null=True)  # when its emails were put into the outbox
    is_repeat = models.BooleanField(_("again"), default=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints = (
            models.UniqueConstraint(fields=["essay"], condition=Q(sent=None), name="announcement_pending_once"),
        )
        indexes = (models.Index(fields=["due"], condition=Q(sent=None), name="announcement_due"),)

    def __str__(self) -> str:
        return f"{self.essay_id}/{self.pk}"
