"""Two texts → what changed between them, block by block and word by word, for eye and ear; bounded in time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from blog.difference.blocks import Block, Token, blocks, coarse, words_of
from blog.difference.rendering import drawn, marked, spelt
from blog.difference.steps import Budget, Step, steps
from blog.models import Text

__all__ = [
    "Block",
    "Budget",
    "Difference",
    "Fold",
    "Row",
    "Step",
    "Token",
    "between",
    "blocks",
    "coarse",
    "drawn",
    "marked",
    "rows",
    "spelt",
    "steps",
    "words_of",
]

PATIENCE = 1_000_000  # pairs of things that may be held against each other in one comparison
LONGEST = 500_000  # signs, which are some 70,000 words
ALIKE = 0.35  # of their words two blocks share that are one, changed
LOOK_AHEAD = 12
MANY = 2_000  # blocks in one place, beyond which nobody asks which became which
MOST = 4_000  # blocks on a page
CONTEXT = 1  # unchanged blocks shown on each side of a change


@dataclass(frozen=True)
class Row:
    """One block as it is shown: `state` is same, changed, added or removed."""

    state: str
    kind: str
    html: SafeString
    is_note: bool = False


@dataclass(frozen=True)
class Fold:
    """Blocks in a row, in which nothing changed."""

    rows: list[Row]


@dataclass(frozen=True)
class Difference:
    lines: list[tuple[str | Promise, SafeString]]  # of title and such, where they changed
    body: list[Row | Fold]
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.lines and all(isinstance(part, Fold) for part in self.body)


LABELS = {"title": _("Title"), "deck": _("Subtitle"), "excerpt": _("Excerpt"), "slug": _("Slug"), "tags": _("Tags")}


def between(old: Text, new: Text) -> Difference:
    budget = Budget(PATIENCE)
    lines: list[tuple[str | Promise, SafeString]] = []
    for name, label in LABELS.items():
        before, after = (
            ", ".join(value) if name == "tags" else value for value in (getattr(old, name), getattr(new, name))
        )
        if before != after and (before or name != "slug"):  # the title makes the first one
            lines.append((label, drawn(words_of(before), words_of(after), budget)))
    read_ = blocks if max(len(old.body), len(new.body)) <= LONGEST else coarse
    found = rows(read_(old.body), read_(new.body), budget)
    shown = folded(list(islice(found, MOST)))
    return Difference(lines, shown, is_cut=next(found, None) is not None)


def rows(old: list[Block], new: list[Block], budget: Budget) -> Iterator[Row]:
    for step in steps([block.key for block in old], [block.key for block in new], budget):
        before, after = old[step.a], new[step.b]
        if step.is_same:
            yield from (Row("same", block.kind, spelt(block.tokens), block.is_note) for block in after)
            continue
        for was, now in paired(before, after):
            if was is None and now is not None:
                yield Row("added", now.kind, marked("ins", now.tokens), now.is_note)
            elif now is None and was is not None:
                yield Row("removed", was.kind, marked("del", was.tokens), was.is_note)
            elif was is not None and now is not None:
                yield Row("changed", now.kind, drawn(was.tokens, now.tokens, budget), now.is_note)


def paired(old: list[Block], new: list[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Which of the old ones became which of the new: in order, by the words that they share."""
    if len(old) + len(new) > MANY:
        yield from ((gone, None) for gone in old)
        yield from ((None, come) for come in new)
        return
    counts = [Counter(token.word for token in block.tokens if token.word.strip()) for block in old]
    at = 0
    for block in new:
        words = Counter(token.word for token in block.tokens if token.word.strip())
        best, found = ALIKE, -1
        for index in range(at, min(len(old), at + LOOK_AHEAD)):
            if old[index].is_note == block.is_note and (alike := shared(counts[index], words)) > best:
                best, found = alike, index
        if found < 0:
            yield None, block
            continue
        yield from ((gone, None) for gone in old[at:found])
        yield old[found], block
        at = found + 1
    yield from ((gone, None) for gone in old[at:])


def shared(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def folded(all_: list[Row]) -> list[Row | Fold]:
    """All of it, where long unchanged passages are kept apart; the nearest blocks of each stay with what changed."""
    near: set[int] = set()
    for index, row in enumerate(all_):
        if row.state != "same":
            near.update(range(index - CONTEXT, index + CONTEXT + 1))
    shown: list[Row | Fold] = []
    for index, row in enumerate(all_):
        if index in near:
            shown.append(row)
        elif shown and isinstance(shown[-1], Fold):
            shown[-1].rows.append(row)
        else:
            shown.append(Fold([row]))
    return shown
