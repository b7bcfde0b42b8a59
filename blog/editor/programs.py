"""What single programs write in ways of their own: boxes to tick, code in lines, boxes that are tables, captions."""

import re
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from blog.editor.tree import BLOCKS, HEADINGS, Node, rework

TICKED, OPEN = "☑ ", "☐ "
_MONO = re.compile(r"courier|consolas|monospace|menlo|monaco|source code", re.IGNORECASE)
_CONTENTS = re.compile(r"mso-?toc[0-9]?(?:heading)?", re.IGNORECASE)
_PULLED = re.compile(r"(?:.*[-_])?pull-?quote", re.IGNORECASE)
MOST_CAPTIONS = 300
CELLS = frozenset({"td", "th"})
_CAPTION = frozenset({"msocaption", "document-caption"})
# For machines, or said a second time for eyes.
_NOT_READ = frozenset({"mw-editsection", "katex-html", "mjx-assistive-mml"})
_LINES = frozenset({"pre", "pre-wrap", "pre-line", "break-spaces"})

Said = list[tuple[str, str]]


def drop_asides(root: Node, lost: Said) -> None:
    """The other program's own list of contents, with its pages; and what is there for its own use."""
    contents = 0

    def without(node: Node) -> list[Node | str] | None:
        nonlocal contents
        names = {name.lower() for name in node.classes}
        if names & _NOT_READ:
            return []
        if node.name in {"p", "div"} and any(_CONTENTS.fullmatch(name) for name in names):
            contents += 1
            return []
        return None

    rework(root, without)
    lost += [("line(s) of a table of contents", "")] * contents


def checkboxes(root: Node) -> None:
    """Boxes to tick stay as signs."""
    for node in list(root.walk()):
        is_box = node.name == "input" and node.attributes.get("type", "").lower() == "checkbox"
        if is_box:
            node.replace(TICKED if "checked" in node.attributes else OPEN)
        elif node.name == "li" and (state := ticked(node)) is not None:
            for picture in [each for each in node.elements if each.name == "img"]:
                picture.drop()
            put_first(node, TICKED if state else OPEN)


def ticked(item: Node) -> bool | None:
    if item.attributes.get("role") == "checkbox" or "aria-checked" in item.attributes:
        return item.attributes.get("aria-checked") == "true"
    if item.parent is not None and "apple-checklist" in item.parent.classes:
        return "checked" in item.classes
    return None


def put_first(item: Node, words: str) -> None:
    first = next((child for child in item.children if isinstance(child, Node) or child.strip()), None)
    holder = first if isinstance(first, Node) and first.name in {"p", "div"} else item
    holder.children.insert(0, words)


def code(root: Node) -> None:
    """A block that keeps its spaces in a face for code, and paragraphs in a row that are nothing but code."""
    for node in list(root.walk()):
        style = node.style if node.name in {"div", "p"} else {}
        if any(name.lower() == "htmlpreformatted" for name in node.classes) or (
            style.get("white-space") in _LINES and _MONO.search(style.get("font-family", ""))
        ):
            node.name, node.children = "pre", [lines_of(node)]
    for parent in [root, *root.walk()]:
        if parent.name not in {"pre", "code"}:
            together(parent)


def lines_of(node: Node) -> str:
    """Its words; each block in it is a line, and so is each break."""
    lines: list[str] = []
    line: str | None = None
    for child in node.children:
        is_block = isinstance(child, Node) and child.name in BLOCKS
        if isinstance(child, Node) and (is_block or child.name == "br"):
            lines += [line] if line is not None and is_block else []
            lines.append(child.words if is_block else line or "")
            line = None
            continue
        words = child if isinstance(child, str) else lines_of_inline(child)
        line = words if line is None and words.strip() else line if line is None else line + words
    return "\n".join([*lines, line or ""]).strip("\n")


def lines_of_inline(node: Node) -> str:
    return "".join(
        child if isinstance(child, str) else "\n" if child.name == "br" else child.words for child in node.children
    )


def together(parent: Node) -> None:
    run: list[Node] = []
    for child in [*parent.children, None]:
        if isinstance(child, str) and not child.strip():
            continue
        if isinstance(child, Node) and is_line_of_code(child):
            run.append(child)
            continue
        if len(run) > 1:
            block = Node("pre", {}, "\n".join(lines_of(each).replace("\u00a0", " ") for each in run))
            for each in run[1:]:
                each.drop()
            run[0].replace(block)
        run = []


def is_line_of_code(node: Node) -> bool:
    if node.name not in {"p", "div"} or any(each.name in BLOCKS for each in node.walk()) or not node.has_words():
        return False
    if _MONO.search(node.style.get("font-family", "")):
        return not any(each.name == "a" for each in node.walk())
    return all(
        (isinstance(child, str) and not child.strip())
        or (isinstance(child, Node) and (child.name == "br" or not child.has_words() or is_mono(child)))
        for child in node.children
    )


def is_mono(node: Node) -> bool:
    return node.name in {"code", "tt"} or (
        node.name in {"span", "font"} and _MONO.search(node.style.get("font-family", "")) is not None
    )


