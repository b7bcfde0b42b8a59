"""Finding the passage that a reader quotes in the text that they saw."""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.utils import timezone

from blog.models import Essay, Revision
from blog.writing import revisions
from comments.models import Comment, Discussion, Passage
from comments.passages import matching
from comments.passages.quotations import MAX_WORDS, Quotation
from pagecache.store import Store, Stored
from server.prepared import Prepared, PreparedInsert

READABLE = Prepared(
    lambda essay, pk, now: (
        Revision.objects.public(essay, now)
        .filter(pk=pk, is_withdrawn=False)
        .annotate(newest=models.Subquery(Revision.objects.public(essay, now).values("pk")[:1]))
        .values_list("pk", "created", "newest")
    ),
    essay=models.BigAutoField(), pk=models.BigAutoField(), now=models.DateTimeField(),
)  # fmt: skip
_insert = PreparedInsert(Passage)


class Readable(NamedTuple):
    """A revision that readers can or could see, and the one that they see now."""

    pk: int
    created: datetime
    newest: int | None


@dataclass(slots=True, eq=False)
class ParsedText(Stored):
    """The paragraphs of a revision, whose text never changes."""

    text: matching.Text
    size: int


texts: Store[ParsedText] = Store(settings.PAGECACHE_BYTES // 16, max_entries=1000)


def read_text(revision: Revision | Readable) -> matching.Text:
    """Return the paragraphs of a revision, parsed once in each process."""
    key = (str(revision.pk), str(revision.created.timestamp()))  # another revision after a restore has another time
    found = texts.get(key)
    if found is None:
        body: str = revision.body if isinstance(revision, Revision) else Revision.objects.get(pk=revision.pk).body
        found = ParsedText(matching.parse_text(body), 4 * sys.getsizeof(body))
        texts.set(key, found)
    return found.text


def find(essay: Essay, quotation: Quotation) -> Passage | None:
    """Return the passage of an essay that readers can or could see, unsaved; None if that text does not have it.

    Nothing is said about a text that readers cannot see. A text without a revision, as after an import, is the essay's.
    """
    revision = find_readable(essay, quotation.revision)
    if revision is None and quotation.revision:
        return None
    text = read_text(revision) if revision else matching.parse_text(essay.body)
    wanted = matching.Passage(quotation.paragraph, quotation.words, quotation.before, quotation.after)
    if not quotation.words:
        paragraph = next((one for one in text.paragraphs if one.number == quotation.paragraph), None)
        if paragraph is None:
            return None
        wanted = matching.Passage(paragraph.number, paragraph.words)
    place = matching.locate(text, wanted)
    if place is None or len(place.words) > MAX_WORDS:
        return None
    passage = build(essay, revision, matching.quote(text, place))
    passage.is_outdated = revision is not None and revision.newest != revision.pk
    return passage


def find_readable(essay: Essay, pk: int) -> Readable | None:
    """Return a revision that readers can or could see, with 0 the one that they see now.

    With no query if the essay was read for a quotation of it (Discussion.objects.get_essay_or_404).
    """
    if pk == 0:
        shown = Revision.objects.public(essay).values_list("pk", "created").first()
        return Readable(*shown, shown[0]) if shown else None
    if hasattr(essay, "quoted_from"):
        return Readable(pk, essay.quoted_from, essay.revision) if essay.quoted_from else None
    row = READABLE.first(essay=essay.pk, pk=pk, now=timezone.now())
    return Readable(*row) if row else None


def find_for_comment(essay: Essay, quotation: Quotation) -> Passage | None:
    """Return the passage that a new comment is on; a text without a revision gets one."""
    passage = find(essay, quotation)
    if passage and passage.revision_id is None:
        passage.revision = passage.quoted_from = revisions.ensure_public(essay)
    return passage


def build(essay: Essay, revision: Revision | Readable | None, placed: matching.Passage) -> Passage:
    """Return an unsaved passage for words at a place in a revision."""
    shown = revision.pk if revision else None
    return Passage(
        essay_id=essay.pk,
        quotation=placed.words,
        quoted_from_id=shown,
        revision_id=shown,
        paragraph=placed.paragraph,
        words=placed.words,
        before=placed.prefix,
        after=placed.suffix,
    )


def insert(passage: Passage, comment: Comment) -> None:
    """Insert the passage of a new comment. Its discussion is locked, or its thread."""
    passage.comment = comment
    _insert.run(passage)
    if not Discussion.objects.for_essay(comment.essay).has_passages:
        Discussion.objects.save_settings(comment.essay, has_passages=True)
