"""Footnotes and endnotes of whatever program wrote them → marks and one list at the end, as our essays keep them.

All of them link a mark to its note and the note back to its mark; so whatever does that is one, whatever it is called.
"""

import re
from collections import Counter
from dataclasses import dataclass

from blog.editor.tree import BLOCKS, HEADINGS, Node

MOST = 2000
LONGEST_MARK = 16
LONGEST_HEADING = 100
BACKS = 5
_SIGN = re.compile(
    r"[\[(]?\s*(?:[0-9]{1,4}|[ivxlcdm]{1,6}|[a-z]|[*†‡§¶]{1,3})\s*[\])]?[.:]?|\[[a-z]{1,9}[.\s]{0,2}[0-9]{1,3}\]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\[[0-9]{1,4}\]|[0-9]{1,4}[.)]")
_LABEL = re.compile(r"\[[0-9]{1,4}\]\s*|\^\s+|[0-9]{1,4}[.)]\s+")
_HAT = re.compile(r"\^\s+")
_MANY = re.compile(r"(?:foot|end)note(?:s\b|-list)|\bnotes\b", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:foot|end)note-?(?:reference|anchor)", re.IGNORECASE)
_HEADING = re.compile(
    r"(?:foot|end)?notes?(?: (?:and references|de (?:bas de page|fin)|al piede))?:?|references|einzelnachweise"
    r"|références|anmerkungen|(?:fuß|fuss|end)noten|notas(?: a(?:l| pie de página))?|referencias|voetnoten|noten"
    r"|przypisy|примечания|fotnoter|noter|viitteet|poznámky|注釈?|脚注",
    re.IGNORECASE,
)
_KEPT_APART = frozenset({"li", "div", "p", "dd", "aside", "td", "section"})
_BOUNDS = frozenset({"", "body", "html", "ol", "ul", "dl", "table", "tbody", "tr"})
_EMPTIED = frozenset({"ol", "ul", "section", "div", "aside", "footer", "dl"})


@dataclass
class Note:
    """The block that a note is, the links that mark it, and those that lead back to them."""

    place: Node
    marks: list[Node]
    backs: list[Node]


def gather(root: Node) -> tuple[int, int]:
    """Take the notes to the end of the tree, numbered by their marks.

    Says how many there are, and how many links look like marks of notes that are not there.
    """
    notes, dead = found(root)
    if not notes:
        return 0, dead
    holding = Counter(id(node) for note in notes for node in (note.place, *note.place.above()))
    marked = {id(node) for note in notes for mark in note.marks for node in mark.above()}
    list_ = Node("ol")
    for number, note in enumerate(notes, 1):
        place = whole(note.place, holding, marked)
        is_numbered = any(is_mark(back) for back in note.backs)
        for back in note.backs:
            drop_with_shell(back)
        for count, mark in enumerate(note.marks):
            put_mark(mark, number, is_first=count == 0)
        list_.append(item(place, number, _HAT if is_numbered else _LABEL))
        emptied = place.parent
        place.drop()
        prune(emptied)
    without_line(root)
    root.append(Node("section", {"role": "doc-endnotes"}, list_))
    return len(notes), dead


def found(root: Node) -> tuple[list[Note], int]:
    named: dict[str, Node] = {}
    links: list[tuple[Node, str]] = []
    order: dict[int, int] = {}
    for number, node in enumerate(root.walk()):
        order[id(node)] = number
        for name in ("id", "name"):
            if key := node.attributes.get(name):
                named.setdefault(key, node)
        _, sign, key = node.attributes.get("href", "").partition("#") if node.name == "a" else ("", "", "")
        if sign and key:
            links.append((node, key))
    leading_to: dict[int, list[Node]] = {}
    for link, key in links:
        if key in named:
            leading_to.setdefault(id(named[key]), []).append(link)
    notes: dict[int, Note] = {}
    dead = 0
    for link, key in links:
        target = named.get(key)
        if not is_mark(link):
            continue
        if target is None:
            dead += 1
        elif order[id(target)] > order[id(link)]:
            place = block_of(target)
            if id(place) in notes:
                notes[id(place)].marks.append(link)
                notes[id(place)].backs += leading_back(link, place, leading_to)
            elif len(notes) < MOST and (backs := leading_back(link, place, leading_to)):
                notes[id(place)] = Note(place, [link], backs)
    return list(notes.values()), dead + without_link(root)


def without_link(root: Node) -> int:
    """Marks of a program that leaves the notes themselves off the clipboard."""
    found = 0
    for node in root.walk():
        is_named = any(_REFERENCE.search(name) for name in node.classes) and is_mark(node)
        if is_named and not any(each.name == "a" for each in (*node.above(), *node.walk())):
            found += not any(_REFERENCE.search(name) for above in node.above() for name in above.classes)
    return found


def is_mark(link: Node) -> bool:
    """A number or a sign, alone."""
    words = " ".join(link.begins(LONGEST_MARK).split())
    return len(words) <= LONGEST_MARK and _SIGN.fullmatch(words) is not None


