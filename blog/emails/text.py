"""An essay as the plain text of an email: paragraphs, lists, quotations, tables, code, and notes as numbers."""

import re

from blog.editor.tree import Node, parse
from blog.markup.nesting import INLINE

_MARK = "doc-noteref"
_EMPHASIS = {"em": "_", "i": "_", "strong": "*", "b": "*"}
_RULE = "* * *"
_NOTE_ID = re.compile(r"\S*note-(?P<number>[0-9]+)")
_SPACE = re.compile(r"[ \t\r\n]+")
LINE = "\ue0f9"  # a line break, while spaces are joined


def to_email_text(body: str) -> str:
    """Return a stored essay with absolute addresses as text, a blank line between blocks."""
    root = parse(body)
    texts: dict[int, str] = {}
    for node in [*reversed([*root.walk()]), root]:
        texts[id(node)] = _inline(node, texts) if node.name in INLINE else _block(node, texts)
    return re.sub(r"\n{3,}", "\n\n", texts[id(root)]).strip().replace(LINE, "\n")


def _content(node: Node, texts: dict[int, str]) -> str:
    return "".join(_SPACE.sub(" ", child) if isinstance(child, str) else texts[id(child)] for child in node.children)


def _inline(node: Node, texts: dict[int, str]) -> str:
    """Return an inline node as text; `texts` has that of its children by id()."""
    text = _content(node, texts)
    if node.name == "a":
        href = node.attributes.get("href", "")
        if node.attributes.get("role") == _MARK:
            return f"[{text}]"
        return text if href.startswith("#") or _is_shown(href, text) else f"{text} <{href}>"
    sign = _EMPHASIS.get(node.name, "")
    return f"{sign}{text}{sign}" if text.strip() == text else text


def _is_shown(href: str, text: str) -> bool:
    """Return whether a link's text is its address."""
    return text.strip().rstrip("/") in {
        href.rstrip("/"),
        href.partition("://")[2].rstrip("/"),
        href.removeprefix("mailto:"),
    }


def _block(node: Node, texts: dict[int, str]) -> str:
    """Return a block as text; `texts` has that of its children by id()."""
    match node.name:
        case "br":
            return LINE
        case "img":
            alt = node.attributes.get("alt", "")
            return f"[{alt}] <{node.attributes.get('src', '')}>" if alt else ""
        case "hr":
            return f"\n\n{_RULE}\n\n"
        case "pre":
            return "\n\n" + LINE.join(f"    {line}" for line in node.text.split("\n")) + "\n\n"
        case "h2" | "h3" | "h4":
            text = _content(node, texts).strip()
            return f"\n\n\n{text}\n{('=' if node.name == 'h2' else '-') * min(len(text), 60)}\n\n"
        case "blockquote":
            return "\n\n" + _indent(_content(node, texts), "> ", "> ") + "\n\n"
        case "ul" | "ol":
            return _list(node, texts)
        case "table":
            return "\n\n" + "".join(texts[id(part)] for part in node.elements) + "\n\n"
        case "thead" | "tbody" | "tfoot":
            return "".join(texts[id(row)] for row in node.elements)
        case "tr":
            return " | ".join(" ".join(texts[id(cell)].split()) for cell in node.elements) + "\n"
        case "caption" | "dt":
            return f"{_content(node, texts).strip()}\n"
        case "dd":
            return _indent(_content(node, texts), "    ", "    ") + "\n"
        case "section":
            return f"\n\n{_RULE}\n\n{_content(node, texts)}"
        case "":
            return _content(node, texts)
    return f"\n\n{_content(node, texts).strip()}\n\n"


def _list(node: Node, texts: dict[int, str]) -> str:
    """Return a list as text; the items of an essay's notes have the numbers of their marks."""
    start = node.attributes.get("start", "1")
    items = []
    for number, item in enumerate(node.elements, int(start) if start.lstrip("-").isdigit() else 1):
        note = _NOTE_ID.fullmatch(item.attributes.get("id", ""))
        sign = f"[{note['number']}] " if note else "- " if node.name == "ul" else f"{number}. "
        items.append(_indent(texts[id(item)], sign, "" if note else " " * len(sign)) + ("\n\n" if note else "\n"))
    is_inside = node.parent is not None and node.parent.name == "li"
    return ("\n" if is_inside else "\n\n") + "".join(items) + ("" if is_inside else "\n")


def _indent(text: str, first: str, other: str) -> str:
    """Put one prefix before the first line of a text and another before the others."""
    lines = re.sub(r"\n{3,}", "\n\n", text.strip("\n ")).replace(LINE, f"\n{LINE}").split("\n")
    marked = [(other if number else first) + line.removeprefix(LINE) for number, line in enumerate(lines)]
    return "\n".join(line.rstrip() for line in marked)
