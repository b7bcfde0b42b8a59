"""What is learnt from one comment: its features by their hashes alone, no words; and how many of them are kept."""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from comments.spam.features import SIGN, Said, features, hashed

Row = Sequence[tuple[int, float]]  # features by their hash, each with how much it weighs in its comment

SIGN_WEIGHS = 0.15  # each says little, and all comments have the same few
KEPT = 330_000  # features in all, 4 bytes each; beyond it a fair sample of the comments is kept
HEAD = 4


@dataclass(frozen=True)
class Lesson:
    words: Sequence[int]
    signs: Sequence[int]
    is_spam: bool
    group: int  # the same for all that say the same, whoever says it: they are tried together

    @property
    def row(self) -> Row:
        return weighed(self.words, self.signs)

    @property
    def size(self) -> int:
        return HEAD + len(self.words) + len(self.signs)

    @property
    def identity(self) -> int:
        return zlib.crc32(packed([self]))


def lesson(said: Said, *, is_spam: bool) -> Lesson:
    found = features(said)
    return Lesson(
        array("I", (hashed(feature) for feature in found if feature[0] != SIGN)),
        array("I", (hashed(feature) for feature in found if feature[0] == SIGN)),
        is_spam,
        hashed(said.about),
    )


def weighed(words: Sequence[int], signs: Sequence[int]) -> Row:
    of_word = word_weighs(words)
    return [(key, of_word) for key in words] + [(key, SIGN_WEIGHS) for key in signs]


def word_weighs(words: Sequence[int]) -> float:
    """The more words there are, the less each of them says."""
    return float(len(words) ** -0.5) if words else 0.0


def kept(lessons: Iterable[Lesson]) -> list[Lesson]:
    """Each once, in an order and a choice that depend on nothing but what they are."""
    found: dict[int, Lesson] = {}
    size = 0
    for each in lessons:
        if (identity := each.identity) not in found:
            found[identity] = each
            size += each.size
        if size > 2 * KEPT:
            found = sample(found)
            size = sum(each.size for each in found.values())
    return list(sample(found).values())


def sample(found: dict[int, Lesson]) -> dict[int, Lesson]:
    chosen, size = {}, 0
    for identity in sorted(found):
        size += found[identity].size
        if size > KEPT:
            break
        chosen[identity] = found[identity]
    return chosen


def packed(lessons: Iterable[Lesson]) -> bytes:
    numbers = array("I")
    for each in lessons:
        numbers.extend((each.is_spam, each.group, len(each.words), len(each.signs), *each.words, *each.signs))
    return numbers.tobytes()


def unpacked(data: bytes) -> list[Lesson]:
    numbers, found, at = array("I", data), [], 0
    while at < len(numbers):
        is_spam, group, words, signs = numbers[at : at + HEAD]
        at += HEAD + words + signs
        found.append(Lesson(numbers[at - words - signs : at - signs], numbers[at - signs : at], bool(is_spam), group))
    return found


@cache
def ground() -> tuple[Lesson, ...]:
    """Comments that we made up, so that what is not said under the comments it learns from is not all news to it.

    They bend no word's meaning far: what a site teaches is many times as much.
    """
    return tuple(
        lesson(Said(text.strip()), is_spam=is_spam)
        for name, is_spam in (("ordinary", False), ("unwanted", True))
        for text in (Path(__file__).with_name(f"{name}.txt")).read_text().split("\n%\n")
    )
