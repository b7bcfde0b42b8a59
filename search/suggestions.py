"""“Did you mean”: a word one letter away from one that no text has, found in the texts themselves."""

import re
import string
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from search import indexing
from search.backends import Row
from search.indexing import ANYWHERE, stem
from search.models import Entry, Kind
from search.queries import Query
from search.results import Search

MIN_LENGTH, MAX_LENGTH = 4, 16  # of a word that is corrected
MAX_TEXTS = 10  # of a kind that are read to find the right word


class Suggestion(NamedTuple):
    """A query that finds something, and the number of its results."""

    text: str
    count: int


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
    """Return the most frequent word in the newest texts that is one letter away, or "" if there is none."""
    if not (word.isascii() and word.isalpha() and MIN_LENGTH <= len(word) <= MAX_LENGTH):
        return ""
    near = set(variants(word))
    tokens = sorted({f"{ANYWHERE}{stem(each, language)}" for each in near for language in search.languages[:3]})
    found: list[Row] = [row for kind in Kind for row in search.newest(kind, [tokens], limit=MAX_TEXTS)]
    texts = Entry.objects.filter(id__in=[row.id for row in found]).values_list("title", "text")
    counted = Counter(each for title, text in texts for each in words_in(title, text) if each in near)
    best = max(counted.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return best[0]


def words_in(*texts: str) -> list[str]:
    return indexing.words(indexing.fold("\n".join(texts)))


def variants(word: str) -> Iterator[str]:
    """Yield every word that differs by one letter: swapped, left out, replaced or added."""
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in string.ascii_lowercase if letter != after[0])
        yield from (before + letter + after for letter in string.ascii_lowercase)
