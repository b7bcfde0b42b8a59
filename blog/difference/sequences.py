"""Compares two sequences and yields common and different slices in order; bounded in time."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

Items = Sequence[Hashable]
MAX_GAP_PAIRS = 90_000  # pairs of items compared in one gap


@dataclass
class Budget:
    """The number of pairs of items that may still be compared."""

    left: int

    def spend(self, pairs: int) -> bool:
        """Take a number of pairs from the budget and return true, or return false if too few are left."""
        if pairs > min(MAX_GAP_PAIRS, self.left):
            return False
        self.left -= pairs
        return True


class Step(NamedTuple):
    """A slice of each of two sequences, which are the same or differ."""

    is_same: bool
    a: slice
    b: slice


def compare_sequences(a: Items, b: Items, budget: Budget) -> Iterator[Step]:
    """Yield the common and the different slices of two sequences, in order.

    Items that occur once in each are matched first, at any length (patience diff), then the gaps, within the budget.
    """
    start, end = 0, 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    last = len(a) - end, len(b) - end
    if start:
        yield Step(True, slice(0, start), slice(0, start))
    x, y = start, start
    for i, j in [*anchors(a, b, start, *last), last]:
        yield from compare_gap(a, b, slice(x, i), slice(y, j), budget)
        if (i, j) != last:
            yield Step(True, slice(i, i + 1), slice(j, j + 1))
        x, y = i + 1, j + 1
    if end:
        yield Step(True, slice(last[0], len(a)), slice(last[1], len(b)))


def anchors(a: Items, b: Items, start: int, a_end: int, b_end: int) -> list[tuple[int, int]]:
    """Return the index pairs of items that occur once in each sequence: as many as are in the same order in both."""
    in_a, in_b = Counter(a[start:a_end]), Counter(b[start:b_end])
    place = {b[j]: j for j in range(start, b_end) if in_b[b[j]] == 1}
    pairs = [(i, place[a[i]]) for i in range(start, a_end) if in_a[a[i]] == 1 and a[i] in place]
    tails: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for index, (_i, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        before.append(tops[at - 1] if at else -1)
        tails[at : at + 1] = [j]
        tops[at : at + 1] = [index]
    found = []
    index = tops[-1] if tops else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def compare_gap(a: Items, b: Items, in_a: slice, in_b: slice, budget: Budget) -> Iterator[Step]:
    """Yield the steps of two slices, as one difference if the budget does not allow comparing their items."""
    left, right = a[in_a], b[in_b]
    if not left and not right:
        return
    if not left or not right or not budget.spend(len(left) * len(right)):
        yield Step(False, in_a, in_b)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        at_a, at_b = slice(in_a.start + i1, in_a.start + i2), slice(in_b.start + j1, in_b.start + j2)
        yield Step(tag == "equal", at_a, at_b)
