"""Two texts → what changed between them, block by block and word by word, for eye and ear; bounded in time."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby, islice, pairwise
from operator import attrgetter
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from blog.markup.tokens import read
from blog.markup.words import plain
from blog.models import Text

BLOCKS = frozenset("p h2 h3 h4 li pre figcaption td th caption dt dd summary".split())  # noqa: SIM905
ROOMS = frozenset("blockquote ol ul section figure table tr dl details thead tbody tfoot".split())  # noqa: SIM905
SHOWN = frozenset("b strong i em code s del ins sub sup q cite abbr mark small kbd samp var dfn u".split())  # noqa: SIM905
EMPTY = {"br": "⏎", "hr": "* * *", "img": "▣"}
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
# What stands for that which is no word; a change in them is marked as words are
ELEMENTS = {
    "note-mark": ('<span class="note-mark">', "</span>"),
    "sign": ('<span class="sign">', "</span>"),
    "address": ('<span class="address">', "</span>"),
    "ins": ("<u>", "</u>"),
    "del": ("<s>", "</s>"),
}
PATIENCE = 1_000_000  # pairs of things that may be held against each other in one comparison
LONGEST = 500_000  # signs, which are some 70,000 words
GAP = 90_000  # and in one place
ALIKE = 0.35  # of their words two blocks share that are one, changed
LOOK_AHEAD = 12
MANY = 2_000  # blocks in one place, beyond which nobody asks which became which
MOST = 4_000  # blocks on a page
DEPTH = 60
CONTEXT = 1  # unchanged blocks shown on each side of a change


class Token(NamedTuple):
    """A word, a sign or a space; `key` is what counts when it is compared."""

    word: str
    forms: tuple[str, ...]
    key: Hashable


@dataclass(frozen=True)
class Block:
    kind: str
    is_note: bool
    tokens: tuple[Token, ...]

    @property
    def key(self) -> Hashable:
        return self.kind, tuple(token.key for token in self.tokens)


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


LABELS = {"title": _("Title"), "deck": _("Deck"), "excerpt": _("Excerpt"), "slug": _("Address"), "tags": _("Tags")}


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


def coarse(html: str) -> list[Block]:
    """What is longer than any book is compared line by line."""
    return [Block("p", False, (Token(line, (), line),)) for line in plain(html).split("\n")]


def words_of(text: str) -> list[Token]:
    return [Token(word, (), word) for word in TOKEN.findall(text)]


# HTML → blocks


def blocks(html: str) -> list[Block]:
    """A cleaned body as one flat list; a note's mark counts as any other's, so that renumbering is no change."""
    found: list[Block] = []
    open_: list[str] = []
    forms: list[str] = []
    tokens: list[Token] = []
    link = ""
    is_note = is_mark = False

    def close() -> None:
        nonlocal tokens
        while tokens and not tokens[-1].word.strip():
            tokens.pop()
        if tokens:
            rooms = [name for name in open_ if name in {"blockquote", "ol", "ul"} and not is_note]
            kind = next((name for name in reversed(open_) if name in BLOCKS), "p")
            found.append(Block(" ".join([*rooms, kind]), is_note, tuple(tokens)))
        tokens = []

    def say(word: str, *more: str, key: Hashable = None) -> None:
        said = (*dict.fromkeys(forms), *more)
        tokens.append(Token(word, said, (word if key is None else key, said)))

    for part in read(html):
        if isinstance(part, str):
            if is_mark:
                say(part, "note-mark", key="note-mark")
                continue
            is_code = "pre" in open_
            for word in TOKEN.findall(part):
                if word.isspace() and not is_code:
                    if tokens:
                        say(" ")
                else:
                    say(word)
        elif part.name in BLOCKS or part.name in ROOMS:
            close()
            if part.is_end:
                shut(part.name, open_)
                is_note = is_note and part.name != "section"
            else:
                open_[DEPTH:] = [part.name]
                is_note = is_note or part.attributes.get("role") == "doc-endnotes"
        elif part.name in EMPTY:
            say(EMPTY[part.name], "sign", key=(part.name, part.attributes.get("src", "")))
            if part.name == "img":
                say(f" {part.attributes.get('alt', '')} ({part.attributes.get('src', '')})", "address")
        elif part.name == "a":
            if part.is_end:
                if link and not is_mark:
                    say(f" ({link})", "address")
                is_mark, link = False, ""
            else:
                is_mark = part.attributes.get("role") == "doc-noteref"
                link = part.attributes.get("href", "")
        elif part.name in SHOWN:
            if part.is_end:
                shut(part.name, forms)
            else:
                forms.append(part.name)
    close()
    return found


def shut(name: str, open_: list[str]) -> None:
    if name in open_:
        del open_[len(open_) - 1 - open_[::-1].index(name) :]


# Alignment


@dataclass
class Budget:
    left: int

    def allows(self, pairs: int) -> bool:
        if pairs > min(GAP, self.left):
            return False
        self.left -= pairs
        return True


class Step(NamedTuple):
    is_same: bool
    a: slice
    b: slice


def steps(a: Sequence[Hashable], b: Sequence[Hashable], budget: Budget) -> Iterator[Step]:
    """What both have and what only one has, in order.

    Things that each has once are found first, whatever the length; only the gaps between them are searched, and
    only as long as there is patience.
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
        yield from gap(a, b, slice(x, i), slice(y, j), budget)
        if (i, j) != last:
            yield Step(True, slice(i, i + 1), slice(j, j + 1))
        x, y = i + 1, j + 1
    if end:
        yield Step(True, slice(last[0], len(a)), slice(last[1], len(b)))


