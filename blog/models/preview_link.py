"""Secret links to unpublished essays."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models.essay import Essay


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def unexpired(self) -> Self:
        return self.filter(expires__gt=timezone.now())


class PreviewLink(models.Model):
    """A secret link by which people without an account read an essay's latest text until it expires."""

    essay = models.ForeignKey(Essay, models.CASCADE, related_name="preview_links", verbose_name=_("essay"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preview_links", verbose_name=_("created by")
    )
    token = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires = models.DateTimeField(_("expires"))

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.essay_id}/{self.pk}"
