"""A reader's query, parsed into words, phrases and the tokens to match."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from search import indexing
from search.backends import Match
from search.indexing import ANYWHERE, OFTEN, TAG, TITLE

MAX_LENGTH = 200  # characters of a query that are read
MAX_TERMS = 16
_PART = re.compile(r'["“”„«»]([^"“”„«»]*)(?:["“”„«»]|$)|([^"“”„«»]+)')
_MINUS = re.compile(r"(?:^|\s)[-−–]\"?[^\W\d_]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True)
class Query:
    """The words that a text must have, and the phrases, each a list of words that follow each other."""

    text: str
    """What was typed, on one line and cut to its limit."""
    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    is_cut: bool

    @property
    def has_minus(self) -> bool:
        """Whether a minus sign before a word suggests that the reader wants to exclude it."""
        return bool(_MINUS.search(self.text))

    @classmethod
    def parse(cls, typed: str) -> "Query":
        """Parse what was typed. Every text is a query; one without letters and digits has no words."""
        text = " ".join(_CONTROL.sub(" ", typed[: MAX_LENGTH + 1]).split())
        is_cut = len(typed) > MAX_LENGTH
        text = text[:MAX_LENGTH]
        single: list[str] = []
        phrases: list[tuple[str, ...]] = []
        left = MAX_TERMS
        for quoted, plain in _PART.findall(text):
            found = indexing.words(indexing.fold(quoted or plain))
            is_cut = is_cut or len(found) > left
            found = found[:left]
            left -= len(found)
            if quoted and found:
                phrases.append(tuple(found))
            else:
                single += found
        return cls(text, tuple(dict.fromkeys(single)), tuple(dict.fromkeys(phrases)), is_cut)

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """All words, those of the phrases too."""
        return tuple(dict.fromkeys([*self.words, *(word for phrase in self.phrases for word in phrase)]))

    def match(self, languages: Sequence[str], fields: str = ANYWHERE) -> Match:
        """Return the tokens of all words, each in one of these fields, and of the phrases."""
        needed = [
            [f"{field}{stem}" for field in fields for stem in some]
            for word in self.terms
            for some in alternatives(word, languages)
        ]
        pairs = [[indexing.pair(*both)] for phrase in self.phrases for both in pairwise(phrase)]
        return [*needed, *pairs]

    def better_matches(self, languages: Sequence[str]) -> list[Match]:
        """Return narrower matches, which make an essay more relevant, the best first.

        All words are in the title; in the title or tags; in the title or tags or used often. Then, for several words,
        one of them is in the title; in the tags; used often.
        """
        everything = self.match(languages)
        stems = [stem for word in self.terms for some in alternatives(word, languages) for stem in some]
        everywhere = (TITLE, TITLE + TAG, TITLE + TAG + OFTEN)
        anywhere = (TITLE, TAG, OFTEN) if len(self.terms) > 1 else ()
        return [
            *([*everything, *self.match(languages, fields)] for fields in everywhere),
            *([*everything, [f"{field}{stem}" for stem in stems]] for field in anywhere),
        ]

    def is_phrase_in(self, text: str) -> bool:
        """Return whether a text has all phrases of the query, word by word."""
        found = f" {' '.join(indexing.words(indexing.fold(text)))} "
        return all(phrase_text(phrase) in found for phrase in self.phrases)


def alternatives(word: str, languages: Iterable[str]) -> list[list[str]]:
    """Return what a text must have for a word: one of its stems, or each pair of characters of an unspaced run."""
    if indexing.is_unspaced(word):
        return [[each] for each in dict.fromkeys(indexing.cut(word))]
    return [list(dict.fromkeys(indexing.stem(word, language) for language in languages))]


def phrase_text(phrase: Sequence[str]) -> str:
    """Return the string to look for in a folded text; an unspaced run may be part of a longer one."""
    text = " ".join(phrase)
    before = "" if indexing.is_unspaced(phrase[0]) else " "
    after = "" if indexing.is_unspaced(phrase[-1]) else " "
    return f"{before}{text}{after}"
