"""Conversion of an essay's body to Markdown with footnotes; other elements stay HTML, which Markdown allows."""

import re

from blog.editor.tree import VOID_TAGS, Node, parse
from blog.markup.nesting import INLINE

_SPECIAL = re.compile(r"[\\`*_\[\]~|^]")
_START = re.compile(r"^(?:[#+\-=>:]|[0-9]{1,9}(?=[.)]))")
LINE = "\ue0f9"  # in code, whose blank lines count
_EMPHASIS = {"em": "*", "strong": "**", "s": "~~"}
_PLAIN = frozenset({"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "hr", "pre", "section"})
_MARK = "doc-noteref"


def to_markdown(body: str) -> str:
    """Convert an essay's body to Markdown, innermost nodes first."""
    root = parse(body)
    texts: dict[int, str] = {}
    for node in [*reversed([*root.walk()]), root]:
        texts[id(node)] = block_markdown(node, texts) if node.name not in INLINE else inline_markdown(node, texts)
    return re.sub(r"\n{3,}", "\n\n", texts[id(root)].strip()).replace(LINE, "\n") + "\n"


def to_html(body: str) -> str:
    """Return the body as HTML, with the blank lines between blocks that Markdown requires."""
    return "\n\n".join(blocks(body)) + "\n"


def blocks(body: str) -> list[str]:
    """Return the HTML of each block, without the space between them."""
    found = (Node("", {}, child).inner_html() if isinstance(child, Node) else child for child in parse(body).children)
    return [each.strip() for each in found if each.strip()]


def escape_text(text: str) -> str:
    """Escape what Markdown or HTML would take for markup, and make line breaks spaces."""
    text = _SPECIAL.sub(lambda sign: "\\" + sign[0], text)
    return " ".join(re.split(r"[ \t\r\n]+", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")))


def inner_text(node: Node, texts: dict[int, str]) -> str:
    """Return the Markdown of what is inside a node; `texts` has that of its children by id()."""
    return "".join(escape_text(child) if isinstance(child, str) else texts[id(child)] for child in node.children)


def inline_markdown(node: Node, texts: dict[int, str]) -> str:
    """Return an inline node as Markdown, or else as HTML; `texts` has the Markdown of its children by id()."""
    text = inner_text(node, texts)
    sign = _EMPHASIS.get(node.name)
    if sign and text and text[0].isalnum() and text[-1].isalnum() and not node.attributes and is_separate(node):
        return f"{sign}{text}{sign}"
    if node.name == "sup" and len(node.elements) == 1 and node.elements[0].attributes.get("role") == _MARK:
        return texts[id(node.elements[0])]
    if node.name == "a" and node.attributes.get("role") == _MARK:
        return f"[^{node.attributes.get('href', '').removeprefix('#note-')}]"
    if node.name == "code" and "`" not in node.text and not node.elements and node.text.strip() == node.text:
        return f"`{node.text}`"
    is_plain = not {"lang", "dir"} & node.attributes.keys()
    if node.name == "a" and is_plain and not re.search(r"[\s()<>\\]", node.attributes.get("href", " ")):
        return f"[{text}]({node.attributes['href']})"
    return f"{start_tag(node)}{text}</{node.name}>"


def is_separate(node: Node) -> bool:
    """Return whether neither a letter nor another emphasis touches a node, so that Markdown's signs work."""
    if node.parent is None:
        return False
    at = next(index for index, child in enumerate(node.parent.children) if child is node)
    before = node.parent.children[at - 1] if at else " "
    after = node.parent.children[at + 1] if at + 1 < len(node.parent.children) else " "
    return (
        isinstance(before, str) and isinstance(after, str)
        and not before[-1:].isalnum() and not after[:1].isalnum() and node.parent.name not in _EMPHASIS
    )  # fmt: skip


def start_tag(node: Node) -> str:
    """Return a node's start tag as HTML."""
    attributes = {**node.attributes}
    attributes.pop("rel", None)
    return Node("", {}, Node(node.name, attributes)).inner_html().removesuffix(f"</{node.name}>")


def block_markdown(node: Node, texts: dict[int, str]) -> str:
    """Return a block as Markdown, or else as HTML; `texts` has the Markdown of its children by id()."""
    match node.name:
        case "br":
            return "<br>"
        case "img":
            return start_tag(node)
        case "hr":
            return "\n\n***\n\n"
        case "pre" if not node.attributes.keys() - {"class"}:
            return code_block(node)
        case "p" if not node.attributes:
            return f"\n\n{_START.sub(escape_start, inner_text(node, texts).strip())}\n\n"
        case "h2" | "h3" | "h4" if not node.attributes:
            return f"\n\n{'#' * int(node.name[1])} {inner_text(node, texts).strip()}\n\n"
        case "blockquote" if not node.attributes:
            return "\n\n" + indent_lines(inner_text(node, texts), "> ", "> ") + "\n\n"
        case "ul" if not node.attributes:
            return "\n\n" + "".join(indent_lines(texts[id(item)], "- ", "  ") + "\n" for item in node.elements) + "\n\n"
        case "ol" if not node.attributes.keys() - {"start"} and not is_note_list(node):
            return ordered_list(node, texts)
        case "ol" if is_note_list(node):
            return "".join(note_markdown(item, texts) for item in node.elements)
        case "li" | "":
            return _START.sub(escape_start, inner_text(node, texts).strip()) if node.name else inner_text(node, texts)
        case "section":
            return inner_text(node, texts)
    return f"\n\n{Node('', {}, node).inner_html()}\n\n" if is_outermost(node) else ""


def is_note_list(node: Node) -> bool:
    """Return whether a node is the list of an essay's footnotes."""
    return node.parent is not None and node.parent.attributes.get("role") == "doc-endnotes"


def is_outermost(node: Node) -> bool:
    """Return whether all elements around a node become Markdown, so that it has to write its own HTML."""
    return all(above.name in _PLAIN or not above.name for above in node.ancestors()) and node.name not in VOID_TAGS


def escape_start(start: re.Match[str]) -> str:
    """Escape the start of a line that Markdown would take for a heading, a list or a quotation."""
    return start[0] + "\\" if start[0][0].isdigit() else "\\" + start[0]


def code_block(node: Node) -> str:
    """Return a <pre> as fenced code with its language, or as HTML if it has more than plain code."""
    language = node.attributes.get("class", "").removeprefix("language-")
    code = node if language else node.elements[0] if len(node.children) == len(node.elements) == 1 else None
    if code is None or code.name not in {"code", "pre"} or (code is not node and code.attributes) or code.elements:
        return "\n\n" + Node("", {}, node).inner_html().replace("\n", LINE) + "\n\n"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", node.text)), default=0))
    lines = node.text.replace("\n", LINE)
    return f"\n\n{fence}{language}{LINE}{lines}{LINE}{fence}\n\n"


def ordered_list(node: Node, texts: dict[int, str]) -> str:
    """Return a numbered list as Markdown."""
    start = int(node.attributes.get("start", "1"))
    items = (
        indent_lines(texts[id(item)], f"{number}. ", " " * (len(str(number)) + 2)) + "\n"
        for number, item in enumerate(node.elements, start)
    )
    return "\n\n" + "".join(items) + "\n\n"


def note_markdown(item: Node, texts: dict[int, str]) -> str:
    """Return a footnote as Markdown."""
    number = item.attributes.get("id", "").removeprefix("note-")
    return "\n\n" + indent_lines(texts[id(item)], f"[^{number}]: ", "    ") + "\n\n"


def indent_lines(text: str, first: str, other: str) -> str:
    """Put one prefix before the first line of a text and another before the others."""
    lines = re.sub(r"\n{3,}", "\n\n", text.strip("\n")).split("\n")
    return "\n".join((other if n else first) + line if line or other.strip() else line for n, line in enumerate(lines))
