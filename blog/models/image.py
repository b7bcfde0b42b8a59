"""Pictures on our own disk."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from blog.images.usage import Use


class ImageQuerySet(models.QuerySet["Image"]):
    def showing(self, words: str) -> Self:
        """Those of which it is said that they show all of these words."""
        found = self
        for word in words.split():
            found = found.filter(alt__icontains=word)
        return found

    def unrendered(self, before: datetime) -> Self:
        """Those of then that nobody has looked at yet; one that needs no other forms says so."""
        return self.filter(renditions={}, created__lt=before).order_by("pk")

    def changeable_by(self, user: Any) -> Self:
        """An author touches only their own; an editor's hands are free."""
        return self if user.has_perm("blog.change_others") else self.filter(by=user)


class Image(models.Model):
    """A picture on our own disk, and where it came from."""

    file = models.ImageField(_("file"), upload_to="images/%Y/%m", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    alt = models.CharField(_("alternative text"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="images",
        verbose_name=_("uploaded by"),
    )
    renditions = models.JSONField(default=dict, editable=False)  # widths of each form there is: blog.images.renditions
    source = models.CharField(max_length=2000, blank=True, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.alt or str(self.file)

    def may_change(self, user: Any) -> bool:
        return bool(user.has_perm("blog.change_others") or self.by_id == user.pk)

    @cached_property
    def uses(self) -> "list[Use]":
        """Where it is seen, or may be again."""
        from blog.images import usage

        return usage.of(self)

    def may_be_deleted(self, user: Any) -> bool:
        """What is seen stays; what only earlier texts have is an editor's to take from them."""
        return all(use.is_past for use in self.uses) and (not self.uses or user.has_perm("blog.change_others"))
