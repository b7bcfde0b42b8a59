"""Lists from other programs: paragraphs that only look like items, and items that only name their level."""

import re

from blog.editor.tree import BLOCKS, Node

_WORD_LIST = re.compile(r"(?P<list>l[0-9]+)\s+level(?P<level>[0-9]+)")
_NUMBER = re.compile(r"^\W*(?:(?P<digits>[0-9]{1,6})|(?P<letter>[a-zA-Z])|(?P<roman>[ivxlcdmIVXLCDM]{2,8}))[.):]")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
LISTS = frozenset({"ul", "ol"})
MAX_LEVEL = 9


def convert_word_lists(root: Node) -> None:
    """Turn Word's list paragraphs, which name their list and level and contain their marker as text, into lists."""
    for parent in [root, *root.walk()]:
        if any(isinstance(child, Node) and word_level(child) for child in parent.children):
            group_items(parent)


def word_level(node: Node) -> int:
    """Return the level (from 1) of a paragraph that is an item of a Word list, else 0."""
    if node.name not in {"p", "h1", "h2", "h3", "h4", "h5", "h6", "div"}:
        return 0
    found = _WORD_LIST.search(node.style.get("mso-list", ""))
    return max(1, min(int(found["level"]), MAX_LEVEL)) if found else 0


def group_items(parent: Node) -> None:
    """Turn consecutive paragraphs that are items of a Word list into lists, nested by level."""
    children, parent.children = parent.children, []
    open_: list[tuple[int, Node]] = []  # open lists with their levels, innermost last
    for child in children:
        level = word_level(child) if isinstance(child, Node) else 0
        if isinstance(child, Node) and level:
            add_item(open_, parent, child, level)
        elif open_ and isinstance(child, Node) and is_continuation(child):
            wrap_in_paragraph(last_item(open_[-1][1])).append(child)
        else:
            if not (isinstance(child, str) and not child.strip()):
                open_ = []
            parent.append(child)


def add_item(open_: list[tuple[int, Node]], parent: Node, item: Node, level: int) -> None:
    """Append an item to the list of its level, creating the list if needed; a skipped level adds no empty item.

    `open_` is the open lists with their levels, innermost last; the outermost one is a child of `parent`.
    """
    kind, attributes = extract_marker(item)
    while open_ and open_[-1][0] > level and (len(open_) == 1 or open_[-2][0] >= level):
        open_.pop()
    if open_ and open_[-1][0] >= level and open_[-1][1].name != kind:
        open_.pop()
    if not open_ or open_[-1][0] < level:
        made = Node(kind, attributes)
        (last_item(open_[-1][1]) if open_ else parent).append(made)
        open_.append((level, made))
    open_[-1] = (level, open_[-1][1])
    open_[-1][1].append(Node("li", {}, *item.children))
    item.parent = None


def is_continuation(node: Node) -> bool:
    """Return whether it is a list paragraph without a marker of its own, which continues the item before it."""
    names = (name.lower() for name in node.classes)
    return node.name == "p" and any(name.startswith(("msolistparagraph", "msolistcontinue")) for name in names)


def wrap_in_paragraph(item: Node) -> Node:
    """Put the text of an item without blocks into a paragraph, and return the item."""
    if not any(isinstance(child, Node) and child.name in BLOCKS for child in item.children):
        item.children = [Node("p", {}, *item.children)]
        item.elements[0].parent = item
    return item


def last_item(list_: Node) -> Node:
    """Return the last item of a list, and add one if the list is empty."""
    if list_.last_element is None:
        list_.append(Node("li"))
    return list_.last_element or list_


def extract_marker(item: Node) -> tuple[str, dict[str, str]]:
    """Remove the marker before an item's text; return the kind of list and its attributes."""
    marker = ""
    for node in list(item.walk()):
        if node.style.get("mso-list", "").startswith("ignore"):
            marker = node.text
            node.remove()
            break
    found = _NUMBER.match(" ".join(marker.split()))
    return ("ol", numbering_attributes(found)) if found else ("ul", {})