def anchors(a: Sequence[Hashable], b: Sequence[Hashable], start: int, a_end: int, b_end: int) -> list[tuple[int, int]]:
    """The longest row of places at which both have a thing that each has once."""
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


def gap(a: Sequence[Hashable], b: Sequence[Hashable], in_a: slice, in_b: slice, budget: Budget) -> Iterator[Step]:
    left, right = a[in_a], b[in_b]
    if not left and not right:
        return
    if not left or not right or not budget.allows(len(left) * len(right)):
        yield Step(False, in_a, in_b)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        at_a, at_b = slice(in_a.start + i1, in_a.start + i2), slice(in_b.start + j1, in_b.start + j2)
        yield Step(tag == "equal", at_a, at_b)


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


# Words → HTML


def drawn(old: Sequence[Token], new: Sequence[Token], budget: Budget) -> SafeString:
    found = merged(steps([token.key for token in old], [token.key for token in new], budget))
    parts = []
    for was, now, is_same in joined(found, old, new):
        parts += [spelt(now)] if is_same else [marked("del", was), marked("ins", now)]
    return mark_safe("".join(parts))  # noqa: S308 – each part is escaped below


def merged(found: Iterator[Step]) -> list[Step]:
    """Neighbours of one kind as one."""
    all_: list[Step] = []
    for step in found:
        if all_ and all_[-1].is_same == step.is_same:
            last = all_.pop()
            step = Step(step.is_same, slice(last.a.start, step.a.stop), slice(last.b.start, step.b.stop))
        all_.append(step)
    return all_


def joined(
    found: list[Step], old: Sequence[Token], new: Sequence[Token]
) -> Iterator[tuple[list[Token], list[Token], bool]]:
    """A space between two changes belongs to them: a phrase is replaced as one."""
    was: list[Token] = []
    now: list[Token] = []
    for step, after in pairwise([*found, None]):
        assert step is not None  # noqa: S101 – only the last one of a pair can be none
        a, b = old[step.a], new[step.b]
        is_bridge = step.is_same and bool(was or now) and after is not None and not "".join(t.word for t in b).strip()
        if step.is_same and not is_bridge:
            if was or now:
                yield was, now, False
            yield [], list(b), True
            was, now = [], []
        else:
            was, now = [*was, *a], [*now, *b]
    if was or now:
        yield was, now, False


def marked(name: str, tokens: Sequence[Token]) -> SafeString:
    """`ins` and `del` say nothing to most screen readers: words say it."""
    if not tokens:
        return mark_safe("")
    if name == "ins":
        before = pgettext("read aloud before words of a text", "added:")
        after = pgettext("read aloud after words of a text", "end of what was added")
    else:
        before = pgettext("read aloud before words of a text", "removed:")
        after = pgettext("read aloud after words of a text", "end of what was removed")
    return format_html(
        '<{0}><span class="visually-hidden"> {1} </span>{2}<span class="visually-hidden"> {3} </span></{0}>',
        name, before, spelt(tokens), after,
    )  # fmt: skip


def spelt(tokens: Sequence[Token]) -> SafeString:
    """Runs of one form as one element; each run opens and closes its own, so nothing can be left open."""
    parts = []
    for forms, run in groupby(tokens, key=attrgetter("forms")):
        parts += [opened(forms), escape("".join(token.word for token in run)), closed(forms)]
    return mark_safe("".join(parts))  # noqa: S308 – escaped, between names of ours


@lru_cache(1000)
def opened(forms: tuple[str, ...]) -> SafeString:
    return mark_safe("".join(ELEMENTS.get(form, (f"<{form}>",))[0] for form in forms))  # noqa: S308 – names of ours


@lru_cache(1000)
def closed(forms: tuple[str, ...]) -> SafeString:
    return mark_safe("".join(ELEMENTS.get(form, ("", f"</{form}>"))[1] for form in reversed(forms)))  # noqa: S308
