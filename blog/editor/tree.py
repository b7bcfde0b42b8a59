"""HTML of other programs as a tree to be rearranged; what comes out of it still has to be cleaned."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from blog.markup.nesting import INLINE, OTHER_BLOCKS
from blog.markup.rules import names
from blog.markup.tokens import Tag, read

VOID = names("area base br col embed hr img input link meta param source track wbr")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = OTHER_BLOCKS | {"blockquote", "li", "ol", "p", "pre", "ul"}
DEEPEST = 80  # several times as deep as programs write; each level costs a walk over all that is in it
# A tag that begins ends those of the second kind, up to the nearest of the third.
ENDS = {
    "li": (frozenset({"li", "p"}), frozenset({"ul", "ol"})),
    "td": (frozenset({"td", "th", "p"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th", "p"}), frozenset({"tr", "table"})),
    "tr": (frozenset({"tr", "td", "th", "p"}), frozenset({"table"})),
    "dt": (frozenset({"dt", "dd", "p"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd", "p"}), frozenset({"dl"})),
}
PARAGRAPH = (frozenset({"p"}), frozenset({"div", "li", "td", "th", "blockquote", "body", "dd"}))


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
        """Every node below, in the order in which they are written; what is taken out meanwhile is left out."""
        waiting = [child for child in reversed(self.children) if isinstance(child, Node)]
        while waiting:
            node = waiting.pop()
            if node.parent is None:
                continue
            yield node
            waiting += [child for child in reversed(node.children) if isinstance(child, Node)]

    def above(self) -> Iterator["Node"]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def elements(self) -> list["Node"]:
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def last(self) -> "Node | None":
        """The last element in it."""
        return next((child for child in reversed(self.children) if isinstance(child, Node)), None)

    @property
    def words(self) -> str:
        said: list[str] = []
        waiting: list[Node | str] = [*reversed(self.children)]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                said.append(one)
            else:
                waiting += reversed(one.children)
        return "".join(said)

    def has_words(self, blank: str | None = None) -> bool:
        """Whether anything in it is more than space; read no further than to the first of that."""
        waiting: list[Node | str] = [*reversed(self.children)]
        while waiting:
            one = waiting.pop()
            if isinstance(one, Node):
                waiting += reversed(one.children)
            elif one.strip(blank):
                return True
        return False

    def begins(self, length: int) -> str:
        """The first of its words, those of `length` and a few more."""
        said: list[str] = []
        waiting: list[Node | str] = [*reversed(self.children)]
        while waiting and length >= 0:
            one = waiting.pop()
            if isinstance(one, Node):
                waiting += reversed(one.children)
            else:
                said.append(one)
                length -= len("".join(one.split()))
        return "".join(said)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def style(self) -> dict[str, str]:
        """The declarations of its style attribute, in lower case."""
        pairs = (part.partition(":") for part in self.attributes.get("style", "").split(";"))
        return {name.strip().lower(): value.strip().lower() for name, _, value in pairs if name.strip()}

    def drop(self) -> None:
        """It goes with all that is in it."""
        if self.parent is not None:
            self.parent.children = [child for child in self.parent.children if child is not self]
            self.parent = None

    def replace(self, *others: "Node | str") -> None:
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
        """Its content takes its place."""
        self.replace(*self.children)

    def html(self) -> str:
        """What is in it, as HTML."""
        written: list[str] = []
        waiting: list[Node | str] = [*reversed(self.children)]
        ends: set[int] = set()
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                written.append(escape(one, quote=False))
            elif id(one) in ends:
                written.append(f"</{one.name}>")
            else:
                said = "".join(f' {name}="{escape(value)}"' for name, value in one.attributes.items())
                written.append(f"<{one.name}{said}>")
                if one.name not in VOID:
                    ends.add(id(one))
                    waiting.append(one)
                    waiting += reversed(one.children)
        return "".join(written)


def rework(root: Node, change: "Callable[[Node], Sequence[Node | str] | None]") -> None:
    """Put in each node's place what `change` says, the innermost first, in one pass; None leaves it as it is."""
    for node in [*reversed([*root.walk()]), root]:
        made: list[Node | str] = []
        for child in node.children:
            others = change(child) if isinstance(child, Node) else None
            if others is None:
                made.append(child)
            elif isinstance(child, Node):
                child.parent = None
                made += others
        for child in made:
            if isinstance(child, Node):
                child.parent = node
        node.children = made


def parse(source: str) -> Node:
    """A tree of it, its root nameless. Ends that are left out are found as far as lists and tables need it."""
    root = here = Node("")
    depth = 0
    for token in read(source):
        if isinstance(token, str):
            here.append(token)
            continue
        if token.is_end:
            here, depth = closed(here, token.name, depth)
            continue
        here, depth = ended_by(here, token, depth)
        node = Node(token.name, token.attributes)
        here.append(node)
        if token.name not in VOID and depth < DEEPEST:
            here, depth = node, depth + 1
    return root


def closed(here: Node, name: str, depth: int) -> tuple[Node, int]:
    """Where one is after an end tag; one that ends nothing changes nothing."""
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


def ended_by(here: Node, token: Tag, depth: int) -> tuple[Node, int]:
    ends, bounds = ENDS.get(token.name) or (PARAGRAPH if token.name in BLOCKS else (frozenset(), frozenset()))
    found, steps, found_at = here, 0, depth
    node: Node | None = here
    while ends and node is not None and node.parent is not None and node.name not in bounds:
        steps += 1
        if node.name in ends:
            found, found_at = node.parent, depth - steps
        node = node.parent
    return found, found_at
