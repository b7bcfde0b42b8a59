"""Slugs of imported essays and pages."""

import re

from blog import actions
from blog.models import RESERVED_SLUGS, Essay
from blog.slugs import make_slug

_SLUG = re.compile(r"[-\w]{1,200}")


def free_slug(essay: Essay, slug: str, title: str) -> str:
    """Return a text's old slug if it is free, else one like it, or one made from the title."""
    is_reserved = essay.kind == Essay.Kind.PAGE and (slug in RESERVED_SLUGS or slug.isdigit())
    if _SLUG.fullmatch(slug) and not is_reserved and not Essay.objects.filter(kind=essay.kind, slug=slug).exists():
        return slug
    return actions.free_slug(essay, next((name for name in (slug, title) if make_slug(name)), ""))
