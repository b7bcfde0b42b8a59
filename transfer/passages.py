"""The passages that comments quote and the answers of their essays' authors, in exports and imports."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import F, Max, Q
from django.utils import timezone

from accounts.models import User
from blog import markup
from blog.models import Essay, Revision
from blog.writing import revisions
from comments.models import AuthorAnswer, Comment, CommentQuerySet, Discussion, Passage
from comments.passages import matching
from comments.passages.quotations import MAX_WORDS
from transfer.report import Report
from transfer.threads import SourceComment, Stored

MAX_NUMBER = 2**31 - 1
MAX_VERSION = 100_000
MIN_QUOTED = 30  # characters; a shorter quotation may be chance
OPENING, CLOSING = '"“„«', re.compile(r"[\"”“»]")
MAX_CLOSING = 8  # quotation marks that may be the closing one, as there may be some inside
ONE_FORM = str.maketrans("“”„«»‘’‚", '"""""\'\'\'')  # of quotation marks, character by character
BLOCKQUOTE = re.compile(r"\s*<blockquote>(?P<words>(?:(?!</?blockquote>).)*)</blockquote>", re.DOTALL)
Fields = Mapping[str, Any]


def with_versions(comments: CommentQuerySet) -> CommentQuerySet:
    """Load with comments what remarks_on() needs."""
    return comments.select_related("passage", "author_answer").annotate(
        quoted_version=F("passage__quoted_from__version"),
        answer_version=F("author_answer__revision__version"),
        answer_by=F("author_answer__by__username"),
    )


class Shown(NamedTuple):
    """The text of an essay that readers see."""

    revision: int | None = None
    version: int | None = None


def shown_revisions() -> dict[int, Shown]:
    """Return the texts that readers see, of the essays with passages or answers."""
    has_passage = Q(essay__in=Passage.objects.values("essay")) | Q(essay__in=AuthorAnswer.objects.values("essay"))
    found = Revision.objects.filter(has_passage, public_from__lte=timezone.now()).order_by().values_list("essay")
    return {essay: Shown(key, version) for essay, key, version in found.annotate(Max("pk"), Max("version"))}


def remarks_on(comment: Comment, shown: Mapping[Any, Shown]) -> dict[str, dict[str, Any]]:
    """Return what an export says about a comment's `passage` and the author's `answer`, as far as it has these.

    `essay_version` is the number of the exported text.
    """
    found: dict[str, dict[str, Any]] = {}
    newest = shown.get(comment.essay_id, Shown())
    row: Any = comment
    passage: Passage | None = getattr(comment, "passage", None)
    answer: AuthorAnswer | None = getattr(comment, "author_answer", None)
    if passage:
        found["passage"] = {
            "quotation": passage.quotation,
            "version": row.quoted_version,
            "is_shown": passage.revision_id is not None and passage.revision_id == newest.revision,
            "essay_version": newest.version,
            "paragraph": passage.paragraph,
            "words": passage.words,
            "before": passage.before,
            "after": passage.after,
        }
    if answer:
        found["answer"] = {
            "label": answer.label,
            "version": row.answer_version,
            "essay_version": newest.version,
            "is_picked": answer.is_picked,
            "is_strongest": answer.is_strongest,
            "by": row.answer_by,
            "given": answer.created.isoformat(),
        }
    return found


