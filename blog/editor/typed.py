"""Notes whose marks and texts are not linked both ways → linked, so that they are found like all others.

Only where nothing else can be meant: every number is there once as a mark and once before a text at the end.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from blog.editor.tree import BLOCKS, HEADINGS, Node

MOST = 500
LONGEST = 20
_NUMBER = re.compile(r"\[?([0-9]{1,3})\]?")
_RAISED = re.compile(r"\[[^\]]{1,14}\]|[*†‡§¶]{1,3}")
_NOTE_NAME = re.compile(r"(?:foot|end)?-?_?(?:fn|note|ftn|edn|cite|ref)", re.IGNORECASE)
_TEXTS = frozenset({"p", "li", "div", "dd"})


def link(root: Node) -> None:
    one_way(root)
    numbers(root)


def is_raised(node: Node) -> bool:
    return node.name == "sup" or node.style.get("vertical-align") == "super"


def one_way(root: Node) -> None:
    """Marks that lead to a text which does not lead back."""
    named: dict[str, tuple[Node, int]] = {}
    marks: list[tuple[Node, str, int]] = []
    led_to: set[str] = set()
    for at, node in enumerate(root.walk()):
        if key := node.attributes.get("id") or node.attributes.get("name"):
            named.setdefault(key, (node, at))
        _, sign, key = node.attributes.get("href", "").partition("#") if node.name == "a" else ("", "", "")
        if sign and key:
            led_to.add(key)
            if looks_like_a_mark(node):
                marks.append((node, key, at))
    wanted = {key for _, key, _ in marks}
    seen: set[int] = set()
    for count, (mark, key, at) in enumerate(marks[:MOST]):
        place, later = named.get(key, (mark, 0))
        if later < at or any(id(each) in seen for each in (place, *place.above())):
            continue
        seen.add(id(place))
        if not is_a_text(place, wanted):
            continue
        if any(each.name == "a" and leads_back(each) for each in place.walk()):
            continue
        own = mark.attributes.get("id")
        if own and own in led_to:
            continue
        mark.attributes["id"] = own or f"typed-mark-{count}"
        place.append(Node("a", {"href": f"#{mark.attributes['id']}"}, "↩"))


def leads_back(node: Node) -> bool:
    return node.attributes.get("href", "").startswith("#")


def looks_like_a_mark(node: Node) -> bool:
    words = node.begins(LONGEST).strip()
    is_high = any(is_raised(each) for each in (node, *node.elements, *islice(node.above(), 2)))
    return bool(_RAISED.fullmatch(words)) or (is_high and _NUMBER.fullmatch(words) is not None)


def is_a_text(place: Node, wanted: set[str]) -> bool:
    """An item of a list of nothing but notes, or what is called one."""
    if place.name not in _TEXTS:
        return False
    if place.name == "li" and place.parent is not None:
        is_one = all(item.attributes.get("id", "") in wanted for item in place.parent.elements)
    else:
        is_one = _NOTE_NAME.match(place.attributes.get("id", "")) is not None
    return is_one and place.has_words()


def numbers(root: Node) -> None:
    """Raised numbers in the text, and at its end a paragraph or an item for each."""
    raised: dict[str, list[Node]] = {}
    for node in root.walk():
        if not is_raised(node) or not (found := _NUMBER.fullmatch(node.begins(LONGEST).strip())):
            continue
        if not any(each.name == "a" for each in chain(node.walk(), islice(node.above(), 2))):
            raised.setdefault(found[1], []).append(node)
    if not raised or len(raised) > MOST:
        return
    for texts in (last_paragraphs(root), last_list(root)):
        count = len(texts)
        marks = [mark_of(raised.get(str(number), []), texts) for number in range(1, count + 1)]
        if count and all(marks):
            for number, (mark, text) in enumerate(zip(marks, texts, strict=True), 1):
                tie(number, mark, text)
            return


def mark_of(raised: list[Node], texts: list[Node]) -> Node | None:
    """The only one of its number that stands in none of the texts."""
    inside = {id(text) for text in texts}
    outside = [node for node in raised if not any(id(above) in inside for above in node.above())]
    return outside[0] if len(outside) == 1 else None


def last_blocks(root: Node) -> Iterator[Node]:
    """Blocks of words alone, the last first."""
    for node in reversed([*root.walk()]):
        if node.name in BLOCKS and node.has_words() and not any(each.name in BLOCKS for each in node.walk()):
            yield node


def last_paragraphs(root: Node) -> list[Node]:
    found: list[Node] = []
    for node in last_blocks(root):
        label = label_of(node) if node.name in {"p", "div"} else None
        if label is None:
            return []
        found.insert(0, node)
        if label.words.strip().strip("[]") == "1":
            numbers = [(label_of(each) or each).words.strip().strip("[]") for each in found]
            return found if numbers == [str(number) for number in range(1, len(found) + 1)] else []
    return []


def label_of(node: Node) -> Node | None:
    """The raised number that it begins with."""
    for each in node.walk():
        if is_raised(each) and _NUMBER.fullmatch(each.words.strip()):
            return each if node.words.lstrip().startswith(each.words.strip()) else None
    return None


def last_list(root: Node) -> list[Node]:
    """The items of a list that ends the text, parted from it by a line or a heading."""
    last = next(last_blocks(root), None)
    list_ = next((above for above in (last, *last.above()) if above.name == "ol"), None) if last else None
    if list_ is None or list_.parent is None or "start" in list_.attributes:
        return []
    before = list_.parent.elements
    at = next(index for index, child in enumerate(before) if child is list_)
    earlier = next((child for child in reversed(before[:at]) if child.name != "br"), None)
    is_apart = earlier is not None and earlier.name in {"hr", *HEADINGS}
    return [item for item in list_.elements if item.name == "li"] if is_apart else []


def tie(number: int, mark: Node | None, text: Node) -> None:
    if mark is None:
        return
    label = label_of(text) if text.name != "li" else None
    back = Node("a", {"href": f"#typed-mark-{number}"}, str(number))
    text.attributes["id"] = f"typed-{number}"
    if label is None:
        text.append(back)
    else:
        label.replace(back)
    link = Node("a", {"id": f"typed-mark-{number}", "href": f"#typed-{number}"}, *mark.children)
    mark.children = []
    mark.append(link)
