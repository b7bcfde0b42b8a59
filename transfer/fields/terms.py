"""Tags and series of another site, with their addresses and descriptions if the site is one of ours."""

from collections.abc import Mapping
from typing import Any

from accounts.profiles.names import tidy_line
from blog.models import Series, Tag
from blog.slugs import make_slug, unused_slug
from transfer import redirects
from transfer.fields.post import clean_path
from transfer.report import Report


class Terms:
    def __init__(self, site: Mapping[str, Any], report: Report) -> None:
        self.report = report
        self.known_tags = {str(each.get("name")): each for each in mappings(site.get("tags"))}
        self.known_series = {str(each.get("title")): each for each in mappings(site.get("series"))}

    def tags_of(self, names: list[str]) -> list[Tag]:
        """Return the tags with these names, created if missing."""
        found = {}
        for name in names:
            if name := tidy_line(name)[:100].strip():
                tag = self.get_or_create_tag(name)
                found[tag.pk] = tag
        return list(found.values())

    def get_or_create_tag(self, name: str) -> Tag:
        """Return the tag with this name, created with its old slug if that is free."""
        tag = Tag.objects.filter(name=name).first() or Tag.objects.filter(name__iexact=name).first()
        if tag:
            return tag
        known = self.known_tags.get(name, {})
        slug = clean_slug(known.get("slug"))
        description = str(known.get("description") or "")
        if slug and not Tag.objects.filter(slug=slug).exists():
            tag = Tag.objects.create(name=name, slug=slug, description=description)
        else:
            tag = Tag.objects.ensure(name)
        self.report.counts["tag(s)"] += 1
        redirects.add_redirects(alias_paths(known), tag, self.report)
        return tag

    def series_of(self, title: str) -> Series | None:
        """Return the series with this title, created if missing; None without a title."""
        title = tidy_line(title)[:200].strip()
        if not title:
            return None
        if found := Series.objects.filter(title__iexact=title).first():
            return found
        known = self.known_series.get(title, {})
        slug = unused_slug(Series.objects, clean_slug(known.get("slug")) or title, otherwise="series")
        self.report.counts["series"] += 1
        series = Series.objects.create(title=title, slug=slug, description=str(known.get("description") or ""))
        redirects.add_redirects(alias_paths(known), series, self.report)
        return series


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings in a list, or nothing for any other value."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def clean_slug(value: object) -> str:
    """Return a slug of an export as it may be stored, or nothing."""
    return make_slug(str(value or ""))[:100]


def alias_paths(known: Mapping[str, Any]) -> list[str]:
    """Return the old paths of a tag or a series."""
    aliases = known.get("aliases")
    return [path for each in aliases if (path := clean_path(str(each)))] if isinstance(aliases, list) else []
