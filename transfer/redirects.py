"""Redirects from the addresses of an old site."""

from collections.abc import Iterable
from urllib.parse import unquote

from blog.models import Essay, Redirect, Tag


def add_redirects(paths: Iterable[str], target: Essay | Tag) -> tuple[int, list[str]]:
    """Add redirects to an object; return how many, and the paths that already redirect elsewhere."""
    current = unquote(target.get_absolute_url())
    wanted = [path for path in dict.fromkeys(paths) if path != current]
    existing = {old.old: old for old in Redirect.objects.filter(old__in=wanted)}
    field = "essay" if isinstance(target, Essay) else "tag"
    new = [Redirect(old=path, **{field: target}) for path in wanted if path not in existing]
    Redirect.objects.bulk_create(new)
    elsewhere = [path for path, old in existing.items() if getattr(old, f"{field}_id") != target.pk]
    return len(new), elsewhere
