"""Essays and their notes in the search index."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import search.indexing
from blog import markup
from blog.markup.reading import split_notes
from blog.models import Essay, Site
from search.models import Entry, Kind
from search.sources import Source

_NOTE = re.compile(r'<li id="note-([0-9]+)">')


def index(essay: Essay) -> None:
    """Put an essay and its notes into the index as they are now; a scheduled one is found once it is published.

    Call it in the transaction that changes the text, the authors or the tags. A comment is found only while its essay
    has an entry, so the comments of an unpublished essay are not found.
    """
    search.indexing.remove_essay(essay.pk, with_comments=False)
    if essay.published is not None:
        search.indexing.add(*build_entries(essay))


def build_entries(essay: Essay) -> Iterator[Entry]:
    """Yield the entry of an essay and those of its notes."""
    body, notes = split_notes(essay.body)
    language = essay.language or Site.objects.current().language
    authors = [f"u{authorship.author_id}" for authorship in essay.authorships.all()]
    common: dict[str, Any] = {"time": essay.published, "essay": essay.pk, "authors": authors, "language": language}
    text = "\n".join(filter(None, (essay.deck, markup.plain_text(body))))
    yield search.indexing.build(
        Kind.ESSAY,
        **common,
        address=essay.get_absolute_url(),
        text=text,
        title=essay.title,
        subtitle=essay.deck,
        tags=[(tag.slug, tag.name) for tag in essay.tags.all()],
        is_page=essay.kind == Essay.Kind.PAGE,
    )
    _before, *parts = _NOTE.split(notes)
    for number, note in zip(parts[::2], parts[1::2], strict=True):
        address = f"{essay.get_absolute_url()}#{essay.id_prefix}note-{number}"
        text = markup.plain_text(note)
        yield search.indexing.build(Kind.NOTE, **common, address=address, text=text, number=int(number))


def index_each(keys: Sequence[int]) -> None:
    """Put the essays with these primary keys into the index again."""
    rows = Essay.objects.filter(pk__in=keys).prefetch_related("authorships", "tags").order_by("pk")
    for essay in rows.select_for_update(of=("self",)):
        index(essay)


source = Source(Kind.ESSAY, lambda: Essay.objects.exclude(published=None), "published", index_each)
