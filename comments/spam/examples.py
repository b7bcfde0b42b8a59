"""Training examples: the hashed features of labeled comments, and the sample of them that is stored."""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from comments.spam.features import SIGN, Submission, extract_features, hash_feature

Row = Sequence[tuple[int, float]]  # hashed features, each with its weight in the comment

SIGN_WEIGHT = 0.15  # each says little, and all comments share the same few
MAX_FEATURES = 330_000  # in total, 4 bytes each; above it a fair sample of the comments is kept
HEADER_SIZE = 4


@dataclass(frozen=True)
class Example:
    words: Sequence[int]
    signs: Sequence[int]
    is_spam: bool
    group: int  # equal for equal texts, which stay in one fold of cross-validation

    @property
    def row(self) -> Row:
        """The hashed words and signs with their weights in this comment."""
        return weighted_row(self.words, self.signs)

    @property
    def size(self) -> int:
        """The number of integers that it takes when packed."""
        return HEADER_SIZE + len(self.words) + len(self.signs)

    @property
    def identity(self) -> int:
        """A checksum by which duplicates are found."""
        return zlib.crc32(pack([self]))


def make_example(submission: Submission, *, is_spam: bool) -> Example:
    """Extract and hash the features of a labeled comment."""
    found = extract_features(submission)
    return Example(
        array("I", (hash_feature(feature) for feature in found if feature[0] != SIGN)),
        array("I", (hash_feature(feature) for feature in found if feature[0] == SIGN)),
        is_spam,
        hash_feature(submission.text_identity),
    )


def weighted_row(words: Sequence[int], signs: Sequence[int]) -> Row:
    """Return the hashed words and signs with their weights in this comment."""
    of_word = word_weight(words)
    return [(key, of_word) for key in words] + [(key, SIGN_WEIGHT) for key in signs]


def word_weight(words: Sequence[int]) -> float:
    """The weight of each word, lower the more words there are."""
    return float(len(words) ** -0.5) if words else 0.0


def select_examples(examples: Iterable[Example]) -> list[Example]:
    """Remove duplicates and sample down to the limit; order and choice depend only on the examples themselves."""
    found: dict[int, Example] = {}
    size = 0
    for each in examples:
        if (identity := each.identity) not in found:
            found[identity] = each
            size += each.size
        if size > 2 * MAX_FEATURES:
            found = sample(found)
            size = sum(each.size for each in found.values())
    return list(sample(found).values())


def sample(found: dict[int, Example]) -> dict[int, Example]:
    """Keep the examples with the lowest checksums, up to MAX_FEATURES."""
    chosen, size = {}, 0
    for identity in sorted(found):
        size += found[identity].size
        if size > MAX_FEATURES:
            break
        chosen[identity] = found[identity]
    return chosen


def pack(examples: Iterable[Example]) -> bytes:
    """Serialize examples as 4-byte integers."""
    numbers = array("I")
    for each in examples:
        numbers.extend((each.is_spam, each.group, len(each.words), len(each.signs), *each.words, *each.signs))
    return numbers.tobytes()


def unpack(data: bytes) -> list[Example]:
    """Read what pack() wrote."""
    numbers, found, at = array("I", data), [], 0
    while at < len(numbers):
        is_spam, group, words, signs = numbers[at : at + HEADER_SIZE]
        at += HEADER_SIZE + words + signs
        found.append(Example(numbers[at - words - signs : at - signs], numbers[at - signs : at], bool(is_spam), group))
    return found


@cache
def built_in_examples() -> tuple[Example, ...]:
    """Invented comments that cover vocabulary a site's own examples lack; a trained site outweighs them many times."""
    return tuple(
        make_example(Submission(text.strip()), is_spam=is_spam)
        for name, is_spam in (("ordinary", False), ("unwanted", True))
        for text in (Path(__file__).with_name(f"{name}.txt")).read_text().split("\n%\n")
    )
