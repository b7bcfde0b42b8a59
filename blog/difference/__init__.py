"""Word-by-word comparison of two texts, rendered for sight and for screen readers; bounded in time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from blog.difference.blocks import Block, parse_blocks, split_lines, split_words
from blog.difference.rendering import render_changes, render_marked, render_tokens
from blog.difference.sequences import Budget, compare_sequences
from blog.models import Text

__all__ = ["Block", "Budget", "Difference", "Fold", "Row", "compare", "compare_sequences", "similarity", "split_words"]

MAX_PAIRS = 1_000_000  # pairs of items compared in one comparison of texts
MAX_CHARACTERS = 500_000  # about 70,000 words
MIN_SIMILARITY = 0.35  # share of common words from which two blocks are one changed block
LOOK_AHEAD = 12
MAX_PAIRED_BLOCKS = 2_000  # blocks in one place; above it none are paired
MAX_BLOCKS = 4_000  # blocks on a page
CONTEXT = 1  # unchanged blocks shown on each side of a change


@dataclass(frozen=True)
class Row:
    """A rendered block: `state` is same, changed, added or removed."""

    state: str
    kind: str
    html: SafeString
    is_note: bool = False


@dataclass(frozen=True)
class Fold:
    """Consecutive unchanged blocks, shown folded."""

    rows: list[Row]


@dataclass(frozen=True)
class Difference:
    lines: list[tuple[str | Promise, SafeString]]  # label and rendered change of title, tags and so on
    body: list[Row | Fold]
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.lines and all(isinstance(part, Fold) for part in self.body)


LABELS = {"title": _("Title"), "deck": _("Subtitle"), "excerpt": _("Excerpt"), "slug": _("Slug"), "tags": _("Tags")}


def compare(old: Text, new: Text) -> Difference:
    """Compare the fields of two texts as lines and their bodies as blocks."""
    budget = Budget(MAX_PAIRS)
    lines: list[tuple[str | Promise, SafeString]] = []
    for name, label in LABELS.items():
        before, after = (", ".join(one) if name == "tags" else one for one in (getattr(old, name), getattr(new, name)))
        if before != after and (before or name != "slug"):  # the title makes the first slug
            lines.append((label, render_changes(split_words(before), split_words(after), budget)))
    read_ = parse_blocks if max(len(old.body), len(new.body)) <= MAX_CHARACTERS else split_lines
    found = compare_blocks(read_(old.body), read_(new.body), budget)
    shown = fold_unchanged(list(islice(found, MAX_BLOCKS)))
    return Difference(lines, shown, is_cut=next(found, None) is not None)


def compare_blocks(old: list[Block], new: list[Block], budget: Budget) -> Iterator[Row]:
    """Yield each block rendered as the same, added, removed or changed."""
    for step in compare_sequences([block.key for block in old], [block.key for block in new], budget):
        before, after = old[step.a], new[step.b]
        if step.is_same:
            yield from (Row("same", block.kind, render_tokens(block.tokens), block.is_note) for block in after)
            continue
        for was, now in pair_blocks(before, after):
            if was is None and now is not None:
                yield Row("added", now.kind, render_marked("ins", now.tokens), now.is_note)
            elif now is None and was is not None:
                yield Row("removed", was.kind, render_marked("del", was.tokens), was.is_note)
            elif was is not None and now is not None:
                yield Row("changed", now.kind, render_changes(was.tokens, now.tokens, budget), now.is_note)


def pair_blocks(old: list[Block], new: list[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Yield pairs of an old block and the new one it became, by shared words, in order; None if there is no other."""
    if len(old) + len(new) > MAX_PAIRED_BLOCKS:
        yield from ((gone, None) for gone in old)
        yield from ((None, come) for come in new)
        return
    counts = [Counter(token.word for token in block.tokens if token.word.strip()) for block in old]
    at = 0
    for block in new:
        words = Counter(token.word for token in block.tokens if token.word.strip())
        best, found = MIN_SIMILARITY, -1
        for index in range(at, min(len(old), at + LOOK_AHEAD)):
            if old[index].is_note == block.is_note and (alike := similarity(counts[index], words)) > best:
                best, found = alike, index
        if found < 0:
            yield None, block
            continue
        yield from ((gone, None) for gone in old[at:found])
        yield old[found], block
        at = found + 1
    yield from ((gone, None) for gone in old[at:])


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """Return the share of words that two blocks, given as counts of words, have in common: from 0 to 1."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def fold_unchanged(rows: list[Row]) -> list[Row | Fold]:
    """Fold unchanged blocks, except the nearest on each side of a change."""
    changed = [index for index, row in enumerate(rows) if row.state != "same"]
    near = {index + offset for index in changed for offset in range(-CONTEXT, CONTEXT + 1)}
    shown: list[Row | Fold] = []
    for is_near, run in groupby(range(len(rows)), key=near.__contains__):
        found = [rows[index] for index in run]
        shown += found if is_near else [Fold(found)]
    return shown
