"""An essay's body → Markdown with footnotes; what Markdown has no signs for stays HTML, which it allows."""

import re

from blog.editor.tree import VOID, Node, parse
from blog.markup.nesting import INLINE

_SIGNS = re.compile(r"[\\`*_\[\]~|^]")
_START = re.compile(r"^(?:[#+\-=>:]|[0-9]{1,9}(?=[.)]))")
LINE = "\ue0f9"  # in code, where blank lines count
_AROUND = {"em": "*", "strong": "**", "s": "~~"}
_PLAIN = frozenset({"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "hr", "pre", "section"})
_MARK = "doc-noteref"


def markdown(body: str) -> str:
    """Each node's text from those of what is in it, the innermost first."""
    root = parse(body)
    said: dict[int, str] = {}
    for node in [*reversed([*root.walk()]), root]:
        said[id(node)] = block(node, said) if node.name not in INLINE else inline(node, said)
    return re.sub(r"\n{3,}", "\n\n", said[id(root)].strip()).replace(LINE, "\n") + "\n"


def as_html(body: str) -> str:
    """The body as it is: a blank line between its blocks, as Markdown wants it round HTML."""
    blocks = (Node("", {}, child).html() if isinstance(child, Node) else child for child in parse(body).children)
    return "\n\n".join(each.strip() for each in blocks if each.strip()) + "\n"


def words(text: str) -> str:
    text = _SIGNS.sub(lambda sign: "\\" + sign[0], text)
    return " ".join(re.split(r"[ \t\r\n]+", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")))


def inside(node: Node, said: dict[int, str]) -> str:
    return "".join(words(child) if isinstance(child, str) else said[id(child)] for child in node.children)


def inline(node: Node, said: dict[int, str]) -> str:
    text = inside(node, said)
    sign = _AROUND.get(node.name)
    if sign and text and text[0].isalnum() and text[-1].isalnum() and not node.attributes and stands_apart(node):
        return f"{sign}{text}{sign}"
    if node.name == "sup" and len(node.elements) == 1 and node.elements[0].attributes.get("role") == _MARK:
        return said[id(node.elements[0])]
    if node.name == "a" and node.attributes.get("role") == _MARK:
        return f"[^{node.attributes.get('href', '').removeprefix('#note-')}]"
    if node.name == "code" and "`" not in node.words and not node.elements and node.words.strip() == node.words:
        return f"`{node.words}`"
    if (
        node.name == "a"
        and not {"lang", "dir"} & node.attributes.keys()
        and not re.search(r"[\s()<>\\]", node.attributes.get("href", " "))
    ):
        return f"[{text}]({node.attributes['href']})"
    return f"{opening(node)}{text}</{node.name}>"


def stands_apart(node: Node) -> bool:
    """No letter touches it, and no other signs of its kind."""
    if node.parent is None:
        return False
    at = next(index for index, child in enumerate(node.parent.children) if child is node)
    before = node.parent.children[at - 1] if at else " "
    after = node.parent.children[at + 1] if at + 1 < len(node.parent.children) else " "
    return (
        isinstance(before, str) and isinstance(after, str)
        and not before[-1:].isalnum() and not after[:1].isalnum() and node.parent.name not in _AROUND
    )  # fmt: skip


def opening(node: Node) -> str:
    given = {**node.attributes}
    given.pop("rel", None)
    return Node("", {}, Node(node.name, given)).html().removesuffix(f"</{node.name}>")


def block(node: Node, said: dict[int, str]) -> str:
    match node.name:
        case "br":
            return "<br>"
        case "img":
            return opening(node)
        case "hr":
            return "\n\n***\n\n"
        case "pre" if not node.attributes:
            return pre(node)
        case "p" if not node.attributes:
            return f"\n\n{_START.sub(escaped, inside(node, said).strip())}\n\n"
        case "h2" | "h3" | "h4" if not node.attributes:
            return f"\n\n{'#' * int(node.name[1])} {inside(node, said).strip()}\n\n"
        case "blockquote" if not node.attributes:
            return "\n\n" + indented(inside(node, said), "> ", "> ") + "\n\n"
        case "ul" if not node.attributes:
            return "\n\n" + "".join(indented(said[id(item)], "- ", "  ") + "\n" for item in node.elements) + "\n\n"
        case "ol" if not node.attributes.keys() - {"start"} and not is_notes(node):
            return numbered(node, said)
        case "ol" if is_notes(node):
            return "".join(note(item, said) for item in node.elements)
        case "li" | "":
            return _START.sub(escaped, inside(node, said).strip()) if node.name else inside(node, said)
        case "section":
            return inside(node, said)
    return f"\n\n{Node('', {}, node).html()}\n\n" if is_outermost(node) else ""


def is_notes(node: Node) -> bool:
    return node.parent is not None and node.parent.attributes.get("role") == "doc-endnotes"


def is_outermost(node: Node) -> bool:
    return all(above.name in _PLAIN or not above.name for above in node.above()) and node.name not in VOID


def escaped(start: re.Match[str]) -> str:
    return start[0] + "\\" if start[0][0].isdigit() else "\\" + start[0]


def pre(node: Node) -> str:
    code = node.elements[0] if len(node.children) == len(node.elements) == 1 else None
    if code is None or code.name != "code" or code.attributes or code.elements:
        return "\n\n" + Node("", {}, node).html().replace("\n", LINE) + "\n\n"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", node.words)), default=0))
    lines = node.words.replace("\n", LINE)
    return f"\n\n{fence}{LINE}{lines}{LINE}{fence}\n\n"


def numbered(node: Node, said: dict[int, str]) -> str:
    start = int(node.attributes.get("start", "1"))
    items = (
        indented(said[id(item)], f"{number}. ", " " * (len(str(number)) + 2)) + "\n"
        for number, item in enumerate(node.elements, start)
    )
    return "\n\n" + "".join(items) + "\n\n"


def note(item: Node, said: dict[int, str]) -> str:
    number = item.attributes.get("id", "").removeprefix("note-")
    return "\n\n" + indented(said[id(item)], f"[^{number}]: ", "    ") + "\n\n"


def indented(text: str, first: str, other: str) -> str:
    lines = re.sub(r"\n{3,}", "\n\n", text.strip("\n")).split("\n")
    return "\n".join(
        (first if not at else other) + line if line or other.strip() else line for at, line in enumerate(lines)
    )
