"""The owner's standard reasons for rejecting a comment."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.Model):
    """A rejection reason: its name for moderators, its sentence for the comment's author."""

    name = models.CharField(_("name"), max_length=80)
    sentence = models.TextField(_("message to the commenter"), max_length=1000)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_offered = models.BooleanField(_("available to moderators"), default=True)

    class Meta:
        verbose_name = _("rejection reason")
        verbose_name_plural = _("rejection reasons")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name
