"""Pictures of essays and their renditions."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.markup import figures

RENDITION_FORMATS = ("avif", "webp")  # best first


class ImageQuerySet(models.QuerySet["Image"]):
    def search(self, text: str) -> Self:
        """Return the pictures whose alternative text contains all of these words."""
        found = self
        for word in text.split():
            found = found.filter(alt__icontains=word)
        return found

    def unrendered(self, before: datetime) -> Self:
        """Return pictures created before a time that have no renditions, except those known to need none."""
        return self.filter(renditions={}, created__lt=before).order_by("pk")

    def in_html(self, html: str) -> dict[str, figures.Picture]:
        """Return the stored pictures in an essay's HTML, by URL; no query if there can be none."""
        prefix = default_storage.url("")
        names = [source.removeprefix(prefix) for source in figures.picture_addresses(html) if source.startswith(prefix)]
        return self.pictures_by_url(names)

    def pictures_by_url(self, names: Iterable[str]) -> dict[str, figures.Picture]:
        """Return the pictures with these file names, by URL."""
        wanted = set(names)
        return {image.file.url: image.picture for image in self.filter(file__in=wanted)} if wanted else {}

    def changeable_by(self, user: Any) -> Self:
        """Return an author's own pictures, or all for an editor."""
        return self if user.has_perm("blog.change_others") else self.filter(uploaded_by=user)


class Image(models.Model):
    """An uploaded or imported picture."""

    file = models.ImageField(_("file"), upload_to="images/%Y/%m", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    alt = models.CharField(_("alternative text"), max_length=500, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="images",
        verbose_name=_("uploaded by"),
    )
    renditions = models.JSONField(default=dict, editable=False)  # widths by format: see blog.images.renditions
    source = models.CharField(max_length=2000, blank=True, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return self.alt or str(self.file)

    def may_change(self, user: Any) -> bool:
        return bool(user.has_perm("blog.change_others") or self.uploaded_by_id == user.pk)

    @property
    def small_url(self) -> str:
        """Return the URL of its smallest rendition, or of its own file if there are none."""
        smallest = self.renditions.get("webp", [])[:1]
        name = rendition_name(str(self.file), smallest[0], "webp") if smallest else str(self.file)
        return self.file.storage.url(name)

    @property
    def picture(self) -> figures.Picture:
        """Return its size and the renditions that browsers choose from."""
        storage, name = self.file.storage, str(self.file)
        formats = tuple(
            figures.PictureFormat(
                f"image/{kind}",
                tuple((storage.url(rendition_name(name, width, kind)), width) for width in self.renditions[kind]),
            )
            for kind in RENDITION_FORMATS
            if self.renditions.get(kind)
        )
        return figures.Picture(self.width, self.height, formats)


def rendition_name(name: str, width: int, kind: str) -> str:
    """Return the name of the file for a picture's rendition; `name` is the picture's own file, `kind` a format."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{width}.{kind}"))
