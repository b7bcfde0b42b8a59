"""Write actions on tags: save and merge, with redirects from their old addresses."""

from collections.abc import Iterable

from django.db import transaction

import pagecache
from blog import actions
from blog.models import Essay, Redirect, Tag


@transaction.atomic
def save(tag: Tag) -> Tag:
    """Save a tag and redirect its old address to the new one."""
    old = Tag.objects.filter(pk=tag.pk).first()
    tag.save()
    if old and old.slug != tag.slug:
        actions.add_redirect(old.get_absolute_url(), tag=tag)
    actions.remove_redirect(tag.get_absolute_url())
    pagecache.invalidate("site")
    return tag


@transaction.atomic
def merge(tags: Iterable[Tag], into: Tag) -> Tag:
    """Merge tags into one, which gets all their essays and redirects from their addresses."""
    others = Tag.objects.select_for_update().filter(pk__in=[tag.pk for tag in tags]).exclude(pk=into.pk)
    given = Essay.tags.through.objects
    for tag in others:
        has_both = given.filter(tag=into).values("essay")
        given.filter(tag=tag).exclude(essay__in=has_both).update(tag=into)
        Redirect.objects.filter(tag=tag).update(tag=into)
        address = tag.get_absolute_url()
        tag.delete()
        actions.add_redirect(address, tag=into)
    pagecache.invalidate("site")
    return into
