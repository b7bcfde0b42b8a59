"""Three-way merge of texts by blocks; where both sides changed the same block, both versions are kept."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

from blog import difference, markup
from blog.difference import LABELS, Block, Budget, Difference
from blog.markup.reading import split_notes
from blog.models import Essay, Text

TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>")
VOID = frozenset({"br", "hr", "img"})
NOTE = re.compile(r'(?=<li id="note-)')
ITEM = re.compile(r'<li id="note-([0-9]+)">(.*)</li>', re.DOTALL)
MARK = re.compile(r'<a (id="ref-[0-9]+" )?href="#note-([0-9]+)" role="doc-noteref">([^<]*)</a>')
INLINED_NOTE = re.compile("\x02(first|again)\x03([^\x03]*)\x03([^\x02-\x04]*)\x04")
NOTES_START = '<section role="doc-endnotes"><ol>'
NOTES_END = "</ol></section>"


@dataclass(frozen=True)
class MergeResult:
    text: Text
    lines: list[tuple[str | Promise, str]] = field(default_factory=list)  # changed by both: label and stored value
    conflicts: list[Difference] = field(default_factory=list)

    @property
    def conflict_count(self) -> int:
        """Return how many fields and places both sides changed, so that the author has to choose."""
        return len(self.lines) + len(self.conflicts)


def find_base(essay: Essay, version: str) -> Text | None:
    """Return the text with which a form was opened, by its version (see `LatestText`); None if it is not stored."""
    pk, _sign, print_ = version.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    if not print_:
        found = essay.revisions.filter(pk=int(pk)).first()
        return found.text if found else None
    later = (each.text for each in essay.revisions.filter(pk__gt=int(pk)).order_by("pk")[:2])
    return next((text for text in later if text.fingerprint == print_), None)


def merge_texts(base: Text, stored: Text, mine: Text) -> MergeResult | None:
    """Merge two texts made from `base`; None if one has all changes, or a body is too long or has no known blocks."""
    if max(len(each.body) for each in (base, stored, mine)) > difference.MAX_CHARACTERS:
        return None
    bodies = [split_blocks(each.body) for each in (base, stored, mine)]
    if not all(each is not None and len(each) <= difference.MAX_BLOCKS for each in bodies):
        return None
    found: dict[str, str] = {}
    lines: list[tuple[str | Promise, str]] = []
    for name in ("title", "deck", "excerpt", "slug"):
        was, theirs, ours = (getattr(each, name) for each in (base, stored, mine))
        found[name] = theirs if ours == was or (name == "slug" and not ours) else ours
        if theirs not in {was, found[name]}:
            lines.append((LABELS[name], theirs))
    tags = {*stored.tags} - ({*base.tags} - {*mine.tags}) | ({*mine.tags} - {*base.tags})
    blocks, places = merge_blocks(*(each or [] for each in bodies))
    text = Text(**found, body=markup.clean_essay(join_blocks(blocks)), tags=tuple(sorted(tags)))
    if text in {stored, mine}:
        return None
    return MergeResult(text, lines, [difference.compare(Text(body=one), Text(body=other)) for one, other in places])


# Blocks with their notes inside


def split_blocks(body: str) -> list[str] | None:
    """Split a body into its top-level elements with their notes inside; None if joining them gives another body."""
    source, section = split_notes(body)
    items = map(ITEM.fullmatch, NOTE.split(section.removesuffix(NOTES_END)))
    notes = {item[1]: item[2] for item in items if item}
    folded = [MARK.sub(lambda mark: inline_note(mark, notes), block) for block in top_level_elements(source)]
    return folded if join_blocks(folded) == body else None


def inline_note(mark: re.Match[str], notes: dict[str, str]) -> str:
    """Return what replaces a reference to a note: the note's text between control characters, to keep both together."""
    id_, number, label = mark.groups()
    if number not in notes:
        return mark[0]
    return f"\x02{'first' if id_ else 'again'}\x03{'' if label == number else label}\x03{notes[number]}\x04"


def top_level_elements(source: str) -> Iterator[str]:
    """Yield the HTML of each element of a body that is in no other."""
    depth = start = 0
    for tag in TAG.finditer(source):
        if tag[2] not in VOID:
            depth += -1 if tag[1] else 1
        if depth <= 0:
            yield source[start : tag.end()]
            start, depth = tag.end(), 0
    if source[start:]:
        yield source[start:]


def join_blocks(blocks: Sequence[str]) -> str:
    """Join blocks into a body, number their notes again and put them at the end."""
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

    body = INLINED_NOTE.sub(mark, "".join(blocks))
    items = "".join(f'<li id="note-{number}">{words}</li>' for number, words in enumerate(notes, 1))
    return f"{body}{NOTES_START}{items}{NOTES_END}" if items else body


# Three-way merge


@dataclass
class SideChanges:
    """What one side made of each base block, and inserted before it."""

    became: list[list[str]]
    before: list[list[str]]


def compare_side(base: list[str], now: list[str], budget: Budget) -> SideChanges:
    """Return what one side made of each block that both began from."""
    found = SideChanges([[] for _block in base], [[] for _block in [*base, ""]])
    for step in difference.compare_sequences(base, now, budget):
        at = step.a.start
        if step.is_same:
            for block in now[step.b]:
                found.became[at].append(block)
                at += 1
            continue
        for was, come in difference.pair_blocks([*map(as_block, base[step.a])], [*map(as_block, now[step.b])]):
            if was is None and come is not None:
                found.before[at].append(come.kind)
                continue
            if come is not None:
                found.became[at].append(come.kind)
            at += 1
    return found


def as_block(html: str) -> Block:
    """Return an element's HTML as a block whose words can be compared; its kind is the HTML."""
    return Block(html, False, tuple(difference.split_words(markup.plain_text(html))))


def merge_blocks(base: list[str], stored: list[str], mine: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the merged blocks, and both versions of each place that both sides changed."""
    budget = Budget(difference.MAX_PAIRS)
    theirs, ours = compare_side(base, stored, budget), compare_side(base, mine, budget)
    out: list[str] = []
    places: list[tuple[str, str]] = []

    def take(was: list[str], one: list[str], other: list[str]) -> None:
        if other in (was, one):
            out.extend(one)
        elif one == was:
            out.extend(other)
        else:
            out.extend([*one, *other])
            places.append((join_blocks(one), join_blocks(other)))

    for at, block in enumerate([*base, ""]):
        take([], theirs.before[at], ours.before[at])
        if at < len(base):
            take([block], theirs.became[at], ours.became[at])
    return out, places
