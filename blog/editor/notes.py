"""Conversion of footnotes and endnotes to marks in the text and one list at the end, as essays store them.

Every program links a mark to its note and the note back to its mark, so notes are found by these links alone.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from blog.editor.tree import BLOCKS, HEADINGS, Node

MAX_NOTES = 2000
MAX_MARK = 16
MAX_HEADING = 100
MAX_BACKLINKS = 5
_SIGN = re.compile(
    r"[\[(]?\s*(?:[0-9]{1,4}|[ivxlcdm]{1,6}|[a-z]|[*†‡§¶]{1,3})\s*[\])]?[.:]?|\[[a-z]{1,9}[.\s]{0,2}[0-9]{1,3}\]"
    r"|\[[0-9]{1,4}:[0-9]{1,3}\]",  # Markdown's second mark of a note
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\[[0-9]{1,4}\]|[0-9]{1,4}[.)]")
_LABEL = re.compile(r"\[[0-9]{1,4}\]\s*|\^\s+|[0-9]{1,4}[.)]\s+")
_HAT = re.compile(r"\^\s+")
_NOTES_SECTION = re.compile(r"(?:foot|end)note(?:s\b|-list)|\bnotes\b", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:foot|end)note-?(?:reference|anchor)", re.IGNORECASE)
_HEADING = re.compile(
    r"(?:foot|end)?notes?(?: (?:and references|de (?:bas de page|fin)|al piede))?:?|references|einzelnachweise"
    r"|références|anmerkungen|(?:fuß|fuss|end)noten|notas(?: a(?:l| pie de página))?|referencias|voetnoten|noten"
    r"|przypisy|примечания|fotnoter|noter|viitteet|poznámky|注釈?|脚注",
    re.IGNORECASE,
)
_NOTE_BLOCKS = frozenset({"li", "div", "p", "dd", "aside", "td", "section"})
_BOUNDS = frozenset({"", "body", "html", "ol", "ul", "dl", "table", "tbody", "tr"})
_CONTAINERS = frozenset({"ol", "ul", "section", "div", "aside", "footer", "dl"})


@dataclass
class Note:
    """The block that contains a note, the links that mark it, and the links from it back to its marks."""

    block: Node
    marks: list[Node]
    backlinks: list[Node]


def collect_notes(root: Node) -> tuple[int, int]:
    """Move the notes to the end of the tree, numbered in the order of their marks in the text.

    Return the number of notes, and of links that look like marks of missing notes.
    """
    notes, dead = find_notes(root)
    if not notes:
        return 0, dead
    note_counts = Counter(id(node) for note in notes for node in (note.block, *note.block.ancestors()))
    marked = {id(node) for note in notes for mark in note.marks for node in mark.ancestors()}
    list_ = Node("ol")
    for number, note in enumerate(notes, 1):
        block = widen_block(note.block, note_counts, marked)
        is_numbered = any(is_mark(backlink) for backlink in note.backlinks)
        for backlink in note.backlinks:
            remove_with_wrappers(backlink)
        for count, mark in enumerate(note.marks):
            replace_mark(mark, number, is_first=count == 0)
        list_.append(build_note_item(block, number, _HAT if is_numbered else _LABEL))
        remove_with_empty_ancestors(block, lambda above: above.name in _CONTAINERS)
    drop_separator(root)
    root.append(Node("section", {"role": "doc-endnotes"}, list_))
    return len(notes), dead


def find_notes(root: Node) -> tuple[list[Note], int]:
    """Return the notes in the order of their marks in the text, and the number of marks without a note."""
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
            dead += not is_word(link)
        elif order[id(target)] > order[id(link)]:
            block = note_block(target)
            if id(block) in notes:
                notes[id(block)].marks.append(link)
                notes[id(block)].backlinks += backlinks_to(link, block, leading_to)
            elif len(notes) < MAX_NOTES and (backlinks := backlinks_to(link, block, leading_to)):
                notes[id(block)] = Note(block, [link], backlinks)
    return list(notes.values()), dead + count_unlinked_marks(root)


def count_unlinked_marks(root: Node) -> int:
    """Count the marks that a program copied to the clipboard without a link and without their notes."""
    count = 0
    for node in root.walk():
        is_named = any(_REFERENCE.search(name) for name in node.classes) and is_mark(node)
        if is_named and not is_link(node) and not any(each.name == "a" for each in (*node.ancestors(), *node.walk())):
            count += not any(_REFERENCE.search(name) for above in node.ancestors() for name in above.classes)
    return count


def is_link(node: Node) -> bool:
    return node.name == "a" and "href" in node.attributes


def is_mark(link: Node) -> bool:
    """Return whether a link looks like the mark of a note: its text is a number or a sign such as * alone."""
    text = " ".join(link.leading_text(MAX_MARK).split())
    return len(text) <= MAX_MARK and _SIGN.fullmatch(text) is not None


def is_word(link: Node) -> bool:
    """Return whether a link that looks like a mark may be a word too, such as “md”: letters on the line."""
    is_high = any(each.name == "sup" for each in (*link.ancestors(), *link.walk()))
    return link.text.strip().isalpha() and not is_high


def backlinks_to(mark: Node, block: Node, leading_to: dict[int, list[Node]]) -> list[Node]:
    """Return the links in a note's block that lead back to its mark or to an element around, inside or beside it.

    `leading_to` holds, by the id() of a node, the links of the document that lead to it.
    """
    near = [mark, *mark.walk()]
    for above in mark.ancestors():
        if above.name in BLOCKS or not above.name:
            break
        near.append(above)
    if mark.parent is not None:
        near += [other for other in mark.parent.elements[:50] if other.name == "a" and not other.has_text()]
    links = [link for node in near[:60] for link in leading_to.get(id(node), [])[:MAX_BACKLINKS]]
    return [link for link in links if any(above is block for above in link.ancestors())]


def note_block(target: Node) -> Node:
    """Return the paragraph, item or section that contains a note; `target` is where its mark leads."""
    if target.name in _NOTE_BLOCKS and target.children:
        return target
    return next((above for above in target.ancestors() if above.name in _NOTE_BLOCKS), target)


def widen_block(block: Node, note_counts: "Counter[int]", marked: set[int]) -> Node:
    """Return the outermost ancestor that contains nothing but this note, which may have several paragraphs.

    `note_counts` holds the number of notes in a node, `marked` the nodes that contain a mark, both by id() of the node.
    """
    for above in block.ancestors():
        has_others = note_counts[id(above)] > 1 or id(above) in marked
        name = f"{above.attributes.get('id', '')} {above.attributes.get('class', '')} {above.style.get('mso-element')}"
        if above.name in _BOUNDS or has_others or _NOTES_SECTION.search(name):
            break
        if any(child.name in {"hr", "h1", "h2", "h3", "h4"} for child in above.elements):
            break
        block = above
    return block


def drop_separator(root: Node) -> None:
    """Drop the line and the heading that separate the notes from the text; essays add a heading of their own."""
    while True:
        end = root
        while end.elements and end.elements[-1].name in {"body", "html", "div", "main", "article", "section", "footer"}:
            end = end.elements[-1]
        last = end.elements[-1] if end.elements else end
        after = end.children[end.children.index(last) + 1 :] if last is not end else []
        if last is root or any(isinstance(child, str) and child.strip() for child in after):
            return
        is_heading = last.name in HEADINGS and _HEADING.fullmatch(" ".join(last.leading_text(MAX_HEADING).split()))
        if not (is_heading or last.name in {"hr", "br"} or (last.name in {"p", *_CONTAINERS} and is_empty(last))):
            return
        last.remove()


def build_note_item(block: Node, number: int, label: re.Pattern[str]) -> Node:
    """Return a note as an item of the list of notes, without the number before its text and its only paragraph."""
    made = Node("li", {"id": f"note-{number}"}, *block.children)
    strip_label(made, label)
    while len(made.elements) == 1 and made.elements[0].name in {"p", "div"} and not made.has_direct_text():
        made = Node("li", made.attributes, *made.elements[0].children)
    strip_leading_space(made)
    return made


def replace_mark(link: Node, number: int, *, is_first: bool) -> None:
    """Replace a link to a note by a superscript with the note's number; the first one gets an id for the link back."""
    attributes = {"id": f"ref-{number}"} if is_first else {}
    attributes |= {"href": f"#note-{number}", "role": "doc-noteref"}
    outer = link
    while outer.parent is not None and outer.parent.name in {"sup", "span"} and outer.parent.text == outer.text:
        outer = outer.parent
    outer.replace(Node("sup", {}, Node("a", attributes, str(number))))


