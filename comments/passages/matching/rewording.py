"""Pairs the sentences that were reworded, where their words, their neighbors and all other sentences agree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nlargest

from blog.difference import Budget
from comments.passages.matching.alignment import MAX_ROUNDS, REWORDED, Alignment, is_between
from comments.passages.matching.similarity import NOTHING, Sentence, Similarity, Weights

MAX_COMPARED = 20_000_000  # pairs of words compared in two texts
MAX_LOOKED_UP = 2_000_000  # common words counted to find candidates
CANDIDATES = 6  # sentences compared with each
MAX_PLACES = 60  # sentences with a word, above which it leads to no candidates
BOTH_SIDES = 0.5  # similarity needed between two unchanged neighbors
# The similarity needed between two pairs, by the sum of what they are, and the distance to the next candidate.
NEEDED = {8: (BOTH_SIDES, 0.0), 7: (0.51, 0.02), 6: (0.52, 0.05), 5: (0.53, 0.05), 4: (0.55, 0.05)}
FEW, SOME = 3, 8  # sentences without a pair between those of the chain
OTHER_NUMBERS, OTHER_NUMBERS_NEAR = 0.75, 0.9  # factors for sentences without a common number; near two pairs
MUCH = 0.15  # more similarity than that of a pair between two others
MAX_COMMON = 0.5  # of the words that two parts of a sentence have of it
MOSTLY = 0.6  # of a sentence that is inside another one, from which the pair counts more
INSIDE = 1.5  # how much more
MIN_SHARED, MIN_WORDS = 10.0, 3  # weight of the common words for that, and words of the smaller sentence
SWAPPED, LIKE = 0.85, 0.25  # similarity needed of a swapped sentence, if it is so similar to its neighbor
SMALL_PART = 0.55  # of the similarity to a part: a sentence that is about a third of the other one
NEAR = 5  # sentences without a pair between two pairs, up to which all are compared


class Comparison:
    """Similarities between the sentences of two texts, each computed once."""

    def __init__(self, alignment: Alignment) -> None:
        self.alignment = alignment
        self.weights = Weights([*alignment.old, *alignment.new])
        self.budget = Budget(MAX_COMPARED)
        self.known: dict[tuple[int, int], Similarity] = {}

    def similarity(self, i: int, j: int) -> Similarity:
        """Compare an old sentence with a new one; 0 if the budget is spent."""
        if (i, j) not in self.known:
            one, other = self.alignment.old[i], self.alignment.new[j]
            affordable = self.budget.spend(1 + len(one.stems) * len(other.stems))
            self.known[i, j] = self.weights.compare(one, other) if affordable else NOTHING
        return self.known[i, j]

    def score(self, i: int, j: int) -> float:
        return score(self.similarity(i, j))


def score(similarity: Similarity) -> float:
    """Return the similarity as one number; a sentence of which most is in a longer one counts more."""
    if similarity.shared <= MIN_SHARED or similarity.words < MIN_WORDS:
        return similarity.total
    return similarity.total + (1 - similarity.total) * INSIDE * max(0.0, similarity.inside - MOSTLY)


def is_small_part(similarity: Similarity) -> bool:
    """Return whether one sentence is much shorter than the other one, so that its words may well be there by chance."""
    return similarity.dice < SMALL_PART * similarity.inside


@dataclass
class Candidates:
    """For each sentence without a pair, the ones most like it in the other text, by a rough measure."""

    pairs: set[tuple[int, int]] = field(default_factory=set)
    rivals_of_old: dict[int, list[int]] = field(default_factory=dict)  # new sentences, with a pair or not
    rivals_of_new: dict[int, list[int]] = field(default_factory=dict)


def find_candidates(comparison: Comparison) -> Candidates:
    """Find the pairs of sentences that may be the same, by their rare words and by their place."""
    alignment = comparison.alignment
    found = Candidates()
    free_old = [i for i in range(len(alignment.old)) if i not in alignment.pairs]
    free_new = [j for j in range(len(alignment.new)) if j not in alignment.sources]
    budget = [MAX_LOOKED_UP]
    found.rivals_of_old = most_alike(alignment.old, free_old, alignment.new, comparison.weights, budget)
    found.rivals_of_new = most_alike(alignment.new, free_new, alignment.old, comparison.weights, budget)
    found.pairs |= {(i, j) for i, rivals in found.rivals_of_old.items() for j in rivals if j not in alignment.sources}
    found.pairs |= {(i, j) for j, rivals in found.rivals_of_new.items() for i in rivals if i not in alignment.pairs}
    for i in free_old:
        (a, c), (b, d) = alignment.bracket(i)
        if (b - a - 1) <= NEAR * 4 and (d - c - 1) <= NEAR * 4:
            free = [j for j in range(c + 1, d) if j not in alignment.sources]
            found.pairs |= {(i, j) for j in free if len(free) <= NEAR}
    return found


def most_alike(
    sentences: list[Sentence], free: Iterable[int], others: list[Sentence], weights: Weights, budget: list[int]
) -> dict[int, list[int]]:
    """Return for each free sentence the others that share most of its rare words."""
    places: dict[str, list[int]] = defaultdict(list)
    totals = [weights.total(other.stems) for other in others]
    for index, other in enumerate(others):
        for stem in other.counts:
            places[stem].append(index)
    found = {}
    for i in free:
        shared: dict[int, float] = defaultdict(float)
        for stem in sentences[i].counts:
            with_it = places.get(stem, ())
            if len(with_it) > MAX_PLACES or len(with_it) > budget[0]:
                continue
            budget[0] -= len(with_it)
            weight = weights.of(stem)
            for j in with_it:
                shared[j] += weight
        own = weights.total(sentences[i].stems)
        found[i] = nlargest(CANDIDATES, shared, key=lambda j: (shared[j] / (own + totals[j]), -j))
    return found


def pair_reworded(comparison: Comparison) -> None:
    """Pair reworded sentences in rounds, the surest first, as each pair is a neighbor for others."""
    alignment = comparison.alignment
    candidates = find_candidates(comparison)
    stood_before = {sentence.text for sentence in alignment.old}
    pairs = [(i, j) for i, j in sorted(candidates.pairs) if alignment.new[j].text not in stood_before]
    rivals = Rivals(comparison, candidates)
    for _ in range(MAX_ROUNDS):
        sure = []
        for i, j in pairs:
            if alignment.is_free(i, j) and (margin := confidence(comparison, rivals, i, j)) > 0:
                sure.append((margin, i, j))
        if not sure:
            break
        for _margin, i, j in sorted(sure, key=lambda each: (-each[0], each[1], each[2])):
            if alignment.is_free(i, j):
                alignment.add(i, j, "reworded")
        alignment.find_chain()
    drop_doubtful_swaps(comparison)


def drop_doubtful_swaps(comparison: Comparison) -> None:
    """Drop pairs of similar neighbors that seem to be swapped: one may be gone, and another one like it new."""
    alignment = comparison.alignment
    doubtful = [i for i, pair in alignment.pairs.items() if pair.how == "reworded" and is_doubtful_swap(comparison, i)]
    for i in doubtful:
        alignment.remove(i)
    alignment.find_chain()


def is_doubtful_swap(comparison: Comparison, i: int) -> bool:
    """Return whether an old sentence left its place, is not nearly the same, and is like a sentence beside it."""
    alignment = comparison.alignment
    before, after = alignment.pairs.get(i - 1), alignment.pairs.get(i + 1)
    if before is None or after is None or before.last + 1 != after.first:
        return False
    if comparison.similarity(i, alignment.pairs[i].first).total >= SWAPPED:
        return False
    beside = (alignment.old[i - 1], alignment.old[i + 1])
    return max(comparison.weights.compare(alignment.old[i], each).total for each in beside) >= LIKE


class Rivals:
    """The pairs that a pair competes with."""

    def __init__(self, comparison: Comparison, candidates: Candidates) -> None:
        self.comparison, self.candidates = comparison, candidates
        self.by_old: dict[int, list[int]] = defaultdict(list)
        self.by_new: dict[int, list[int]] = defaultdict(list)
        for i, j in candidates.pairs:
            self.by_old[i].append(j)
            self.by_new[j].append(i)

    def of(self, i: int, j: int) -> Iterator[tuple[int, int]]:
        """Yield the possible pairs of either sentence with another one, except those that are parts of it."""
        alignment = self.comparison.alignment
        for y in self.by_old[i]:
            if y != j and y not in alignment.sources and not self.are_parts(alignment.old[i], alignment.new, j, y):
                yield i, y
        for x in self.by_new[j]:
            if x != i and x not in alignment.pairs and not self.are_parts(alignment.new[j], alignment.old, i, x):
                yield x, j

    def are_parts(self, whole: Sentence, sentences: list[Sentence], one: int, other: int) -> bool:
        """Return whether two sentences side by side have different words of a third one, which was split or merged."""
        if abs(one - other) != 1:
            return False
        weights = self.comparison.weights
        first, second = (whole.counts & sentences[index].counts for index in (one, other))
        in_both, least = (first & second).elements(), min(weights.total(each.elements()) for each in (first, second))
        return weights.total(in_both) < MAX_COMMON * least

    def best_with_pair(self, j: int) -> float:
        """Return how similar the new sentence `j` is to the most similar old one that has a pair."""
        old = (x for x in self.candidates.rivals_of_new.get(j, ()) if x in self.comparison.alignment.pairs)
        return max((self.comparison.score(x, j) for x in old), default=0.0)


def required(alignment: Alignment, i: int, j: int) -> tuple[float, float]:
    """Return the similarity that a pair needs at its place, and the distance to the next candidate."""
    before, after = alignment.neighbor(i, j, -1), alignment.neighbor(i, j, 1)
    if before and after:
        return NEEDED[before + after]
    near = 0.03 * (before >= REWORDED or after >= REWORDED)
    if is_between(alignment, i, j):
        free = max(alignment.free_between(i))
        if free <= FEW:
            return 0.56 - near, 0.08
        return (0.59 if free <= SOME else 0.62) - near, 0.1
    return (0.65, 0.1) if near else (0.78, 0.12)


def surplus(comparison: Comparison, i: int, j: int) -> float:
    """Return by how much a pair is more similar than it needs to be at its place; less if the numbers differ."""
    needed, _ = required(comparison.alignment, i, j)
    one, other = comparison.alignment.old[i], comparison.alignment.new[j]
    similarity = comparison.score(i, j)
    if one.numbers and other.numbers and not one.numbers & other.numbers and needed > BOTH_SIDES:
        similarity *= OTHER_NUMBERS if needed > NEEDED[4][0] else OTHER_NUMBERS_NEAR
    return similarity - needed


def confidence(comparison: Comparison, rivals: Rivals, i: int, j: int) -> float:
    """Return how sure a pair is, compared with all that it competes with; 0 or less if it isn't."""
    if comparison.score(i, j) < BOTH_SIDES or (own := surplus(comparison, i, j)) <= 0:
        return 0.0
    similarity = comparison.score(i, j)
    if similarity < rivals.best_with_pair(j):
        return 0.0
    needed, distance = required(comparison.alignment, i, j)
    if needed > NEEDED[4][0] and is_small_part(comparison.similarity(i, j)):
        return 0.0
    for x, y in rivals.of(i, j):
        rival = comparison.score(x, y)
        if rival > similarity + MUCH or own - surplus(comparison, x, y) < distance:
            return 0.0
    return own
