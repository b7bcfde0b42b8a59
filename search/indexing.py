"""Adds texts to the search index and removes them, in the transaction of the action that changes them.

A text is stored with its tokens, which are made here for both databases. Letters are folded (case, width, accents),
words are stemmed in the text's language, and scripts that put no spaces between words are cut into pairs of characters.
The first letter of a token names what it is:

t  a word of the title or subtitle       w  a word anywhere in the text, its title and its tags
g  a word of a tag                       p  two neighboring words, not stemmed, for exact phrases
o  a word that an essay uses often
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from threading import Lock
from zlib import crc32

import regex
import snowballstemmer

from search.models import EPOCH, NUMBER_BITS, TIME_BITS, Entry, Kind
from server import bulk
from server.prepared import PreparedInsert

TITLE, TAG, OFTEN, ANYWHERE, PAIR = "tgowp"
OFTEN_FROM = 3  # occurrences of a word in a text; from here on it is one that the text uses often
MAX_WORD = 40  # characters of a word that are compared
MAX_WORDS = 50_000  # of a text that are indexed
MAX_TOKENS_BYTES = 600_000  # PostgreSQL's limit for a tsvector is 1 MB, with 4 bytes more for each token

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30fc"
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = regex.compile(rf"[{_UNSPACED}][{_UNSPACED}\p{{M}}]*|(?:(?![{_UNSPACED}])[\p{{L}}\p{{N}}\p{{M}}])+")
_STARTS_UNSPACED = regex.compile(rf"[{_UNSPACED}]")
# Accents, vowel points and the Arabic tatweel, but not the breve of й, and no mark that is part of an Indic syllable.
_ACCENT = re.compile(r"(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_IGNORED = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_INLINE = "a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u"
_BLOCK_EDGE = re.compile(rf"</?(?!(?:{_INLINE})\b)\w[^>]*>")
_TAG = re.compile(r"<[^>]*>")
NOTE_BITS = 12
UPDATED_FIELDS = ("essay", "number", "authors", "language", "is_page", "tags", "title", "address", "text", "tokens")
COLUMNS = ("id", *UPDATED_FIELDS)
_upsert = PreparedInsert(Entry, replaces=UPDATED_FIELDS)
_stemming = Lock()


def add(*entries: Entry) -> None:
    """Add texts to the index, or replace them, in one statement."""
    if len(entries) == 1:
        _upsert.run(*entries)
        return
    Entry.objects.bulk_create(entries, update_conflicts=True, unique_fields=["id"], update_fields=UPDATED_FIELDS)


def add_new(entries: Iterable[Entry]) -> None:
    """Add many texts that are not in the index, cheaper than `add`."""
    bulk.Table(Entry, *COLUMNS).insert(map(attrgetter(*COLUMNS), entries))


def remove_comment(time: datetime, number: int) -> None:
    """Remove a comment from the index, if it is there."""
    Entry.objects.filter(id=key(Kind.COMMENT, time, number=number)).delete()


def remove_essay(essay: int, *, with_comments: bool) -> None:
    """Remove an essay and its notes from the index, and with a deleted essay its comments."""
    first = 0 if with_comments else key_range(Kind.NOTE)[0]
    Entry.objects.filter(essay=essay, id__gte=first).delete()


def build(
    kind: Kind,
    *,
    time: datetime,
    essay: int,
    address: str,
    authors: Sequence[str],
    language: str,
    text: str,
    number: int = 0,
    title: str = "",
    subtitle: str = "",
    tags: Sequence[tuple[str, str]] = (),
    is_page: bool = False,
) -> Entry:
    """Return the unsaved entry of a text; `tags` are pairs of slug and name."""
    names = " \n ".join(name for _slug, name in tags)
    tokens = tokens_of(text, language, title=f"{title} {subtitle}", tags=names, has_frequent=kind == Kind.ESSAY)
    return Entry(
        id=key(kind, time, essay, number),
        essay=essay,
        number=number,
        authors=" ".join(authors)[:500],
        language=language,
        is_page=is_page,
        tags="\n".join(f"{slug}\t{name}" for slug, name in tags),
        title=title,
        address=address,
        text=text,
        tokens=tokens,
    )


def key(kind: Kind, time: datetime, essay: int = 0, number: int = 0) -> int:
    """Return the key of a text: kind, seconds since 1900, number."""
    seconds = min(max(int(time.timestamp()) + EPOCH, 0), (1 << TIME_BITS) - 1)
    if kind == Kind.ESSAY:
        number = essay
    elif kind == Kind.NOTE:
        number = essay << NOTE_BITS | number % (1 << NOTE_BITS)
    return (kind << TIME_BITS | seconds) << NUMBER_BITS | number % (1 << NUMBER_BITS)


def key_range(kind: Kind, since: datetime | None = None, until: datetime | None = None) -> tuple[int, int]:
    """Return the first and last key of a kind from one second to another, both inclusive."""
    first = key(kind, since) if since else kind << TIME_BITS + NUMBER_BITS
    last = key(kind, until) if until else (kind + 1 << TIME_BITS + NUMBER_BITS) - 1
    return first, last | (1 << NUMBER_BITS) - 1


def seconds_of(entry_key: int) -> int:
    """Return the time in a key, in seconds since 1970."""
    return (entry_key >> NUMBER_BITS & (1 << TIME_BITS) - 1) - EPOCH


def plain(source: str) -> str:
    """Return the text of cleaned HTML, one line per block."""
    text = html.unescape(_TAG.sub("", _BLOCK_EDGE.sub("\n", source)))
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


def fold(text: str) -> str:
    """Return a text without differences of case, width and accents."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _IGNORED.sub("", text)).casefold()
    return unicodedata.normalize("NFKC", _ACCENT.sub("", unicodedata.normalize("NFKD", text)))


