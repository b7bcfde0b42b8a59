"""How similar two sentences are, from 0 to 1: their common words, rare ones weighing more, and their order."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from comments.passages.matching.paragraphs import UNSPACED
from comments.passages.matching.text import Span

# A Chinese or Japanese character or sign of a script without spaces, a number, or a word.
WORD = re.compile(rf"[{UNSPACED}\u0e00-\u0eff\u1780-\u17ff]|\d+(?:[.,:]\d+)*|[^\W\d{UNSPACED}]+(?:['’.]\w+)*|\w")
_ASCII_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d]+(?:['.]\w+)*|\w", re.ASCII)
_STEM = 5  # letters by which words are compared, so that endings don't count
MAX_SENTENCE = 300  # words of a sentence that are compared
LEAST, LEAST_INSIDE = 0.35, 0.65  # common words, in both and in the smaller, below which their order isn't looked at
_SIGN_OF_NUMBER = re.compile(r"\d")


def tidy_word(word: str) -> str:
    return word.lower().replace("’", "'")


@dataclass
class Sentence:
    """A sentence or several, with its words as they are compared."""

    span: Span
    text: str

    @cached_property
    def tokens(self) -> list[tuple[str, Span]]:
        """Each word in lower case with its span in the text's line."""
        at = self.span.start
        return [(tidy_word(word[0]), Span(at + word.start(), at + word.end())) for word in WORD.finditer(self.text)]

    @cached_property
    def stems(self) -> list[str]:
        """The words, without their endings."""
        pattern = _ASCII_WORD if self.text.isascii() else WORD
        words = map(tidy_word, pattern.findall(self.text)[:MAX_SENTENCE])
        return [word if _SIGN_OF_NUMBER.search(word) else word[:_STEM] for word in words]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.stems)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(stem for stem in self.counts if _SIGN_OF_NUMBER.search(stem))


@dataclass(frozen=True)
class Similarity:
    """`dice`: the weight of common words in both; `ordered`: only those in the same order; `inside`: in the smaller."""

    dice: float
    ordered: float
    inside: float
    shared: float  # weight
    words: int  # of the smaller sentence

    @property
    def total(self) -> float:
        return 0.5 * self.dice + 0.5 * self.ordered


NOTHING = Similarity(0.0, 0.0, 0.0, 0.0, 0)


class Weights:
    """The weight of each word: the rarer it is in the sentences, the more."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        counts = Counter(stem for sentence in sentences for stem in sentence.counts)
        self.default = math.log(1 + len(sentences) / 2)
        self.weights = {stem: math.log(1 + len(sentences) / count) for stem, count in counts.items()}

    def of(self, stem: str) -> float:
        return self.weights.get(stem, self.default)

    def total(self, stems: Iterable[str]) -> float:
        return sum(self.weights.get(stem, self.default) for stem in stems)

    def compare(self, one: Sentence, other: Sentence) -> Similarity:
        """Compare two sentences."""
        totals = self.total(one.stems), self.total(other.stems)
        shared = self.total((one.counts & other.counts).elements())
        if not shared:
            return NOTHING
        if 2 * shared < LEAST * sum(totals) and shared < LEAST_INSIDE * min(totals):
            return Similarity(2 * shared / sum(totals), 0.0, 0.0, shared, 0)
        matcher = SequenceMatcher(None, one.stems, other.stems, autojunk=False)
        ordered = sum(self.total(one.stems[block.a : block.a + block.size]) for block in matcher.get_matching_blocks())
        both = sum(totals)
        return Similarity(
            2 * shared / both, 2 * ordered / both, ordered / min(totals), shared, min(len(one.stems), len(other.stems))
        )