def leading_back(mark: Node, place: Node, leading_to: dict[int, list[Node]]) -> list[Node]:
    """The links in a note to its mark, or to what stands close round it, inside it or empty beside it."""
    near = [mark, *mark.walk()]
    for above in mark.above():
        if above.name in BLOCKS or not above.name:
            break
        near.append(above)
    if mark.parent is not None:
        near += [other for other in mark.parent.elements[:50] if other.name == "a" and not other.has_words()]
    some = [link for node in near[:60] for link in leading_to.get(id(node), [])[:BACKS]]
    return [link for link in some if any(above is place for above in link.above())]


def block_of(target: Node) -> Node:
    """The paragraph, item or part that a note is."""
    if target.name in _KEPT_APART and target.children:
        return target
    return next((above for above in target.above() if above.name in _KEPT_APART), target)


def whole(place: Node, holding: "Counter[int]", marked: set[int]) -> Node:
    """As far up as nothing but this note is inside: it may have several paragraphs."""
    for above in place.above():
        is_of_others = holding[id(above)] > 1 or id(above) in marked
        said = f"{above.attributes.get('id', '')} {above.attributes.get('class', '')} {above.style.get('mso-element')}"
        if above.name in _BOUNDS or is_of_others or _MANY.search(said):
            break
        if any(child.name in {"hr", "h1", "h2", "h3", "h4"} for child in above.elements):
            break
        place = above
    return place


def without_line(root: Node) -> None:
    """The line that parted the notes from the text, and their heading: ours has one of its own."""
    while True:
        end = root
        while end.elements and end.elements[-1].name in {"body", "html", "div", "main", "article", "section", "footer"}:
            end = end.elements[-1]
        last = end.elements[-1] if end.elements else end
        after = end.children[end.children.index(last) + 1 :] if last is not end else []
        if last is root or any(isinstance(child, str) and child.strip() for child in after):
            return
        is_heading = last.name in HEADINGS and _HEADING.fullmatch(" ".join(last.begins(LONGEST_HEADING).split()))
        if not (is_heading or last.name in {"hr", "br"} or (last.name in {"p", *_EMPTIED} and is_empty(last))):
            return
        last.drop()


def item(place: Node, number: int, label: re.Pattern[str]) -> Node:
    made = Node("li", {"id": f"note-{number}"}, *place.children)
    without_label(made, label)
    while len(made.elements) == 1 and made.elements[0].name in {"p", "div"} and not own_words(made).strip():
        inner = made.elements[0]
        made.children = []
        for child in inner.children:
            made.append(child)
    trim(made)
    return made


def own_words(node: Node) -> str:
    return "".join(child for child in node.children if isinstance(child, str))


def put_mark(link: Node, number: int, *, is_first: bool) -> None:
    attributes = {"id": f"ref-{number}"} if is_first else {}
    attributes |= {"href": f"#note-{number}", "role": "doc-noteref"}
    outer = link
    while outer.parent is not None and outer.parent.name in {"sup", "span"} and outer.parent.words == outer.words:
        outer = outer.parent
    outer.replace(Node("sup", {}, Node("a", attributes, str(number))))


def drop_with_shell(node: Node) -> None:
    """With the inline elements that held nothing else."""
    parent = node.parent
    node.drop()
    while parent is not None and parent.name and parent.name not in BLOCKS and is_empty(parent):
        above = parent.parent
        parent.drop()
        parent = above


def is_empty(node: Node) -> bool:
    return not node.has_words() and not any(each.name == "img" for each in node.walk())


def without_label(note: Node, written: re.Pattern[str]) -> None:
    """The number before a note's words goes, unless it was the way back: the list numbers them."""
    holder = note
    while holder.children:
        at = next((at for at, child in enumerate(holder.children) if not isinstance(child, str) or child.strip()), None)
        if at is None:
            return
        child = holder.children[at]
        if isinstance(child, str):
            rest = child.lstrip()
            label = written.match(rest)
            holder.children[at] = rest[label.end() :] if label else rest
            return
        words = child.words.strip()
        if written is _LABEL and (_NUMBER.fullmatch(words) or (child.name == "sup" and _SIGN.fullmatch(words))):
            drop_with_shell(child)
            return
        holder = child


def empty(root: Node) -> int:
    """How many notes have nothing in them; a sign keeps their place, so that no mark leads nowhere."""
    section = root.last
    found = (
        [*section.elements[0].elements]
        if section is not None and section.attributes.get("role") and section.elements
        else []
    )
    bare = [item for item in found if item.attributes.get("id", "").startswith("note-") and is_empty(item)]
    for note in bare:
        note.append("…")
    return len(bare)


def trim(note: Node) -> None:
    """No space before a note's first words."""
    holder = note
    while holder.children:
        first = holder.children[0]
        if isinstance(first, Node):
            holder = first
        elif first.strip() or len(holder.children) == 1:
            holder.children[0] = first.lstrip()
            return
        else:
            holder.children.pop(0)


def prune(node: Node | None) -> None:
    """What held notes and holds nothing any more."""
    while node is not None and node.name in _EMPTIED and is_empty(node):
        above = node.parent
        node.drop()
        node = above
