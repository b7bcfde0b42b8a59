"""What came from elsewhere, by the name it had there: importing the same again finds it, and adds only what is new."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Essay
from comments.models import Comment


class ImportedAuthor(models.Model):
    """The log-in that stands for somebody who wrote elsewhere."""

    source = models.CharField(max_length=500, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return self.source


class ImportedEssay(models.Model):
    """A post that was imported: what its last export said of it. Others may have had its number there."""

    source = models.CharField(max_length=500, db_index=True)
    essay = models.ForeignKey(Essay, models.CASCADE, related_name="+")
    slug = models.CharField(max_length=200)
    title = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.source


class ImportedComment(models.Model):
    """A comment that was brought here once. It stays known when the comment is deleted, so that it stays away."""

    source = models.CharField(max_length=500, unique=True)
    essay = models.ForeignKey(Essay, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.SET_NULL, null=True, related_name="imported")

    def __str__(self) -> str:
        return self.source


class WantedPictureQuerySet(models.QuerySet["WantedPicture"]):
    def due(self) -> Self:
        return self.filter(due__lte=timezone.now()).order_by("due", "pk")

    def given_up(self) -> Self:
        return self.filter(due=None)

    def next_due(self) -> datetime | None:
        first: datetime | None = self.aggregate(at=models.Min("due"))["at"]
        return first


class WantedPicture(models.Model):
    """A picture of an imported essay, or of the old site's library, that is not here yet."""

    essay = models.ForeignKey(Essay, models.CASCADE, null=True, related_name="wanted_pictures", verbose_name=_("essay"))
    written = models.TextField(_("address in the essay"), blank=True)
    address = models.TextField(_("address"))
    alt = models.CharField(_("alternative text"), max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due = models.DateTimeField(_("next attempt"), null=True, default=timezone.now)
    error = models.TextField(_("last error"), blank=True)

    objects = WantedPictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture still to import")
        verbose_name_plural = _("pictures still to import")
        indexes = (models.Index(fields=["due"], name="wanted_picture_due"),)

    def __str__(self) -> str:
        return self.address
