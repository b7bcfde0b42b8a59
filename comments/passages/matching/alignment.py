"""Which sentence of a new text each sentence of the old one became."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from comments.passages.matching.similarity import Sentence
from comments.passages.matching.text import Text

LONG = 30  # characters from which a sentence that occurs once in each text is the same one wherever it is
MAX_PAIRS_OF_A_SENTENCE = 64  # places in the old text times those in the new, of a sentence that is repeated
MAX_ROUNDS = 8
NEAR = 3  # sentences to the nearest pair on one side
# What the nearest pair on one side is: the next sentence, unchanged or reworded, or one after it.
UNCHANGED, REWORDED, NEARBY = 4, 3, 2


@dataclass
class Pair:
    """Sentences `first` to `last` of the new text, which an old one became."""

    first: int
    last: int
    how: str  # exact, context or reworded


@dataclass
class Alignment:
    """The pairs found so far, by the index of the old sentence, and the old sentences of each new one."""

    old: list[Sentence]
    new: list[Sentence]
    pairs: dict[int, Pair] = field(default_factory=dict)
    sources: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    chain: list[tuple[int, int]] = field(default_factory=list)
    """The pairs that are in the same order in both texts, as many as there are."""

    @cached_property
    def texts(self) -> tuple[frozenset[str], frozenset[str]]:
        """The sentences of each text."""
        return frozenset(each.text for each in self.old), frozenset(each.text for each in self.new)

    @classmethod
    def of(cls, old: Text, new: Text) -> "Alignment":
        """Start an alignment of two texts, without pairs."""
        before, after = ([Sentence(span, text.words(span)) for span in text.sentences] for text in (old, new))
        return cls(before, after)

    def add(self, i: int, j: int, how: str) -> None:
        self.pairs[i] = Pair(j, j, how)
        self.sources[j].append(i)

    def remove(self, i: int) -> None:
        for j in range(self.pairs[i].first, self.pairs[i].last + 1):
            self.sources[j].remove(i)
            if not self.sources[j]:
                del self.sources[j]
        del self.pairs[i]

    def extend(self, i: int, j: int) -> None:
        """Add a new sentence beside those that an old one became."""
        pair = self.pairs[i]
        pair.first, pair.last = min(pair.first, j), max(pair.last, j)
        self.sources[j].append(i)

    def is_free(self, i: int, j: int) -> bool:
        return i not in self.pairs and j not in self.sources

    def find_chain(self) -> None:
        """Set `chain` to a longest list of pairs in the same order in both texts."""
        ordered = [(i, self.pairs[i].first) for i in sorted(self.pairs)]
        tails: list[int] = []
        tops: list[int] = []
        before: list[int] = []
        for index, (_, j) in enumerate(ordered):
            at = bisect_left(tails, j)
            before.append(tops[at - 1] if at else -1)
            tails[at : at + 1] = [j]
            tops[at : at + 1] = [index]
        self.chain = []
        index = tops[-1] if tops else -1
        while index >= 0:
            self.chain.append(ordered[index])
            index = before[index]
        self.chain.reverse()

    def bracket(self, i: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the pairs of the chain before and after an old sentence; the edges of the texts count as pairs."""
        at = bisect_left(self.chain, (i, -1))
        before = self.chain[at - 1] if at else (-1, -1)
        at += at < len(self.chain) and self.chain[at][0] == i
        after = self.chain[at] if at < len(self.chain) else (len(self.old), len(self.new))
        return before, after

    def free_between(self, i: int) -> tuple[int, int]:
        """Return how many sentences without a pair are between the pairs of the chain around an old sentence."""
        (a, c), (b, d) = self.bracket(i)
        if b - a + d - c > 200:
            return b - a - 1, d - c - 1
        return sum(x not in self.pairs for x in range(a + 1, b)), sum(y not in self.sources for y in range(c + 1, d))

    def neighbor(self, i: int, j: int, step: int) -> int:
        """Return how sure the nearest pair beside (i, j) makes this one, on the side of `step`."""
        if (i + step, j + step) in ((-1, -1), (len(self.old), len(self.new))):
            return UNCHANGED
        for distance in range(1, NEAR + 1):
            pair = self.pairs.get(i + distance * step)
            if pair is None:
                continue
            away = ((pair.last if step < 0 else pair.first) - j) * step
            if 1 <= away <= NEAR:
                is_beside = distance == away == 1
                return (REWORDED if pair.how == "reworded" else UNCHANGED) if is_beside else NEARBY
        return 0