def boxes(root: Node) -> None:
    """A table of one cell is a box round words; a cell in the head of a table is a head."""
    for table in [node for node in root.walk() if node.name == "table"]:
        cells = [*islice((node for node in table.walk() if node.name in CELLS), 2)]
        if len(cells) == 1 and not any(node.name == "caption" for node in table.walk()):
            table.replace(*[Node("div", {}, *cells[0].children)])
    for cell in [node for node in root.walk() if node.name in CELLS]:
        for name in ("colspan", "rowspan"):
            if cell.attributes.get(name) in {"0", "1", ""}:
                del cell.attributes[name]
        if cell.name == "td" and any(above.name == "thead" for above in islice(cell.above(), 2)):
            cell.name = "th"
            cell.attributes["scope"] = "col"
        while is_shell(cell):
            cell.elements[0].unwrap()


def is_shell(cell: Node) -> bool:
    """It holds one part without a meaning, and nothing beside it."""
    words = any(isinstance(child, str) and child.strip() for child in cell.children)
    return not words and len(cell.elements) == 1 and cell.elements[0].name in {"div", "section", "center"}


def pulled(root: Node) -> None:
    for node in root.walk():
        if node.name in {"div", "blockquote", "p", "figure", "aside"} and any(
            _PULLED.fullmatch(n) for n in node.classes
        ):
            inner = [each for each in node.elements if each.name == "blockquote"]
            (inner[0] if inner else node).name = "blockquote"
            (inner[0] if inner else node).attributes["class"] = "pull"


def captions(root: Node) -> None:
    """A picture and the caption before or after it are a figure."""
    for caption in [node for node in root.walk() if {name.lower() for name in node.classes} & _CAPTION][:MOST_CAPTIONS]:
        if caption.parent is None or caption.name not in {"p", "div"}:
            continue
        around = caption.parent.elements
        at = next(index for index, child in enumerate(around) if child is caption)
        beside = [
            each for each in (around[at - 1] if at else None, around[at + 1] if at + 1 < len(around) else None) if each
        ]
        holder = next((each for each in beside if is_picture_alone(each)), None)
        if holder is not None:
            picture = next(each for each in holder.walk() if each.name == "img")
            caption.drop()
            holder.replace(Node("figure", {}, picture, Node("figcaption", {}, *caption.children)))


def is_picture_alone(node: Node) -> bool:
    return node.name in {"p", "div"} and not node.has_words() and sum(each.name == "img" for each in node.walk()) == 1


def paragraphs(root: Node) -> None:
    """Two breaks in a row end a paragraph: some programs know no other way to say it."""
    for node in list(root.walk()):
        if node.name in {"p", "div"} and node.parent is not None and not any(e.name in BLOCKS for e in node.elements):
            parts = split(node)
            if len(parts) > 1:
                node.replace(*[Node("p", dict(node.attributes), *part) for part in parts])


def split(node: Node) -> list[list[Node | str]]:
    parts: list[list[Node | str]] = [[]]
    breaks: list[Node | str] = []
    for child in node.children:
        if (isinstance(child, Node) and child.name == "br") or (
            isinstance(child, str) and not child.strip() and breaks
        ):
            breaks.append(child)
            continue
        if sum(isinstance(each, Node) for each in breaks) > 1 and parts[-1]:
            parts.append([])
        else:
            parts[-1] += breaks
        breaks = []
        parts[-1].append(child)
    return [part for part in parts if part]


def straight(address: str) -> str:
    """Where a link that goes by way of a counter leads."""
    parts = (
        urlsplit(address) if address.startswith(("https://www.google.com/url?", "http://www.google.com/url?")) else None
    )
    found = parse_qs(parts.query).get("q") if parts else None
    return found[0] if found and found[0].startswith(("https://", "http://")) else address


def links(root: Node) -> None:
    for node in root.walk():
        if node.name == "a" and "href" in node.attributes:
            try:
                node.attributes["href"] = straight(node.attributes["href"].strip())
            except ValueError:  # no address at all
                continue


def letters(root: Node, changed: Said) -> None:
    """Capitals by style are capitals; what has no form here is said."""
    large: set[int] = set()
    for node in root.walk():
        style, names = node.style, node.classes
        is_in_large = node.parent is not None and id(node.parent) in large
        if is_in_large or style.get("text-transform") == "uppercase" or "document-capitals" in names:
            large.add(id(node))
            node.children = [child.upper() if isinstance(child, str) else child for child in node.children]
        variant = style.get("font-variant", "") + style.get("font-variant-caps", "")
        if ("small-caps" in variant or "document-small-capitals" in names) and (words := " ".join(node.words.split())):
            changed.append(("passage(s) in small capitals (was|were) changed to plain text", words[:60]))
    underlined(root, changed)


def underlined(root: Node, changed: Said) -> None:
    """Links are so everywhere; of the rest the line goes."""
    for node in root.walk():
        if node.name != "u" and not (node.name == "span" and "underline" in node.style.get("text-decoration", "")):
            continue
        around = {above.name for above in node.above()}
        if around & {"a", "u", *HEADINGS} or any(each.name == "a" for each in node.walk()):
            continue
        if words := " ".join(node.words.split()):
            changed.append(("underline(s) (was|were) removed", words[:60]))
