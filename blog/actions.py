"""The verbs of authors."""

from typing import Any
from urllib.parse import unquote

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

import pagecache
from blog import addresses, markup
from blog.models import RESERVED, Essay, Redirect


def free_slug(essay: Essay, wish: str) -> str:
    """The wish as a slug that nothing else of its kind has."""
    stem = slugify(wish, allow_unicode=True)[:180].strip("-") or "untitled"
    if essay.kind == Essay.Kind.PAGE and (stem in RESERVED or stem.isdigit()):
        stem = f"{stem}-page"
    taken = set(
        Essay.objects.filter(kind=essay.kind, slug__startswith=stem).exclude(pk=essay.pk).values_list("slug", flat=True)
    )
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


@transaction.atomic
def save(essay: Essay) -> Essay:
    """Save what was written, its HTML made safe; an address that readers may have kept goes on leading here.

    An essay that another one's old address would hide is found first: the address is its own now.
    """
    write(essay)
    pagecache.bump(essay.cache_key, "site", "comments")
    return essay


def write(essay: Essay, *, newlines: bool = False) -> None:
    """What `save` does, for a transaction that writes many and then moves the generations once and last.

    `newlines` for a body from WordPress, whose bare newlines make paragraphs and breaks.
    """
    old = Essay.objects.filter(pk=essay.pk).first() if essay.pk else None
    essay.slug = essay.slug or free_slug(essay, essay.title)
    essay.body = markup.essay(essay.body, newlines=newlines)
    essay.words = markup.count_words(essay.body)
    essay.changed = timezone.now()
    addresses.set_date(essay, old)
    essay.save()
    address = essay.get_absolute_url()
    if old and old.is_published and not (essay.is_published and old.get_absolute_url() == address):
        keep_address(old.get_absolute_url(), essay=essay)  # one that is withdrawn may move before it is back
    if essay.is_published:
        take_address(address)


@transaction.atomic
def pin(essay: Essay, *, first: bool = True) -> Essay:
    """Let it stand first on the home page, or no longer."""
    essay.is_pinned = first
    essay.save(update_fields=["is_pinned"])
    pagecache.bump("site")
    return essay


def keep_address(path: str, **target: Any) -> None:
    """Let an address that once was something's own lead to where that is now; kept decoded, as requests have it."""
    Redirect.objects.update_or_create(old=unquote(path), defaults={"essay": None, "tag": None, "series": None} | target)


def take_address(path: str) -> None:
    """The address is something's own now: it leads nowhere else."""
    Redirect.objects.filter(old=unquote(path)).delete()


@transaction.atomic
def delete(essay: Essay) -> None:
    """The essay goes with its whole discussion."""
    key = essay.cache_key
    essay.delete()
    pagecache.bump(key, "site", "comments")
