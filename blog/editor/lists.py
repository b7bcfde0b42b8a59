"""Lists that are none yet: paragraphs that only look like items, and items that only say how deep they stand."""

import re

from blog.editor.tree import BLOCKS, Node

_WORD_LIST = re.compile(r"(?P<list>l[0-9]+)\s+level(?P<level>[0-9]+)")
_NUMBER = re.compile(r"^\W*(?:(?P<digits>[0-9]{1,6})|(?P<letter>[a-zA-Z])|(?P<roman>[ivxlcdmIVXLCDM]{2,8}))[.):]")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
LISTS = frozenset({"ul", "ol"})
DEEPEST = 9


def from_word(root: Node) -> None:
    """Word writes each item as a paragraph that names its list and level, and its bullet or number as words."""
    for parent in [root, *root.walk()]:
        if any(isinstance(child, Node) and level_of(child) for child in parent.children):
            gather(parent)


def level_of(node: Node) -> int:
    if node.name not in {"p", "h1", "h2", "h3", "h4", "h5", "h6", "div"}:
        return 0
    found = _WORD_LIST.search(node.style.get("mso-list", ""))
    return max(1, min(int(found["level"]), DEEPEST)) if found else 0


def gather(parent: Node) -> None:
    """Items in a row become lists, each inside the item it belongs to."""
    children, parent.children = parent.children, []
    open_: list[tuple[int, Node]] = []  # lists, the innermost last, each with the level it stands for
    for child in children:
        level = level_of(child) if isinstance(child, Node) else 0
        if isinstance(child, Node) and level:
            into(open_, parent, child, level)
        elif open_ and isinstance(child, Node) and goes_on(child):
            in_paragraphs(item_of(open_[-1][1])).append(child)
        else:
            if not (isinstance(child, str) and not child.strip()):
                open_ = []
            parent.append(child)


def into(open_: list[tuple[int, Node]], parent: Node, item: Node, level: int) -> None:
    """A level that is left out makes no item without words: what stands deeper stands one deeper."""
    kind, attributes = marked(item)
    while open_ and open_[-1][0] > level and (len(open_) == 1 or open_[-2][0] >= level):
        open_.pop()
    if open_ and open_[-1][0] >= level and open_[-1][1].name != kind:
        open_.pop()
    if not open_ or open_[-1][0] < level:
        made = Node(kind, attributes)
        (item_of(open_[-1][1]) if open_ else parent).append(made)
        open_.append((level, made))
    open_[-1] = (level, open_[-1][1])
    open_[-1][1].append(Node("li", {}, *item.children))
    item.parent = None


def goes_on(node: Node) -> bool:
    """A paragraph of a list without a sign of its own is one more of the item before it."""
    names = (name.lower() for name in node.classes)
    return node.name == "p" and any(name.startswith(("msolistparagraph", "msolistcontinue")) for name in names)


def in_paragraphs(item: Node) -> Node:
    if not any(isinstance(child, Node) and child.name in BLOCKS for child in item.children):
        item.children = [Node("p", {}, *item.children)]
        item.elements[0].parent = item
    return item


def item_of(list_: Node) -> Node:
    """Where what belongs to a list's last item goes: that item, made if there is none."""
    if list_.last is None:
        list_.append(Node("li"))
    return list_.last or list_


def marked(item: Node) -> tuple[str, dict[str, str]]:
    """Which kind of list an item is of, by the sign before its words, which goes; and how the list counts."""
    sign = ""
    for node in list(item.walk()):
        if node.style.get("mso-list", "").startswith("ignore"):
            sign = node.words
            node.drop()
            break
    found = _NUMBER.match(" ".join(sign.split()))
    return ("ol", counting(found)) if found else ("ul", {})


def counting(sign: re.Match[str]) -> dict[str, str]:
    """By which signs, and from where."""
    if digits := sign["digits"]:
        return {} if int(digits) == 1 else {"start": digits}
    letters = sign["letter"] or sign["roman"]
    low = letters.lower()
    is_roman = len(letters) > 1 or low == "i"
    number = roman(low) if is_roman else ord(low) - ord("a") + 1
    type_ = ("i" if is_roman else "a") if letters == low else ("I" if is_roman else "A")
    return ({} if number == 1 else {"start": str(number)}) | {"type": type_}


def roman(letters: str) -> int:
    values = [_ROMAN[letter] for letter in letters]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


def nest(root: Node) -> None:
    """Lists that stand beside an item become its own; items that say their level go where they belong."""
    for node in list(root.walk()):
        if node.name in LISTS and node.parent and node.parent.name in LISTS:
            into_item_before(node)
    for node in list(root.walk()):
        if node.name in LISTS and node.parent is not None:
            join_by_level(node)


def into_item_before(inner: Node) -> None:
    outer = inner.parent
    if outer is None:
        return
    before = None
    for child in outer.children:
        if child is inner:
            break
        if isinstance(child, Node) and child.name == "li":
            before = child
    if before:
        inner.drop()
        before.append(inner)
    else:
        inner.unwrap()


def join_by_level(first: Node) -> None:
    """Programs for the browser write a list of one item for each, beside one another, with its level in a number."""
    if level_in_words(first) is None or not is_apart(first):
        return
    run = [first]
    holder = first
    while holder.parent is not None and len(holder.parent.elements) == 1 and holder.parent.name == "div":
        holder = holder.parent
    parent = holder.parent
    if parent is None:
        return
    after = parent.children[next(at for at, child in enumerate(parent.children) if child is holder) + 1 :]
    holders = [holder]
    for child in after:
        if isinstance(child, str) and not child.strip():
            continue
        inner = child if isinstance(child, Node) else None
        while inner is not None and inner.name == "div" and len(inner.elements) == 1:
            inner = inner.elements[0]
        if inner is None or inner.name not in LISTS or level_in_words(inner) is None:
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
                if open_ and (last := open_[-1][1].last):
                    last.append(list_)
                else:
                    made.append(list_)
                open_.append((level, list_))
            item.drop()
            open_[-1][1].append(item)
    for other in holders[1:]:
        other.drop()
    holder.replace(*made)


def is_apart(node: Node) -> bool:
    return not any(above.name in LISTS for above in node.above())


def level_in_words(node: Node) -> int | None:
    items = [child for child in node.elements if child.name == "li"]
    levels = [
        item_level(item) for item in items if "aria-level" in item.attributes or "data-aria-level" in item.attributes
    ]
    return levels[0] if levels and len(levels) == len(node.elements) else None


def item_level(item: Node) -> int:
    said = item.attributes.get("data-aria-level") or item.attributes.get("aria-level") or "1"
    return max(1, min(int(said), DEEPEST)) if said.isascii() and said.isdigit() else 1