def remove_with_empty_ancestors(node: Node, is_removable: Callable[[Node], bool]) -> None:
    """Remove a node, then its ancestors from the innermost as long as they are removable and now empty."""
    above = node.parent
    node.remove()
    if above is not None and is_removable(above) and is_empty(above):
        remove_with_empty_ancestors(above, is_removable)


def remove_with_wrappers(node: Node) -> None:
    """Remove a node together with the inline elements that contained nothing else."""
    remove_with_empty_ancestors(node, lambda above: above.name != "" and above.name not in BLOCKS)


def is_empty(node: Node) -> bool:
    """Return whether the node contains neither text nor a picture."""
    return not node.has_text() and not node.contains({"img"})


def strip_label(note: Node, pattern: re.Pattern[str]) -> None:
    """Remove the number before a note's text, which matches the pattern, because the list numbers its items."""
    holder = note
    while holder.children:
        at = next((at for at, child in enumerate(holder.children) if not isinstance(child, str) or child.strip()), None)
        if at is None:
            return
        child = holder.children[at]
        if isinstance(child, str):
            rest = child.lstrip()
            label = pattern.match(rest)
            holder.children[at] = rest[label.end() :] if label else rest
            return
        text = child.text.strip()
        if pattern is _LABEL and (_NUMBER.fullmatch(text) or (child.name == "sup" and _SIGN.fullmatch(text))):
            remove_with_wrappers(child)
            return
        holder = child


def fill_empty_notes(root: Node) -> int:
    """Return how many notes are empty, and fill them with “…” so that their marks still lead somewhere."""
    section = root.last_element
    notes = section.elements[0].elements if section and section.attributes.get("role") and section.elements else []
    empty_notes = [note for note in notes if note.attributes.get("id", "").startswith("note-") and is_empty(note)]
    for note in empty_notes:
        note.append("…")
    return len(empty_notes)


def strip_leading_space(note: Node) -> None:
    """Remove the space before a note's first word."""
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
