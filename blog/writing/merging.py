"""Two texts that began from one → both changes together, block by block; where both changed the same, both stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

from blog import difference, markup
from blog.difference import LABELS, Block, Budget, Difference
from blog.markup.words import parted
from blog.models import Essay, Text

TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>")
VOID = frozenset({"br", "hr", "img"})
NOTE = re.compile(r'(?=<li id="note-)')
ITEM = re.compile(r'<li id="note-([0-9]+)">(.*)</li>', re.DOTALL)
MARK = re.compile(r'<a (id="ref-[0-9]+" )?href="#note-([0-9]+)" role="doc-noteref">([^<]*)</a>')
FOLDED = re.compile("\x02(first|again)\x03([^\x03]*)\x03([^\x02-\x04]*)\x04")
OPENING = '<section role="doc-endnotes"><ol>'
CLOSING = "</ol></section>"


@dataclass(frozen=True)
class Together:
    text: Text
    lines: list[tuple[str | Promise, str]] = field(default_factory=list)  # of both, what the other wrote
    places: list[Difference] = field(default_factory=list)

    @property
    def is_contested(self) -> bool:
        """Both changed the same somewhere, so somebody has to choose before it is published."""
        return self.number > 0

    @property
    def number(self) -> int:
        return len(self.lines) + len(self.places)


def base_of(essay: Essay, mark: str) -> Text | None:
    """The text that a form began from. A text that was in no revision got one before it was replaced (revisions.py)."""
    pk, _sign, print_ = mark.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    if not print_:
        found = essay.revisions.filter(pk=int(pk)).first()
        return found.text if found else None
    later = (each.text for each in essay.revisions.filter(pk__gt=int(pk)).order_by("pk")[:2])
    return next((text for text in later if text.print == print_), None)


def together(base: Text, stored: Text, mine: Text) -> Together | None:
    """None where it is no help: one has all of the other, or a body is not built as ours are."""
    if max(len(each.body) for each in (base, stored, mine)) > difference.LONGEST:
        return None
    bodies = [parts(each.body) for each in (base, stored, mine)]
    if not all(each is not None and len(each) <= difference.MOST for each in bodies):
        return None
    found: dict[str, str] = {}
    lines: list[tuple[str | Promise, str]] = []
    for name in ("title", "deck", "excerpt", "slug"):
        was, theirs, ours = (getattr(each, name) for each in (base, stored, mine))
        found[name] = theirs if ours == was or (name == "slug" and not ours) else ours
        if theirs not in {was, found[name]}:
            lines.append((LABELS[name], theirs))
    tags = {*stored.tags} - ({*base.tags} - {*mine.tags}) | ({*mine.tags} - {*base.tags})
    blocks, places = merged(*(each or [] for each in bodies))
    text = Text(**found, body=markup.essay(whole(blocks)), tags=tuple(sorted(tags)))
    if text in {stored, mine}:
        return None
    return Together(text, lines, [difference.between(Text(body=one), Text(body=other)) for one, other in places])


# Blocks, each with its notes inside


def parts(body: str) -> list[str] | None:
    """The outermost elements, in each mark the words of its note; None unless the same body comes of them again."""
    source, section = parted(body)
    items = map(ITEM.fullmatch, NOTE.split(section.removesuffix(CLOSING)))
    notes = {item[1]: item[2] for item in items if item}
    folded = [MARK.sub(lambda mark: fold(mark, notes), block) for block in outermost(source)]
    return folded if whole(folded) == body else None


def fold(mark: re.Match[str], notes: dict[str, str]) -> str:
    id_, number, label = mark.groups()
    if number not in notes:
        return mark[0]
    return f"\x02{'first' if id_ else 'again'}\x03{'' if label == number else label}\x03{notes[number]}\x04"


def outermost(source: str) -> Iterator[str]:
    depth = start = 0
    for tag in TAG.finditer(source):
        if tag[2] not in VOID:
            depth += -1 if tag[1] else 1
        if depth <= 0:
            yield source[start : tag.end()]
            start, depth = tag.end(), 0
    if source[start:]:
        yield source[start:]


def whole(blocks: Sequence[str]) -> str:
    """Marks numbered anew, and their notes after the text."""
    notes: list[str] = []
    numbers: dict[str, int] = {}

    def mark(found: re.Match[str]) -> str:
        use, label, words = found.groups()
        is_first = use == "first" or words not in numbers
        if is_first:
            notes.append(words)
            numbers[words] = len(notes)
        number = numbers[words]
        id_ = f'id="ref-{number}" ' if is_first else ""
        return f'<a {id_}href="#note-{number}" role="doc-noteref">{label or number}</a>'

    body = FOLDED.sub(mark, "".join(blocks))
    items = "".join(f'<li id="note-{number}">{words}</li>' for number, words in enumerate(notes, 1))
    return f"{body}{OPENING}{items}{CLOSING}" if items else body


# Three ways


@dataclass
class Side:
    """What somebody made of each of the old blocks, and put before it."""

    became: list[list[str]]
    before: list[list[str]]


def side(base: list[str], now: list[str], budget: Budget) -> Side:
    found = Side([[] for _block in base], [[] for _block in [*base, ""]])
    for step in difference.steps(base, now, budget):
        at = step.a.start
        if step.is_same:
            for block in now[step.b]:
                found.became[at].append(block)
                at += 1
            continue
        for was, come in difference.paired([*map(worded, base[step.a])], [*map(worded, now[step.b])]):
            if was is None and come is not None:
                found.before[at].append(come.kind)
                continue
            if come is not None:
                found.became[at].append(come.kind)
            at += 1
    return found


def worded(html: str) -> Block:
    return Block(html, False, tuple(difference.words_of(markup.plain(html))))


def merged(base: list[str], stored: list[str], mine: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The blocks of both, and the places at which both changed the same."""
    budget = Budget(difference.PATIENCE)
    theirs, ours = side(base, stored, budget), side(base, mine, budget)
    out: list[str] = []
    places: list[tuple[str, str]] = []

    def take(was: list[str], one: list[str], other: list[str]) -> None:
        if other in (was, one):
            out.extend(one)
        elif one == was:
            out.extend(other)
        else:
            out.extend([*one, *other])
            places.append((whole(one), whole(other)))

    for at, block in enumerate([*base, ""]):
        take([], theirs.before[at], ours.before[at])
        if at < len(base):
            take([block], theirs.became[at], ours.became[at])
    return out, places