def words(folded: str) -> list[str]:
    """Return the words of a folded text; of a script without spaces, each unbroken run."""
    found = _ASCII_WORD.findall(folded) if folded.isascii() else _WORD.findall(folded)
    return [word if len(word) <= MAX_WORD or is_unspaced(word) else word[:MAX_WORD] for word in found]


def is_unspaced(word: str) -> bool:
    """Return whether a word is a run of a script that puts no spaces between words."""
    return not word.isascii() and _STARTS_UNSPACED.match(word) is not None


def cut(run: str) -> list[str]:
    """Cut a run into overlapping pairs of characters; a single character is returned as it is."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


@lru_cache(maxsize=30_000)
def stem(word: str, language: str) -> str:
    """Return the stem of a folded word, or the word itself if there is no stemmer for the language."""
    algorithm = STEMMERS.get(language.partition("-")[0])
    if not algorithm or len(word) < 3 or word.isdigit():
        return word
    with _stemming:  # a stemmer stores the word it works on, so threads share it one by one
        return str(_stemmer(algorithm).stemWord(word))


@lru_cache
def _stemmer(algorithm: str) -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer(algorithm)


def pair(first: str, second: str) -> str:
    """Return the token of two neighboring words."""
    return f"{PAIR}{crc32(f'{first} {second}'.encode()):08x}"


def stems(found: Iterable[str], language: str) -> Iterator[str]:
    """Return the stems of words, and of unspaced runs each character and each pair."""
    for word in found:
        if is_unspaced(word):
            yield from word
            if len(word) > 1:
                yield from cut(word)
        else:
            yield stem(word, language)


def tokens_of(text: str, language: str, *, title: str = "", tags: str = "", has_frequent: bool = False) -> str:
    """Return the tokens of a text with its title and tags, separated by spaces.

    `has_frequent`: whether words that occur often are marked, so that an essay about something comes before one that
    mentions it.
    """
    body = words(fold(text))[:MAX_WORDS]
    titled, tagged = words(fold(title)), words(fold(tags))
    counted: Counter[str] = Counter()
    for word, count in Counter(body).items():
        for each in (stem(word, language),) if word.isascii() else stems([word], language):
            counted[each] += count
    in_title, in_tags = set(stems(titled, language)), set(stems(tagged, language))
    found = [f"{TITLE}{word}" for word in in_title] + [f"{TAG}{word}" for word in in_tags]
    if has_frequent:
        found += [f"{OFTEN}{word}" for word, count in counted.items() if count >= OFTEN_FROM]
    found += [f"{ANYWHERE}{word}" for word in {*in_title, *in_tags, *counted}]
    for part in (titled, tagged, body):
        found += [f"{PAIR}{crc32(f'{a} {b}'.encode()):08x}" for a, b in {*pairwise(part)}]  # pair(), without its calls
    return cut_to_size(found)


def cut_to_size(found: list[str]) -> str:
    """Join the tokens that fit; only a text made to be too large has more."""
    joined = " ".join(found)
    while len(joined.encode()) + 4 * len(found) > MAX_TOKENS_BYTES:
        found = found[: len(found) * 3 // 4]
        joined = " ".join(found)
    return joined
