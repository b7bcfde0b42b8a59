"""Imported objects by their name on the old site, so that a repeated import adds only what is new."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Essay
from comments.models import Comment


class ImportedAuthor(models.Model):
    """The user created or chosen for an author of an old site."""

    source = models.CharField(max_length=500, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return self.source


class ImportedEssay(models.Model):
    """An imported post with its last exported slug and title; another post may have had the same number."""

    source = models.CharField(max_length=500, db_index=True)
    essay = models.ForeignKey(Essay, models.CASCADE, related_name="+")
    slug = models.CharField(max_length=200)
    title = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.source


class ImportedComment(models.Model):
    """An imported comment; its row remains when the comment is deleted, so that it isn't imported again."""

    source = models.CharField(max_length=500, unique=True)
    essay = models.ForeignKey(Essay, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.SET_NULL, null=True, related_name="imported")

    def __str__(self) -> str:
        return self.source


class WantedPictureQuerySet(models.QuerySet["WantedPicture"]):
    def due(self) -> Self:
        """Return the pictures to fetch now, in order."""
        return self.filter(due__lte=timezone.now()).order_by("due", "pk")

    def failed(self) -> Self:
        """Return the pictures that will not be tried again."""
        return self.filter(due=None)

    def next_due(self) -> datetime | None:
        """Return when the next picture is to be fetched; None if none is."""
        first: datetime | None = self.aggregate(at=models.Min("due"))["at"]
        return first


class WantedPicture(models.Model):
    """A picture of an imported essay, or of the old site's media library, that is still to be fetched."""

    essay = models.ForeignKey(Essay, models.CASCADE, null=True, related_name="wanted_pictures", verbose_name=_("essay"))
    written_address = models.TextField(_("URL in the essay"), blank=True)
    address = models.TextField(_("URL"))
    alt = models.CharField(_("alternative text"), max_length=500, blank=True)
    is_cover = models.BooleanField(_("cover picture"), default=False)
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
