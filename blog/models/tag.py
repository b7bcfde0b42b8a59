"""Tags of essays."""

from collections.abc import Iterable

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from blog.slugs import make_slug, unused_slug


class TagQuerySet(models.QuerySet["Tag"]):
    def ensure(self, name: str) -> "Tag":
        """Return the tag with this name in any case, created if there is none."""
        tag = self.filter(name__iexact=name).first()
        if tag:
            return tag
        return self.create(name=name, slug=unused_slug(self, name, otherwise="tag"))

    def named(self, names: Iterable[str]) -> "list[Tag]":
        """Return the tags that have these names now, with unsaved ones for names that no tag has."""
        tags = [self.matching([name]) or [Tag(name=name, slug=make_slug(name) or "tag")] for name in names]
        return [tag for each in tags for tag in each]

    def matching(self, names: Iterable[str]) -> "list[Tag]":
        """Return the tags that have these names, or had them before they were renamed or merged."""
        found: dict[int, Tag] = {}
        for name in names:
            slug = make_slug(name)[:90]
            by_address = models.Q(slug=slug) | models.Q(redirects__old_path=f"/tag/{slug}/")
            tag = self.filter(name__iexact=name).first() or self.filter(by_address).first()
            if tag:
                found[tag.pk] = tag
        return list(found.values())


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True, allow_unicode=True)
    description = models.TextField(_("description"), blank=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tag", args=[self.slug])
