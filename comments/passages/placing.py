"""Finding the passage that a reader quotes in the text that they saw."""

import sys
from dataclasses import dataclass

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
        .only("pk", "created")
        .annotate(newest=models.Subquery(Revision.objects.public(essay, now).values("pk")[:1]))
    ),
    essay=models.BigAutoField(), pk=models.BigAutoField(), now=models.DateTimeField(),
)  # fmt: skip
_insert = PreparedInsert(Passage)


@dataclass(slots=True, eq=False)
class ParsedText(Stored):
    """The paragraphs of a revision, whose text never changes."""

    text: matching.Text
    size: int


texts: Store[ParsedText] = Store(settings.PAGECACHE_BYTES // 16, max_entries=1000)


def read_text(revision: Revision) -> matching.Text:
    """Return the paragraphs of a revision, parsed once in each process."""
    key = (str(revision.pk), revision.created.isoformat())
    found = texts.get(key)
    if found is None:
        body = revision.body
        found = ParsedText(matching.parse_text(body), 4 * sys.getsizeof(body))
        texts.set(key, found)
    return found.text


def find(essay: Essay, quotation: Quotation) -> Passage | None:
    """Return the passage of an essay that readers can or could see, unsaved; None if that text does not have it.

    Nothing is said about a text that readers cannot see. A text without a revision, as after an import, is the essay's.
    """
    if quotation.revision:
        revision = READABLE.first(essay=essay.pk, pk=quotation.revision, now=timezone.now())
        if revision is None:
            return None
    else:
        revision = Revision.objects.public(essay).first()
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
    return build(essay, revision, matching.quote(text, place))


def find_for_comment(essay: Essay, quotation: Quotation) -> Passage | None:
    """Return the passage that a new comment is on; a text without a revision gets one."""
    passage = find(essay, quotation)
    if passage and passage.revision is None:
        passage.revision = passage.quoted_from = revisions.ensure_public(essay)
    return passage


def build(essay: Essay, revision: Revision | None, placed: matching.Passage) -> Passage:
    """Return an unsaved passage for words at a place in a revision."""
    passage = Passage(
        essay=essay,
        quotation=placed.words,
        quoted_from=revision,
        revision=revision,
        paragraph=placed.paragraph,
        words=placed.words,
        before=placed.prefix,
        after=placed.suffix,
    )
    passage.is_outdated = revision is not None and getattr(revision, "newest", revision.pk) != revision.pk
    return passage


def insert(passage: Passage, comment: Comment) -> None:
    """Insert the passage of a new comment. Its discussion is locked, or its thread."""
    passage.comment = comment
    _insert.run(passage)
    if not Discussion.objects.for_essay(passage.essay).has_passages:
        Discussion.objects.save_settings(passage.essay, has_passages=True)
