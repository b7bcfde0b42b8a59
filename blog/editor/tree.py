"""A tree of HTML from another program that can be rearranged; its output still has to be cleaned."""

from collections.abc import Callable, Collection, Iterator, Sequence
from html import escape

from blog.markup.hosts import split_words
from blog.markup.nesting import INLINE, OTHER_BLOCKS
from blog.markup.reading import Tag, tokenize

VOID_TAGS = split_words("area base br col embed hr img input link meta param source track wbr")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = OTHER_BLOCKS | {"blockquote", "li", "ol", "p", "pre", "ul"}
MAX_DEPTH = 80  # several times what programs write; each level costs a walk over its whole content
# A start tag closes open elements of the first set, up to the nearest of the second.
IMPLIED_ENDS = {
    "li": (frozenset({"li", "p"}), frozenset({"ul", "ol"})),
    "td": (frozenset({"td", "th", "p"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th", "p"}), frozenset({"tr", "table"})),
    "tr": (frozenset({"tr", "td", "th", "p"}), frozenset({"table"})),
    "dt": (frozenset({"dt", "dd", "p"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd", "p"}), frozenset({"dl"})),
}
NO_ENDS: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
PARAGRAPH_ENDS = (frozenset({"p"}), frozenset({"div", "li", "td", "th", "blockquote", "body", "dd"}))

Findings = list[tuple[str, str]]
"""What a conversion lost or changed: its kind, in the form that reports take, and an example."""


class Node:
    __slots__ = ("attributes", "children", "name", "parent")

    def __init__(self, name: str, attributes: dict[str, str] | None = None, *children: "Node | str") -> None:
        self.name = name
        self.attributes = attributes or {}
        self.parent: Node | None = None
        self.children: list[Node | str] = []
        for child in children:
            self.append(child)

    def append(self, child: "Node | str") -> None:
        if isinstance(child, Node):
            child.parent = self
        self.children.append(child)

    def walk(self) -> Iterator["Node"]:
        """Yield all descendants in document order, except those removed during the walk."""
        pending = [child for child in reversed(self.children) if isinstance(child, Node)]
        while pending:
            node = pending.pop()
            if node.parent is None:
                continue
            yield node
            pending += [child for child in reversed(node.children) if isinstance(child, Node)]

    def ancestors(self) -> Iterator["Node"]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def elements(self) -> list["Node"]:
        """The child elements, without texts."""
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def last_element(self) -> "Node | None":
        """The last child element."""
        return next((child for child in reversed(self.children) if isinstance(child, Node)), None)

    def texts(self) -> Iterator[str]:
        """Yield all text inside, in document order."""
        pending: list[Node | str] = [*reversed(self.children)]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                yield item
            else:
                pending += reversed(item.children)

    @property
    def text(self) -> str:
        """The text of the node and of everything inside it."""
        return "".join(self.texts())

    def has_text(self, blank: str | None = None) -> bool:
        """Return whether it contains text other than space, or than the characters in `blank`."""
        return any(text.strip(blank) for text in self.texts())

    def has_direct_text(self) -> bool:
        """Return whether any of its children is text other than space."""
        return any(isinstance(child, str) and child.strip() for child in self.children)

    def contains(self, names: Collection[str]) -> bool:
        """Return whether an element with one of these names is inside."""
        return any(node.name in names for node in self.walk())

    def leading_text(self, length: int) -> str:
        """Return the start of its text: `length` characters, not counting spaces, and perhaps some more."""
        found: list[str] = []
        for text in self.texts():
            found.append(text)
            length -= len("".join(text.split()))
            if length < 0:
                break
        return "".join(found)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def style(self) -> dict[str, str]:
        """The values in its style attribute by property, in lower case."""
        pairs = (part.partition(":") for part in self.attributes.get("style", "").split(";"))
        return {name.strip().lower(): value.strip().lower() for name, _, value in pairs if name.strip()}

    def remove(self) -> None:
        """Remove it from its parent with everything in it."""
        if self.parent is not None:
            self.parent.children = [child for child in self.parent.children if child is not self]
            self.parent = None

    def replace(self, *others: "Node | str") -> None:
        """Put others in its place in its parent."""
        parent = self.parent
        if parent is None:
            return
        at = next(index for index, child in enumerate(parent.children) if child is self)
        for other in others:
            if isinstance(other, Node):
                other.parent = parent
        parent.children[at : at + 1] = others
        self.parent = None

    def unwrap(self) -> None:
        """Replace it by its children."""
        self.replace(*self.children)

    def inner_html(self) -> str:
        """Return its content as HTML."""
        output: list[str] = []
        pending: list[Node | str] = [*reversed(self.children)]
        ends: set[int] = set()
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                output.append(escape(item, quote=False))
            elif id(item) in ends:
                output.append(f"</{item.name}>")
            else:
                attributes = "".join(f' {name}="{escape(value)}"' for name, value in item.attributes.items())
                output.append(f"<{item.name}{attributes}>")
                if item.name not in VOID_TAGS:
                    ends.add(id(item))
                    pending.append(item)
                    pending += reversed(item.children)
        return "".join(output)


def replace_nodes(root: Node, change: "Callable[[Node], Sequence[Node | str] | None]") -> None:
    """Replace each node inside by what `change` returns for it, innermost first; None keeps the node."""
    for node in [*reversed([*root.walk()]), root]:
        children: list[Node | str] = []
        for child in node.children:
            others = change(child) if isinstance(child, Node) else None
            if others is None:
                children.append(child)
            elif isinstance(child, Node):
                child.parent = None
                children += others
        for child in children:
            if isinstance(child, Node):
                child.parent = node
        node.children = children


def parse(source: str) -> Node:
    """Parse HTML into a tree with a nameless root; add missing end tags as far as lists and tables need them."""
    root = here = Node("")
    depth = 0
    for token in tokenize(source):
        if isinstance(token, str):
            here.append(token)
        elif token.is_end:
            here, depth = after_end_tag(here, token.name, depth)
        else:
            here, depth = after_implied_ends(here, token, depth)
            node = Node(token.name, token.attributes)
            here.append(node)
            if token.name not in VOID_TAGS and depth < MAX_DEPTH:
                here, depth = node, depth + 1
    return root


def after_end_tag(here: Node, name: str, depth: int) -> tuple[Node, int]:
    """Return the current node and its depth after an end tag; one that closes nothing is ignored."""
    steps = 0
    node: Node | None = here
    while node is not None and node.parent is not None:
        steps += 1
        if node.name == name:
            return node.parent, depth - steps
        if name in INLINE and node.name in BLOCKS:
            break
        node = node.parent
    return here, depth


def after_implied_ends(here: Node, token: Tag, depth: int) -> tuple[Node, int]:
    """Return the current node and its depth after the elements that a start tag implicitly closes."""
    ends, bounds = IMPLIED_ENDS.get(token.name, PARAGRAPH_ENDS if token.name in BLOCKS else NO_ENDS)
    target, steps, target_depth = here, 0, depth
    node: Node | None = here
    while ends and node is not None and node.parent is not None and node.name not in bounds:
        steps += 1
        if node.name in ends:
            target, target_depth = node.parent, depth - steps
        node = node.parent
    return target, target_depth
