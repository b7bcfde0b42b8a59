"""A page as a tree that is written back as it was read, except for what was changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


@dataclass
class Element:
    name: str
    source: str = ""
    """The start tag as read; empty once an attribute was changed."""
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)
    is_closed: bool = False  # by its start tag, as in SVG

    @property
    def classes(self) -> frozenset[str]:
        return frozenset((self.attributes.get("class") or "").split())

    def get(self, name: str) -> str:
        """Return an attribute, or nothing."""
        return self.attributes.get(name) or ""

    def set(self, name: str, value: str | None) -> None:
        """Set an attribute, or remove it for None."""
        if value is None:
            del self.attributes[name]
        else:
            self.attributes[name] = value
        self.source = ""

    def walk(self) -> "Iterator[Element]":
        """Yield this element and all inside it, outermost first."""
        pending = [self]
        while pending:
            element = pending.pop()
            yield element
            pending += [child for child in reversed(element.children) if isinstance(child, Element)]

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing: neither text nor a picture."""
        if self.name in {"img", "svg"}:
            return False
        return all(child.is_blank if isinstance(child, Element) else not child.strip() for child in self.children)

    def html(self) -> str:
        """Return the HTML of the element and all inside it."""
        parts: list[str] = []
        pending: list[Element | str] = [self]
        while pending:
            node = pending.pop()
            if isinstance(node, str):
                parts.append(node)
                continue
            parts.append(node.source or node.start_tag())
            if node.name and node.name not in VOID and not node.is_closed:
                pending.append(f"</{node.name}>")
            pending += reversed(node.children)
        return "".join(parts)

    def start_tag(self) -> str:
        """Return the start tag, written from the attributes."""
        if not self.name:
            return ""
        given = (name if value is None else f'{name}="{escape(value)}"' for name, value in self.attributes.items())
        return f"<{' '.join([self.name, *given])}{'/' if self.is_closed else ''}>"


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.root = Element("")
        self.open = [self.root]

    def add(self, node: Element | str) -> None:
        self.open[-1].children.append(node)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, self.get_starttag_text() or "", dict(attrs))
        self.add(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.add(Element(tag, self.get_starttag_text() or "", dict(attrs), is_closed=True))

    def handle_endtag(self, tag: str) -> None:
        if any(element.name == tag for element in self.open[1:]):
            while self.open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.add(data)

    def handle_entityref(self, name: str) -> None:
        self.add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.add(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.add(f"<!{decl}>")


def parse(source: str) -> Element:
    """Return a page as an element without a name. Comments are left out."""
    parser = _Parser()
    parser.feed(source)
    parser.close()
    return parser.root
