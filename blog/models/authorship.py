"""Who wrote an essay."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuthorshipManager(models.Manager["Authorship"]):
    def get_queryset(self) -> models.QuerySet["Authorship"]:
        """Fetch the author and the author's profile with each row."""
        return super().get_queryset().select_related("author__profile")


class Authorship(models.Model):
    """One author of an essay, and the position of their name among the others."""

    is_byline = True  # see accounts.profiles.names

    essay = models.ForeignKey("blog.Essay", models.CASCADE, related_name="authorships")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="authorships", verbose_name=_("author")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = AuthorshipManager()

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=["essay", "author"], name="authorship_once"),)

    def __str__(self) -> str:
        return str(self.author)
