"""Where a part of the old text is in the new one, according to the pairs of sentences and, inside them, of words."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise

from comments.passages.matching.alignment import Alignment
from comments.passages.matching.rewording import Comparison
from comments.passages.matching.similarity import WORD, Sentence
from comments.passages.matching.text import Span, Text

SHARE = 0.6  # of a passage's words, by weight, that must be there
MAX_PAIRS = 200_000  # of words compared in one pair of sentences
GROWTH = 2.0  # times its length, and the slack, that a passage may grow
SLACK = 80


class Images:
    def __init__(self, old: Text, new: Text, alignment: Alignment, comparison: Comparison) -> None:
        self.old, self.new = old, new
        self.alignment = alignment
        self.weights = comparison.weights
        self.blocks: dict[tuple[int, ...], WordMap] = {}

    def covered(self, span: Span) -> Iterator[tuple[int, Span]]:
        """Yield each old sentence with words in a span, and the part of it that is in the span."""
        for i in range(self.old.sentence_at(span.start), self.old.sentence_at(span.end - 1) + 1):
            sentence = self.old.sentences[i]
            part = Span(max(span.start, sentence.start), min(span.end, sentence.end))
            if part.start < part.end:
                yield i, part

    def copy(self, span: Span) -> Span | None:
        """Return where a span inside one sentence is, if this sentence is in the new text as it was."""
        parts = list(self.covered(span))
        if len(parts) != 1 or parts[0][1] != span:
            return None
        pair = self.alignment.pairs.get(parts[0][0])
        if pair is None or pair.how == "reworded":
            return None
        by = self.new.sentences[pair.first].start - self.old.sentences[parts[0][0]].start
        return Span(span.start + by, span.end + by)

    def image(self, span: Span) -> Span | None:
        """Return where the words of a span are now, if enough of them are still there, else None."""
        found: list[Span] = []
        here = total = 0.0
        for i, part in self.covered(span):
            weight = self.weight(part)
            total += weight
            if image := self.image_of_part(i, part):
                found.append(image)
                here += weight
        if not found or here < SHARE * total:
            return None
        if any(one.end > other.start for one, other in pairwise(found)):
            return None
        whole = Span(found[0].start, found[-1].end)
        return whole if whole.end - whole.start <= GROWTH * (span.end - span.start) + SLACK or len(found) == 1 else None

    def weight(self, span: Span) -> float:
        return self.weights.total(Sentence(span, self.old.words(span)).stems)

    def image_of_part(self, i: int, part: Span) -> Span | None:
        """Return where a part of an old sentence is now."""
        pair = self.alignment.pairs.get(i)
        if pair is None:
            return None
        if pair.how != "reworded":
            by = self.new.sentences[pair.first].start - self.old.sentences[i].start
            return Span(part.start + by, part.end + by)
        whole = Span(self.new.sentences[pair.first].start, self.new.sentences[pair.last].end)
        sources = sorted({source for j in range(pair.first, pair.last + 1) for source in self.alignment.sources[j]})
        sentence = self.old.sentences[i]
        is_whole = not WORD.search(self.old.line[sentence.start : part.start]) and not WORD.search(
            self.old.line[part.end : sentence.end]
        )
        if is_whole and len(sources) == 1:
            return whole
        return self.word_map(tuple(sources), whole).image(part, self.weights, is_whole=is_whole)

    def word_map(self, sources: tuple[int, ...], whole: Span) -> "WordMap":
        if sources not in self.blocks:
            old = [self.alignment.old[i] for i in sources]
            self.blocks[sources] = WordMap(old, Sentence(whole, self.new.words(whole)))
        return self.blocks[sources]


class WordMap:
    """Which words of a new sentence those of the old ones became."""

    def __init__(self, old: list[Sentence], new: Sentence) -> None:
        self.old = [token for sentence in old for token in sentence.tokens]
        self.new = new
        self.first, self.last = old[0].span, old[-1].span

    @cached_property
    def steps(self) -> Sequence[tuple[str, int, int, int, int]]:
        a, b = [word for word, _ in self.old], [word for word, _ in self.new.tokens]
        if len(a) * len(b) > MAX_PAIRS:
            return []
        return SequenceMatcher(None, a, b, autojunk=False).get_opcodes()

    def image(self, part: Span, weights: object, *, is_whole: bool) -> Span | None:
        """Return the span of the words that those in a part of the old sentences became."""
        tokens = [
            index for index, (_, span) in enumerate(self.old) if part.start <= span.start and span.end <= part.end
        ]
        if not tokens:
            return None
        first, last = tokens[0], tokens[-1] + 1
        kept = 0
        inside: list[int] = []
        for kind, a1, a2, b1, b2 in self.steps:
            low, high = max(a1, first), min(a2, last)
            if low >= high:
                continue
            if kind == "equal":
                kept += sum(len(self.old[index][0]) for index in range(low, high))
                inside += [b1 + low - a1, b1 + high - a1 - 1]
            elif kind == "replace" and first <= a1 and a2 <= last:
                inside += [b1, b2 - 1]
        total = sum(len(self.old[index][0]) for index in range(first, last))
        if not inside or kept < (0.4 if is_whole else SHARE) * total:
            return None
        start, end = self.new.tokens[min(inside)][1].start, self.new.tokens[max(inside)][1].end
        if first == 0:
            start = self.new.span.start if min(inside) == 0 else start
        if max(inside) == len(self.new.tokens) - 1 and last == len(self.old):
            end = self.new.span.end
        return Span(start, end)