class PassageImport:
    """Stores the passages and answers of new comments of one essay.

    Earlier texts are in no export: what was quoted from one has no version here, and a correction made in one is one of
    the text that is imported. That keeps its number, so that its own corrections name it, and the next text the next.
    """

    def __init__(self, essay: Essay, report: Report, *, links_quotations: bool = False) -> None:
        self.essay, self.report, self.links_quotations = essay, report, links_quotations
        self.sources: dict[int, SourceComment] = {}
        """The comments that have a passage or an answer, until they are stored; by number in the outline."""
        self.version = 1
        """The number of the text on the site that it comes from."""

    def add(self, number: int, source: SourceComment) -> None:
        """Keep a comment until it is stored, if it has a passage or an answer."""
        if source.passage is None and self.links_quotations:
            source.passage = self.find_quoted(source.html)
        if isinstance(source.passage, dict | Passage) or isinstance(source.answer, dict):
            self.sources[number] = source
            for given in (source.passage, source.answer):
                version = given.get("essay_version") if isinstance(given, dict) else None
                if type(version) is int and 1 <= version <= MAX_VERSION:
                    self.version = version

    def store(self, batch: Sequence[Stored]) -> None:
        """Store the passages and answers of comments that are stored."""
        found = [(each.pk, self.sources.pop(each.number)) for each in batch if each.number in self.sources]
        passages = [passage for pk, source in found if (passage := self.passage_of(pk, source.passage))]
        answers = [answer for pk, source in found if (answer := self.answer_of(pk, source.answer))]
        if passages or answers:
            Passage.objects.bulk_create(passages)
            AuthorAnswer.objects.bulk_create(answers)
            Discussion.objects.save_settings(self.essay, has_passages=True)
        for name, rows in (("comment(s) on a passage", passages), ("author’s answer(s)", answers)):
            if rows:
                self.report.counts[name] += len(rows)

    @cached_property
    def shown(self) -> Revision | None:
        """The text that readers see. If it has no revision yet, it gets one with its number on the other site."""
        is_new = not self.essay.revisions.exists()
        found = revisions.ensure_public(self.essay)
        if found and is_new and self.version > 1:
            found.version = self.version
            found.save(update_fields=["version"])
        return found

    @cached_property
    def text(self) -> matching.Text:
        return matching.parse_text(self.essay.body)

    @cached_property
    def simple_text(self) -> matching.Text:
        """The text with one form of quotation marks, character by character."""
        return matching.Text([replace(each, words=each.words.translate(ONE_FORM)) for each in self.text.paragraphs])

    def passage_of(self, comment: int, given: Any) -> Passage | None:
        """Return a comment's passage, unsaved; None if the export says nothing usable."""
        if isinstance(given, Passage):
            given.comment_id = comment
            given.quoted_from = given.revision = self.shown
            self.report.remark("comment(s) (was|were) linked to the sentence that (it quotes|they quote)")
            return given
        fields = given if isinstance(given, dict) else {}
        quotation, words = (tidy(fields.get(name), MAX_WORDS) for name in ("quotation", "words"))
        before, after = (tidy(fields.get(name), matching.CONTEXT) for name in ("before", "after"))
        number = fields.get("paragraph")
        if not quotation or not words or type(number) is not int or not 0 <= number <= MAX_NUMBER:
            return None
        placed = matching.Passage(number, words, before, after)
        place = matching.locate(self.text, placed) if fields.get("is_shown") is True and self.shown else None
        passage = self.build(quotation, matching.quote(self.text, place) if place else placed)
        passage.comment_id = comment
        passage.revision = self.shown if place else None
        passage.quoted_from = self.shown if place and place.words == quotation else None
        return passage

    def build(self, quotation: str, placed: matching.Passage) -> Passage:
        """Return a passage without a comment and a text."""
        return Passage(
            essay=self.essay, quotation=quotation, paragraph=placed.paragraph, words=placed.words,
            before=placed.prefix, after=placed.suffix,
        )  # fmt: skip

    def answer_of(self, comment: int, given: Any) -> AuthorAnswer | None:
        """Return the author's answer to a comment, unsaved; None if the export says nothing usable."""
        if not isinstance(given, dict):
            return None
        label = given.get("label")
        answer = AuthorAnswer(comment_id=comment, essay=self.essay)
        answer.label = label if label in AuthorAnswer.Label.values else ""
        if answer.label == AuthorAnswer.Label.CORRECTED and type(given.get("version")) is int:
            answer.revision = self.shown
        answer.is_picked = given.get("is_picked") is True
        answer.is_strongest = given.get("is_strongest") is True and not self.has_strongest
        if not (answer.label or answer.is_picked or answer.is_strongest):
            return None
        self.has_strongest = self.has_strongest or answer.is_strongest
        answer.by = self.authors.get(str(given.get("by") or ""))
        answer.created = time_of(given.get("given")) or timezone.now()
        return answer

    @cached_property
    def has_strongest(self) -> bool:
        """Whether the essay has a strongest objection."""
        return AuthorAnswer.objects.filter(essay=self.essay, is_strongest=True).exists()

    @cached_property
    def authors(self) -> dict[str, User]:
        """The essay's authors by username."""
        return {user.username: user for user in User.objects.filter(authorships__essay=self.essay)}

    def find_quoted(self, html: str) -> Passage | None:
        """Return the passage that a comment quotes at its beginning, if the essay has these words exactly once."""
        for words in quotations_in(html):
            place = matching.locate(self.simple_text, matching.Passage(0, words.translate(ONE_FORM)))
            if place:
                placed = matching.quote(self.text, self.text.place(self.simple_text.span(place)))
                return self.build(placed.words, placed)
        return None


def quotations_in(html: str) -> Iterator[str]:
    """Yield what may be a quotation at the beginning of a comment: a blockquote, after `>`, or in quotation marks."""
    quoted = BLOCKQUOTE.match(html)
    text = markup.plain_text(quoted["words"] if quoted else html).strip()
    found = [text] if quoted else []
    if text.startswith(">"):
        lines = text.splitlines()
        end = next((at for at, line in enumerate(lines) if not line.startswith(">")), len(lines))
        found.append(" ".join(line.lstrip("> ") for line in lines[:end]))
    elif text[:1] in OPENING:
        line = text.partition("\n\n")[0].replace("\n", " ")
        ends = [mark.start() for mark in islice(CLOSING.finditer(line, 1), MAX_CLOSING)]
        found += [line[1:end] for end in reversed(ends)]
    for words in found:
        words = matching.tidy_words(words).removesuffix("…").removesuffix("...").strip()
        yield from (each for each in (words, words.strip('"“”„«»')) if MIN_QUOTED <= len(each) <= MAX_WORDS)


def tidy(value: Any, most: int) -> str:
    """Return a text as it is stored; nothing for another value or one that is too long."""
    found = matching.tidy_words(value) if isinstance(value, str) and len(value) <= 2 * MAX_WORDS else ""
    return found if len(found) <= most else ""


def time_of(value: Any) -> datetime | None:
    """Return a time in ISO 8601 with its offset from UTC, or None."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
