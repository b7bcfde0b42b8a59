"""“Did you mean”: replaces a word that no text has with a similar one, assuming a common typing mistake."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from search import indexing
from search.backends import get_key
from search.indexing import ANYWHERE, stem
from search.models import Entry, Kind
from search.queries import Query
from search.results import Search

VOWELS = "aeiouy"
MIN_LENGTH, MAX_LENGTH = 4, 16  # of a word that is corrected
MAX_TEXTS = 10  # of a kind that are read to find the right word


class Suggestion(NamedTuple):
    """A query that finds something, and the number of its results."""

    text: str
    number: int


def suggest(search: Search) -> Suggestion | None:
    """Return the query with its unknown words replaced by similar ones, if that finds something."""
    text = search.query.text
    for word in search.query.terms:
        if has_texts(search, word):
            continue
        similar = find_similar(search, word)
        typed = next((part for part in re.findall(r"\w+", text) if indexing.fold(part) == word), "")
        if not similar or not typed:
            return None
        text = text.replace(typed, similar, 1)
    if text == search.query.text:
        return None
    results = Search(Query.parse(text), search.chosen).run()
    return Suggestion(text, results.count) if results.count else None


def has_texts(search: Search, word: str) -> bool:
    """Return whether any text has this word."""
    match = Query.parse(word).match(search.languages)
    return any(search.newest(kind, match, limit=1) for kind in Kind)


def find_similar(search: Search, word: str) -> str:
    """Return what was probably meant: the most frequent variant in the newest texts that have one, or ""."""
    if not (word.isascii() and word.isalpha() and MIN_LENGTH <= len(word) <= MAX_LENGTH):
        return ""
    near = set(variants(word))
    tokens = sorted({f"{ANYWHERE}{stem(each, language)}" for each in near for language in search.languages[:3]})
    for kind in (Kind.ESSAY, Kind.COMMENT):
        found = search.newest(kind, [tokens], MAX_TEXTS)
        texts = (
            Entry.objects.filter(id__in=[int(get_key(row)) for row in found]).values_list("title", "text")
            if found
            else ()
        )
        counted = Counter(each for title, text in texts for each in words_in(title, text) if each in near)
        if counted:
            return max(counted, key=lambda each: (counted[each], each))
    return ""


def words_in(*texts: str) -> list[str]:
    return indexing.words(indexing.fold("\n".join(texts)))


def variants(word: str) -> Iterator[str]:
    """Yield what was probably meant: two letters swapped, one too many, one to be doubled, another vowel.

    Not every word that differs by one letter: looking up hundreds of words takes too long.
    """
    for at, letter in enumerate(word):
        before, after = word[:at], word[at + 1 :]
        yield before + after
        yield before + letter + letter + after
        if after and after[0] != letter:
            yield before + after[0] + letter + after[1:]
        if letter in VOWELS:
            yield from (before + vowel + after for vowel in VOWELS if vowel != letter)
