"""Redirects from old addresses of essays, tags and series."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from blog.models.essay import Essay
from blog.models.series import Series
from blog.models.tag import Tag


class Redirect(models.Model):
    """An old address, a path or a path with its query (`/?p=123`), and its target."""

    old_path = models.CharField(_("old URL"), max_length=500, unique=True)
    essay = models.ForeignKey(Essay, models.CASCADE, null=True, blank=True, related_name="redirects")
    tag = models.ForeignKey(Tag, models.CASCADE, null=True, blank=True, related_name="redirects", verbose_name=_("tag"))
    series = models.ForeignKey(
        Series, models.CASCADE, null=True, blank=True, related_name="redirects", verbose_name=_("series")
    )

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(essay__isnull=False, tag=None, series=None)
                | models.Q(essay=None, tag__isnull=False, series=None)
                | models.Q(essay=None, tag=None, series__isnull=False),
                name="redirect_leads_to_one_place",
            ),
        )

    def __str__(self) -> str:
        return self.old_path

    def get_absolute_url(self) -> str:
        """Return the address to which the old one redirects."""
        target = self.essay or self.tag or self.series
        return target.get_absolute_url() if target else "/"
