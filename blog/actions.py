"""Write actions on essays, tags and series, and the redirects that keep their old addresses working."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from django.db import transaction
from django.utils import timezone

import pagecache
from blog import indexing, markup, permalinks
from blog.images import card_files
from blog.models import RESERVED_SLUGS, Essay, Redirect, Series, Tag, typeset
from blog.slugs import make_slug
from search.indexing import remove_essay


def free_slug(essay: Essay, title: str) -> str:
    """Return a slug made from a title that no other essay or page of the same kind uses."""
    stem = make_slug(title)[:180].strip("-") or "untitled"
    if essay.kind == Essay.Kind.PAGE and (stem in RESERVED_SLUGS or stem.isdigit()):
        stem = f"{stem}-page"
    others = Essay.objects.filter(kind=essay.kind, slug__startswith=stem).exclude(pk=essay.pk)
    taken = set(others.values_list("slug", flat=True))
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


@transaction.atomic
def save(essay: Essay) -> Essay:
    """Save an essay with cleaned HTML and invalidate its pages; its old public address redirects to it."""
    save_without_invalidation(essay)
    indexing.index(essay)
    pagecache.invalidate(essay.cache_key, "site", "comments")
    return essay


def save_without_invalidation(essay: Essay, *, newlines: bool = False) -> None:
    """Save an essay and its redirects, but leave the page cache and the search index to the caller, who may save many.

    `newlines` is for a body from WordPress, whose bare newlines make paragraphs and line breaks.
    """
    old = Essay.objects.filter(pk=essay.pk).first() if essay.pk else None
    essay.slug = essay.slug or free_slug(essay, essay.title)
    essay.body = markup.clean_essay(essay.body, newlines=newlines)
    essay.typeset = typeset(essay.body)
    essay.word_count = markup.count_words(essay.body)
    essay.changed = timezone.now()
    permalinks.set_address_date(essay, old)
    essay.save()
    address = essay.get_absolute_url()
    if old and old.is_published and not (essay.is_published and old.get_absolute_url() == address):
        # An unpublished essay may get another address before it is published again.
        add_redirect(old.get_absolute_url(), essay=essay)
    if essay.is_published:
        remove_redirect(address)


@transaction.atomic
def set_pinned(essay: Essay, *, is_pinned: bool = True) -> Essay:
    """Pin an essay to the top of the home page, or unpin it."""
    essay.is_pinned = is_pinned
    essay.save(update_fields=["is_pinned"])
    pagecache.invalidate("site")
    return essay


def add_redirect(path: str, **target: Any) -> None:
    """Redirect an old path to its essay, tag or series. Paths are stored decoded, as requests have them."""
    Redirect.objects.update_or_create(
        old_path=unquote(path), defaults={"essay": None, "tag": None, "series": None} | target
    )


def remove_redirect(path: str) -> None:
    """Remove the redirect from a path that is now the address of an essay, tag or series."""
    Redirect.objects.filter(old_path=unquote(path)).delete()


@transaction.atomic
def delete(essay: Essay) -> None:
    """Delete an essay with its whole discussion and invalidate its pages."""
    key, card = essay.cache_key, str(essay.pk)
    remove_essay(essay.pk, with_comments=True)
    essay.delete()
    transaction.on_commit(lambda: card_files.delete(card))
    pagecache.invalidate(key, "site", "comments")


@transaction.atomic
def save_renamed(subject: Tag | Series) -> None:
    """Save a tag or a series, and redirect its old address to the new one."""
    old = type(subject)._default_manager.filter(pk=subject.pk).first()
    subject.save()
    if old and old.slug != subject.slug:
        add_redirect(old.get_absolute_url(), **{"tag" if isinstance(subject, Tag) else "series": subject})
    remove_redirect(subject.get_absolute_url())
    if old and isinstance(subject, Tag):
        indexing.index_each(list(subject.essays.values_list("pk", flat=True)))
    pagecache.invalidate("site")


@transaction.atomic
def merge_tags(tags: Iterable[Tag], into: Tag) -> Tag:
    """Merge tags into one, which gets all their essays and redirects from their addresses."""
    others = Tag.objects.select_for_update().filter(pk__in=[tag.pk for tag in tags]).exclude(pk=into.pk)
    essays = list(Essay.objects.filter(tags__in=others).distinct().values_list("pk", flat=True))
    given = Essay.tags.through.objects
    for tag in others:
        has_both = given.filter(tag=into).values("essay")
        given.filter(tag=tag).exclude(essay__in=has_both).update(tag=into)
        Redirect.objects.filter(tag=tag).update(tag=into)
        address = tag.get_absolute_url()
        tag.delete()
        add_redirect(address, tag=into)
    indexing.index_each(essays)
    pagecache.invalidate("site")
    return into


@transaction.atomic
def delete_tags(tags: Iterable[Tag]) -> None:
    """Delete tags; their essays keep their other tags."""
    essays = list(Essay.objects.filter(tags__in=[tag.pk for tag in tags]).distinct().values_list("pk", flat=True))
    Tag.objects.filter(pk__in=[tag.pk for tag in tags]).delete()
    indexing.index_each(essays)
    pagecache.invalidate("site")
