"""A text as one line of words with its paragraphs and sentences, and the places in it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from comments.passages.matching.paragraphs import Paragraph, parse_paragraphs, separator
from comments.passages.matching.sentences import split_sentences

CONTEXT = 64  # characters kept before and after a passage


class Span(NamedTuple):
    """A part of a text's line, from `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Passage:
    """Words of a text as a reader marked them, with up to `CONTEXT` characters of what is around them.

    Words of several paragraphs are joined by one space, as are the contexts; `paragraph` is the number of the first.
    """

    paragraph: int
    words: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Place:
    """Where words are: from `start` in a paragraph's words to before `end` in those of the `last` paragraph."""

    paragraph: int
    start: int
    last: int
    end: int
    words: str


class Text:
    """The words of a text: its paragraphs joined by a space to one line, in which `str.find` finds a quotation."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self.paragraphs = paragraphs
        self.starts: list[int] = []  # of each paragraph in the line
        parts: list[str] = []
        before, length = "", 0
        for paragraph in paragraphs:
            gap = separator(before, paragraph.words) if parts else ""
            parts += [gap, paragraph.words]
            self.starts.append(length + len(gap))
            length += len(gap) + len(paragraph.words)
            before = paragraph.words
        self.line = "".join(parts)
        self.sentences = [
            Span(offset + start, offset + end)
            for offset, paragraph in zip(self.starts, paragraphs, strict=True)
            for start, end in split_sentences(paragraph.words)
        ]

    def words(self, span: Span) -> str:
        return self.line[span.start : span.end]

    def place(self, span: Span) -> Place:
        """Return the place of a span of the line."""
        first = max(0, bisect_right(self.starts, span.start) - 1)
        last = max(first, bisect_right(self.starts, span.end - 1) - 1)
        return Place(
            paragraph=self.paragraphs[first].number,
            start=span.start - self.starts[first],
            last=self.paragraphs[last].number,
            end=span.end - self.starts[last],
            words=self.words(span),
        )

    @cached_property
    def indexes(self) -> dict[int, int]:
        """The index of each paragraph by its number."""
        return {paragraph.number: index for index, paragraph in enumerate(self.paragraphs)}

    def span(self, place: Place) -> Span:
        """Return the span of a place in this text."""
        first, last = (self.starts[self.indexes[number]] for number in (place.paragraph, place.last))
        return Span(first + place.start, last + place.end)

    def paragraph_span(self, number: int) -> Span | None:
        """Return the span of a paragraph, or None if no paragraph with words has this number."""
        if (index := self.indexes.get(number)) is None:
            return None
        return Span(self.starts[index], self.starts[index] + len(self.paragraphs[index].words))

    def sentence_at(self, offset: int) -> int:
        """Return the index of the sentence at an offset of the line, or the one before the space there."""
        return max(0, bisect_right(self.sentences, offset, key=lambda sentence: sentence.start) - 1)


def parse_text(html: str) -> Text:
    """Parse a cleaned body with its notes."""
    return Text(parse_paragraphs(html))


def quote(text: Text, place: Place) -> Passage:
    """Return the passage at a place, with its context."""
    span = text.span(place)
    prefix = text.line[max(0, span.start - CONTEXT) : span.start].strip()
    suffix = text.line[span.end : span.end + CONTEXT].strip()
    return Passage(place.paragraph, place.words, prefix, suffix)