def pair_exact(alignment: Alignment) -> None:
    """Pair the sentences that are the same in both texts: those that occur once, then repeated ones by neighbors."""
    places: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, sentences in enumerate((alignment.old, alignment.new)):
        for index, sentence in enumerate(sentences):
            places[sentence.text][side].append(index)
    repeated = []
    short = []
    for text, (old, new) in places.items():
        if len(old) == len(new) == 1:
            if len(text) >= LONG:
                alignment.add(old[0], new[0], "exact")
            else:
                short.append((old[0], new[0]))
        elif old and new:
            repeated.append((old, new))
    for _ in range(MAX_ROUNDS):
        alignment.find_chain()
        known = len(alignment.pairs)
        for i, j in short:
            if alignment.is_free(i, j) and has_neighbor(alignment, i, j):
                alignment.add(i, j, "exact")
        extend_runs(alignment)
        for old, new in repeated:
            if len(old) * len(new) <= MAX_PAIRS_OF_A_SENTENCE:
                pair_repeated(alignment, old, new)
        if len(alignment.pairs) == known:
            break
    alignment.find_chain()


def has_neighbor(alignment: Alignment, i: int, j: int) -> bool:
    """Return whether a pair is beside (i, j), or nothing else can be between the pairs around it."""
    sides = alignment.neighbor(i, j, -1), alignment.neighbor(i, j, 1)
    return max(sides) >= REWORDED or (is_between(alignment, i, j) and min(sides) > 0)


def is_between(alignment: Alignment, i: int, j: int) -> bool:
    """Return whether (i, j) fits between the pairs of the chain."""
    before, after = alignment.bracket(i)
    return before[1] < j < after[1]


def extend_runs(alignment: Alignment) -> None:
    """Pair equal sentences beside pairs, unless what is on their other side is in another place."""
    pending = [(i, pair.last) for i, pair in alignment.pairs.items() if pair.how != "reworded"]
    while pending:
        i, j = pending.pop()
        for step in (-1, 1):
            x, y = i + step, j + step
            if not (0 <= x < len(alignment.old) and 0 <= y < len(alignment.new)) or not alignment.is_free(x, y):
                continue
            if alignment.old[x].text == alignment.new[y].text and not leads_elsewhere(alignment, x, y, step):
                alignment.add(x, y, "context")
                pending.append((x, y))


def leads_elsewhere(alignment: Alignment, i: int, j: int, step: int) -> bool:
    """Return whether a sentence beside two equal ones, on the side of `step`, is in the other text in another place."""
    x, y = i + step, j + step
    old = alignment.old[x].text if 0 <= x < len(alignment.old) else ""
    new = alignment.new[y].text if 0 <= y < len(alignment.new) else ""
    return old != new and (old in alignment.texts[1] or new in alignment.texts[0])


def pair_repeated(alignment: Alignment, old: list[int], new: list[int]) -> None:
    """Pair a repeated sentence's places that fit each other clearly better than any other place."""
    scores: dict[tuple[int, int], int] = {}
    for i in old:
        for j in new:
            if alignment.is_free(i, j):
                sides = sum(max(alignment.neighbor(i, j, step), same_beside(alignment, i, j, step)) for step in (-1, 1))
                scores[i, j] = 2 * sides + is_between(alignment, i, j)
    for (i, j), score in scores.items():
        rivals = (other for (x, y), other in scores.items() if (x == i) != (y == j))
        if score >= 1 and score > max(rivals, default=-1) + 1 and alignment.is_free(i, j):
            alignment.add(i, j, "context")


def same_beside(alignment: Alignment, i: int, j: int, step: int) -> int:
    """Return UNCHANGED if the sentences beside two equal ones are equal too, else 0."""
    x, y = i + step, j + step
    if not (0 <= x < len(alignment.old) and 0 <= y < len(alignment.new)):
        return 0
    return UNCHANGED if alignment.old[x].text == alignment.new[y].text else 0
