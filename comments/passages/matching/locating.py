"""Finds the exact words of a passage in a text."""

from collections.abc import Iterator

from comments.passages.matching.paragraphs import tidy_words
from comments.passages.matching.text import CONTEXT, Passage, Place, Span, Text

MAX_WORDS = 20_000  # characters of a passage
MAX_OCCURRENCES = 200  # of one passage in a text; those after are not looked at


def locate(text: Text, passage: Passage) -> Place | None:
    """Return where a passage is in the text, word by word, or None if it isn't there or could be in several places.

    Of several places the ones in the given paragraph go first, then those with the most of the context around them.
    """
    span = locate_span(text, passage)
    return text.place(span) if span else None


def locate_span(text: Text, passage: Passage) -> Span | None:
    """Return the span of a passage in the text's line, as `locate` does."""
    words = tidy_words(passage.words[: MAX_WORDS + 1])
    if not words or len(words) > MAX_WORDS:
        return None
    prefix, suffix = tidy_words(passage.prefix[-2 * CONTEXT :]), tidy_words(passage.suffix[: 2 * CONTEXT])
    hint = text.paragraph_span(passage.paragraph)
    for within in (hint, None) if hint else (None,):
        found = list(occurrences(text, words, within))
        if len(found) == 1:
            return found[0]
        if found:
            return _best(text, found, prefix, suffix)
    return None


def occurrences(text: Text, words: str, start_within: Span | None = None) -> Iterator[Span]:
    """Yield the spans of tidied words in a text, as whole words if there are any, else inside other words."""
    first, last = start_within or Span(0, len(text.line))
    whole: list[Span] = []
    parts: list[Span] = []
    at = text.line.find(words, first)
    while 0 <= at < last and len(whole) + len(parts) < MAX_OCCURRENCES:
        span = Span(at, at + len(words))
        (whole if is_whole(text.line, span) else parts).append(span)
        at = text.line.find(words, at + 1)
    yield from whole or parts


def is_whole(line: str, span: Span) -> bool:
    """Return whether a span neither starts nor ends inside a word."""
    before, after = line[max(0, span.start - 1) : span.start + 1], line[span.end - 1 : span.end + 1]
    return not any(len(edge) == 2 and edge.isalnum() and edge[0] < "\u2e80" for edge in (before, after))


def shared_context(text: Text, span: Span, prefix: str, suffix: str) -> tuple[int, int]:
    """Return how many characters before and after a span are the same as in a prefix and a suffix."""
    before = text.line[max(0, span.start - CONTEXT - 1) : span.start].rstrip()
    after = text.line[span.end : span.end + CONTEXT + 1].lstrip()
    return _common(before[::-1], prefix.rstrip()[::-1]), _common(after, suffix.lstrip())


def _common(one: str, other: str) -> int:
    """Return the length of the common start of two texts."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _best(text: Text, spans: list[Span], prefix: str, suffix: str) -> Span | None:
    """Return the span with the most of the context around it, or None if two have the same."""
    ranked = sorted(((sum(shared_context(text, span, prefix, suffix)), span) for span in spans), reverse=True)
    return ranked[0][1] if len(ranked) == 1 or ranked[0][0] > ranked[1][0] else None
