"""Addresses that something had elsewhere, each leading to where it is now."""

from collections.abc import Iterable
from urllib.parse import unquote

from blog.models import Essay, Redirect, Tag


def keep(paths: Iterable[str], target: Essay | Tag) -> tuple[int, list[str]]:
    """How many were kept, and those that lead somewhere else already and go on doing so."""
    here = unquote(target.get_absolute_url())
    wanted = [path for path in dict.fromkeys(paths) if path != here]
    taken = {old.old: old for old in Redirect.objects.filter(old__in=wanted)}
    field = "essay" if isinstance(target, Essay) else "tag"
    new = [Redirect(old=path, **{field: target}) for path in wanted if path not in taken]
    Redirect.objects.bulk_create(new)
    elsewhere = [path for path, old in taken.items() if getattr(old, f"{field}_id") != target.pk]
    return len(new), elsewhere
