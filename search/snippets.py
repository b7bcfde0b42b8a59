"""Headings and snippets of results, with the words that were searched for in <mark>."""

import re
from collections.abc import Iterator, Sequence

import regex
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search import indexing
from search.queries import Query, alternatives

LENGTH = 240  # characters of a snippet
CONTEXT = 70  # before its first match
MAX_READ = 60_000  # characters of a text in which matches are looked for
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
# Languages whose stemmers change no beginning of a word, so that most words need not be stemmed to see they differ.
_SUFFIXING = {"ca", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nb", "nn", "no", "pt", "ro", "ru", "sv"}


class Highlighter:
    """Finds a query's words in texts, in any of their forms."""

    def __init__(self, query: Query, languages: Sequence[str]) -> None:
        self.languages = languages
        terms = [(word, alternatives(word, languages)) for word in query.terms]
        self.stems = {stem for word, found in terms if not indexing.is_unspaced(word) for stem in found[0]}
        self.runs = {word for word, _found in terms if indexing.is_unspaced(word)}
        self.pairs = {pair for run in self.runs for pair in indexing.cut(run)}
        self.known: dict[str, bool] = {}
        is_suffixing = {language.partition("-")[0] for language in languages} <= _SUFFIXING
        self.beginnings = tuple({stem[:2] for stem in self.stems}) if is_suffixing else ("",)
        beginning = "|".join(map(re.escape, self.beginnings))
        self.ascii_word = re.compile(rf"(?<![a-z0-9])(?=[a-z0-9])(?:{beginning})[a-z0-9]*", re.ASCII | re.IGNORECASE)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each match, in order."""
        for word in (self.ascii_word if text.isascii() else _WORD).finditer(text):
            if self.stems and self.is_match(word[0]):
                yield word.span()
            elif self.pairs and not word[0].isascii():
                yield from self.pair_spans(word[0], word.start())

    def is_match(self, word: str) -> bool:
        if word not in self.known:
            folded = indexing.words(indexing.fold(word))
            self.known[word] = any(
                indexing.stem(part, language) in self.stems
                for part in folded
                if part.startswith(self.beginnings)
                for language in self.languages
            )
        return self.known[word]

    def pair_spans(self, run: str, offset: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a run that consist of the query's pairs of characters."""
        start = end = -1
        for at in range(len(run)):
            for pair in (run[at : at + 2], run[at : at + 1]):
                if indexing.fold(pair) in self.pairs:
                    if at > end:
                        if end > start:
                            yield offset + start, offset + end
                        start = at
                    end = max(end, at + len(pair))
        if end > start:
            yield offset + start, offset + end

    def mark(self, text: str) -> SafeString:
        """Return a text as HTML with all matches marked."""
        parts, position = [], 0
        for start, end in self.spans(text):
            parts += [escape(text[position:start]), f"<mark>{escape(text[start:end])}</mark>"]
            position = end
        return mark_safe("".join([*parts, escape(text[position:])]))  # noqa: S308 – every part is escaped

    def snippet(self, text: str) -> SafeString:
        """Return the part of a text around its first matches as HTML, with ellipses where it was cut."""
        text = " ".join(text[:MAX_READ].split())
        first = next(self.spans(text), (0, 0))[0]
        start = max(0, first - CONTEXT)
        if 0 < start < len(text):
            start = min(first, text.find(" ", start, first) + 1 or start)
        end = start + LENGTH
        if end < len(text):
            end = max(text.rfind(" ", first, end), 0) or end
        marked = self.mark(text[start:end])
        before, after = "… " if start else "", " …" if end < len(text) else ""
        return mark_safe(f"{before}{marked}{after}")  # noqa: S308
