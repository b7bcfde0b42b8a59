"""Links between marks and notes that are not linked both ways, so that `notes` finds them.

Only unambiguous ones: each number appears once as a mark and once before a text at the end.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from blog.editor.tree import BLOCKS, HEADINGS, Findings, Node

UNUSED_NOTE = "unused-footnote"  # class of a footnote in Markdown to which no mark leads
MAX_NOTES = 500
MAX_MARK = 20
_NUMBER = re.compile(r"\[?([0-9]{1,3})\]?")
_RAISED = re.compile(r"\[[^\]]{1,14}\]|[*†‡§¶]{1,3}")
_NOTE_NAME = re.compile(r"(?:foot|end)?-?_?(?:fn|note|ftn|edn|cite|ref)", re.IGNORECASE)
_NOTE_BLOCKS = frozenset({"p", "li", "div", "dd"})


def keep_unused(root: Node, changed: Findings) -> None:
    """Record the footnotes to which no mark leads; their text stays where it is."""
    for node in root.walk():
        if node.name == "div" and UNUSED_NOTE in node.classes:
            node.attributes = {}
            changed.append(("footnote(s) without a reference (was|were) left in the text", node.text.strip()[:60]))


def is_superscript(node: Node) -> bool:
    return node.name == "sup" or node.style.get("vertical-align") == "super"


def add_backlinks(root: Node) -> None:
    """Add links back to the text to notes that are linked from it but don't link back."""
    by_id: dict[str, tuple[Node, int]] = {}
    marks: list[tuple[Node, str, int]] = []
    targets: set[str] = set()
    for at, node in enumerate(root.walk()):
        if key := node.attributes.get("id") or node.attributes.get("name"):
            by_id.setdefault(key, (node, at))
        _, sign, key = node.attributes.get("href", "").partition("#") if node.name == "a" else ("", "", "")
        if sign and key:
            targets.add(key)
            if looks_like_mark(node):
                marks.append((node, key, at))
    wanted = {key for _, key, _ in marks}
    seen: set[int] = set()
    for count, (mark, key, at) in enumerate(marks[:MAX_NOTES]):
        block, later = by_id.get(key, (mark, 0))
        if later < at or any(id(each) in seen for each in (block, *block.ancestors())):
            continue
        seen.add(id(block))
        if not is_note_text(block, wanted):
            continue
        if any(each.name == "a" and each.attributes.get("href", "").startswith("#") for each in block.walk()):
            continue
        mark_id = mark.attributes.get("id")
        if mark_id and mark_id in targets:
            continue
        mark.attributes["id"] = mark_id or f"typed-mark-{count}"
        block.append(Node("a", {"href": f"#{mark.attributes['id']}"}, "↩"))


def looks_like_mark(node: Node) -> bool:
    """Return whether a link's text is a sign such as *, or a superscript number."""
    text = node.leading_text(MAX_MARK).strip()
    is_high = any(is_superscript(each) for each in (node, *node.elements, *islice(node.ancestors(), 2)))
    return bool(_RAISED.fullmatch(text)) or (is_high and _NUMBER.fullmatch(text) is not None)


def is_note_text(block: Node, wanted: set[str]) -> bool:
    """Return whether a block is an item of a list of notes only, or has an id such as `fn1`.

    `wanted` is the ids to which links that look like marks lead.
    """
    if block.name not in _NOTE_BLOCKS:
        return False
    if block.name == "li" and block.parent is not None:
        is_note = all(item.attributes.get("id", "") in wanted for item in block.parent.elements)
    else:
        is_note = _NOTE_NAME.match(block.attributes.get("id", "")) is not None
    return is_note and block.has_text()


def link_numbered_notes(root: Node) -> None:
    """Link superscript numbers in the text to the paragraphs or list items for them at its end, and back."""
    raised: dict[str, list[Node]] = {}
    for node in root.walk():
        if not is_superscript(node) or not (found := _NUMBER.fullmatch(node.leading_text(MAX_MARK).strip())):
            continue
        if not any(each.name == "a" for each in chain(node.walk(), islice(node.ancestors(), 2))):
            raised.setdefault(found[1], []).append(node)
    if not raised or len(raised) > MAX_NOTES:
        return
    for texts in (last_numbered_paragraphs(root), last_list_items(root)):
        count = len(texts)
        marks = [find_mark(raised.get(str(number), []), texts) for number in range(1, count + 1)]
        if count and all(marks):
            for number, (mark, text) in enumerate(zip(marks, texts, strict=True), 1):
                link_both_ways(number, mark, text)
            return


def find_mark(raised: list[Node], notes: list[Node]) -> Node | None:
    """Return the only one of the superscripts with the same number that is outside the notes, else None."""
    inside = {id(note) for note in notes}
    outside = [node for node in raised if not any(id(above) in inside for above in node.ancestors())]
    return outside[0] if len(outside) == 1 else None


def last_blocks(root: Node) -> Iterator[Node]:
    """Yield the blocks with text and without other blocks inside, last first."""
    for node in reversed([*root.walk()]):
        if node.name in BLOCKS and node.has_text() and not node.contains(BLOCKS):
            yield node


def last_numbered_paragraphs(root: Node) -> list[Node]:
    """Return the paragraphs at the end that begin with the superscript numbers 1, 2 and so on."""
    found: list[Node] = []
    for node in last_blocks(root):
        label = find_label(node) if node.name in {"p", "div"} else None
        if label is None:
            return []
        found.insert(0, node)
        if label.text.strip().strip("[]") == "1":
            labels = [(find_label(each) or each).text.strip().strip("[]") for each in found]
            return found if labels == [str(number) for number in range(1, len(found) + 1)] else []
    return []


def find_label(node: Node) -> Node | None:
    """Return the superscript number at the start of a paragraph."""
    for each in node.walk():
        if is_superscript(each) and _NUMBER.fullmatch(each.text.strip()):
            return each if node.text.lstrip().startswith(each.text.strip()) else None
    return None


def last_list_items(root: Node) -> list[Node]:
    """Return the items of the numbered list that ends the text, if a horizontal rule or a heading precedes it."""
    last = next(last_blocks(root), None)
    list_ = next((above for above in (last, *last.ancestors()) if above.name == "ol"), None) if last else None
    if list_ is None or list_.parent is None or "start" in list_.attributes:
        return []
    siblings = list_.parent.elements
    earlier = next((child for child in reversed(siblings[: siblings.index(list_)]) if child.name != "br"), None)
    is_separated = earlier is not None and earlier.name in {"hr", *HEADINGS}
    return [item for item in list_.elements if item.name == "li"] if is_separated else []


def link_both_ways(number: int, mark: Node | None, text: Node) -> None:
    """Link a note's mark to its text, a paragraph or list item, and the text to the mark."""
    if mark is None:
        return
    label = find_label(text) if text.name != "li" else None
    back = Node("a", {"href": f"#typed-mark-{number}"}, str(number))
    text.attributes["id"] = f"typed-{number}"
    if label is None:
        text.append(back)
    else:
        label.replace(back)
    link = Node("a", {"id": f"typed-mark-{number}", "href": f"#typed-{number}"}, *mark.children)
    mark.children = []
    mark.append(link)