def numbering_attributes(marker: re.Match[str]) -> dict[str, str]:
    """Return the attributes that say how a list is numbered and where it starts."""
    if digits := marker["digits"]:
        return {} if int(digits) == 1 else {"start": digits}
    letters = marker["letter"] or marker["roman"]
    lower = letters.lower()
    is_roman = len(letters) > 1 or lower == "i"
    number = roman_to_int(lower) if is_roman else ord(lower) - ord("a") + 1
    type_ = ("i" if is_roman else "a") if letters == lower else ("I" if is_roman else "A")
    return ({} if number == 1 else {"start": str(number)}) | {"type": type_}


def roman_to_int(letters: str) -> int:
    """Return the value of a Roman number in lower case."""
    values = [_ROMAN[letter] for letter in letters]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))


def nest_lists(root: Node) -> None:
    """Move lists that are direct children of lists into items, and nest items by their `aria-level`."""
    for node in list(root.walk()):
        if node.name in LISTS and node.parent and node.parent.name in LISTS:
            move_into_previous_item(node)
    for node in list(root.walk()):
        if node.name in LISTS and node.parent is not None:
            merge_by_level(node)


def move_into_previous_item(inner: Node) -> None:
    """Move a list into the item before it, or unwrap it if there is none."""
    outer = inner.parent
    if outer is None:
        return
    before = [child for child in outer.elements[: outer.elements.index(inner)] if child.name == "li"]
    if before:
        inner.remove()
        before[-1].append(inner)
    else:
        inner.unwrap()


def merge_by_level(first: Node) -> None:
    """Merge consecutive lists that a browser editor wrote as one list per item, each with its level as a number."""
    if first_item_level(first) is None or any(above.name in LISTS for above in first.ancestors()):
        return
    run = [first]
    holder = first
    while holder.parent is not None and len(holder.parent.elements) == 1 and holder.parent.name == "div":
        holder = holder.parent
    parent = holder.parent
    if parent is None:
        return
    holders = [holder]
    for child in parent.children[parent.children.index(holder) + 1 :]:
        if isinstance(child, str) and not child.strip():
            continue
        inner = child if isinstance(child, Node) else None
        while inner is not None and inner.name == "div" and len(inner.elements) == 1:
            inner = inner.elements[0]
        if inner is None or inner.name not in LISTS or first_item_level(inner) is None:
            break
        run.append(inner)
        holders.append(child)  # type: ignore[arg-type]
    if len(run) == 1:
        return
    made: list[Node] = []
    open_: list[tuple[int, Node]] = []
    for each in run:
        for item in [*each.elements]:
            level = item_level(item)
            while open_ and (open_[-1][0] > level or (open_[-1][0] == level and open_[-1][1].name != each.name)):
                open_.pop()
            if not open_ or open_[-1][0] < level:
                list_ = Node(each.name, {name: value for name, value in each.attributes.items() if name == "start"})
                if open_ and (last := open_[-1][1].last_element):
                    last.append(list_)
                else:
                    made.append(list_)
                open_.append((level, list_))
            item.remove()
            open_[-1][1].append(item)
    for other in holders[1:]:
        other.remove()
    holder.replace(*made)


def first_item_level(node: Node) -> int | None:
    """Return the level (from 1) of a list's first item, or None unless every item names its level."""
    items = [child for child in node.elements if child.name == "li"]
    levels = [item_level(item) for item in items if {"aria-level", "data-aria-level"} & item.attributes.keys()]
    return levels[0] if levels and len(levels) == len(node.elements) else None


def item_level(item: Node) -> int:
    """Return the level (from 1) that the item's `aria-level` attribute names."""
    value = item.attributes.get("data-aria-level") or item.attributes.get("aria-level") or "1"
    return max(1, min(int(value), MAX_LEVEL)) if value.isascii() and value.isdigit() else 1
