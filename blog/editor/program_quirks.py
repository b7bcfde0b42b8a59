"""Conversion of what single programs write in their own way: checkboxes, code, boxes made of tables, captions."""

import re
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from blog.editor.tree import BLOCKS, HEADINGS, Findings, Node, replace_nodes

TICKED, UNTICKED = "☑ ", "☐ "
_LANGUAGE_ATTRIBUTES = ("data-lang", "data-language", "data-enlighter-language")
# Of Markdown and most highlighters; GitHub and Sphinx; SyntaxHighlighter; Pandoc.
_LANGUAGE_CLASS = re.compile(
    r"(?:^|\s)(?:lang(?:uage)?-([\w+#.-]+)|highlight-(?:source-|text-)?(?!default)([\w+#]+)|brush:\s*([\w+#]+)"
    r"|sourceCode\s+([\w+#]+))(?=[\s;]|$)"
)
_MONO = re.compile(r"courier|consolas|monospace|menlo|monaco|source code", re.IGNORECASE)
_CONTENTS = re.compile(r"mso-?toc[0-9]?(?:heading)?", re.IGNORECASE)
_PULL_QUOTE = re.compile(r"(?:.*[-_])?pull-?quote", re.IGNORECASE)
MAX_CAPTIONS = 300
CELLS = frozenset({"td", "th"})
_CAPTION = frozenset({"msocaption", "document-caption"})
# For programs, or a duplicate for sighted readers, or a link from a heading to itself.
_DUPLICATES = frozenset({"mw-editsection", "katex-html", "mjx-assistive-mml", "headerlink", "hash-link"})
_PREFORMATTED = frozenset({"pre", "pre-wrap", "pre-line", "break-spaces"})


def drop_non_content(root: Node, lost: Findings) -> None:
    """Drop and report the other program's table of contents; drop elements meant only for that program."""
    contents = 0

    def replacement(node: Node) -> list[Node | str] | None:
        nonlocal contents
        names = {name.lower() for name in node.classes}
        if names & _DUPLICATES:
            return []
        if node.name in {"p", "div"} and any(_CONTENTS.fullmatch(name) for name in names):
            contents += 1
            return []
        return None

    replace_nodes(root, replacement)
    lost += [("line(s) of a table of contents", "")] * contents


def convert_checkboxes(root: Node) -> None:
    """Replace checkboxes by ☑ or ☐."""
    for node in list(root.walk()):
        if node.name == "input" and node.attributes.get("type", "").lower() == "checkbox":
            node.replace(TICKED if "checked" in node.attributes else UNTICKED)
        elif node.name == "li" and (state := checkbox_state(node)) is not None:
            for picture in [each for each in node.elements if each.name == "img"]:
                picture.remove()
            prepend_text(node, TICKED if state else UNTICKED)


def checkbox_state(item: Node) -> bool | None:
    """Return whether a list item is ticked, or None if it has no checkbox."""
    if item.attributes.get("role") == "checkbox" or "aria-checked" in item.attributes:
        return item.attributes.get("aria-checked") == "true"
    if item.parent is not None and "apple-checklist" in item.parent.classes:
        return "checked" in item.classes
    return None


def prepend_text(item: Node, text: str) -> None:
    first = next((child for child in item.children if isinstance(child, Node) or child.strip()), None)
    holder = first if isinstance(first, Node) and first.name in {"p", "div"} else item
    holder.children.insert(0, text)


def convert_code(root: Node) -> None:
    """Turn preformatted blocks in a monospace font, and consecutive paragraphs of code, into code blocks."""
    for node in list(root.walk()):
        style = node.style if node.name in {"div", "p"} else {}
        if any(name.lower() == "htmlpreformatted" for name in node.classes) or (
            style.get("white-space") in _PREFORMATTED and _MONO.search(style.get("font-family", ""))
        ):
            node.name, node.children = "pre", [code_text(node)]
    for parent in [root, *root.walk()]:
        if parent.name not in {"pre", "code"}:
            merge_code_lines(parent)
    for node in root.walk():
        if node.name == "pre" and (language := find_code_language(node)):
            node.attributes["class"] = f"language-{language}"


def find_code_language(block: Node) -> str:
    """Return the language that a tag of a code block names, or that of a box for highlighted code around it."""
    code = block.elements[0] if block.elements and block.elements[0].name == "code" else block
    boxes = [each for each in list(block.ancestors())[:3] if each.name in {"div", "figure"}]
    for node in (code, block, *boxes):
        for name in _LANGUAGE_ATTRIBUTES:
            if value := node.attributes.get(name, ""):
                return value.lower()
        if found := _LANGUAGE_CLASS.search(node.attributes.get("class", "")):
            return str(next(filter(None, found.groups()))).lower()
    return ""


def code_text(node: Node) -> str:
    """Return the text of a code block, with a line for each block and line break in it."""
    lines: list[str] = []
    line: str | None = None
    for child in node.children:
        is_block = isinstance(child, Node) and child.name in BLOCKS
        if isinstance(child, Node) and (is_block or child.name == "br"):
            lines += [line] if line is not None and is_block else []
            lines.append(child.text if is_block else line or "")
            line = None
            continue
        text = child if isinstance(child, str) else inline_code_text(child)
        line = text if line is None and text.strip() else line if line is None else line + text
    return "\n".join([*lines, line or ""]).strip("\n")


def inline_code_text(node: Node) -> str:
    """Return the text of an inline element, with a newline for each line break directly in it."""
    return "".join(
        child if isinstance(child, str) else "\n" if child.name == "br" else child.text for child in node.children
    )


def merge_code_lines(parent: Node) -> None:
    """Merge consecutive paragraphs of code into one code block."""
    run: list[Node] = []
    for child in [*parent.children, None]:
        if isinstance(child, str) and not child.strip():
            continue
        if isinstance(child, Node) and is_code_line(child):
            run.append(child)
            continue
        if len(run) > 1:
            block = Node("pre", {}, "\n".join(code_text(each).replace("\u00a0", " ") for each in run))
            for each in run[1:]:
                each.remove()
            run[0].replace(block)
        run = []


def is_code_line(node: Node) -> bool:
    """Return whether it is a paragraph whose whole text is in a monospace font."""
    if node.name not in {"p", "div"} or node.contains(BLOCKS) or not node.has_text():
        return False
    if _MONO.search(node.style.get("font-family", "")):
        return not node.contains({"a"})
    return all(
        (isinstance(child, str) and not child.strip())
        or (isinstance(child, Node) and (child.name == "br" or not child.has_text() or is_monospace(child)))
        for child in node.children
    )


def is_monospace(node: Node) -> bool:
    return node.name in {"code", "tt"} or (
        node.name in {"span", "font"} and _MONO.search(node.style.get("font-family", "")) is not None
    )


def simplify_tables(root: Node) -> None:
    """Replace one-cell tables by their content, make cells in a table's head header cells, and unwrap their content."""
    for table in [node for node in root.walk() if node.name == "table"]:
        cells = [*islice((node for node in table.walk() if node.name in CELLS), 2)]
        if len(cells) == 1 and not table.contains({"caption"}):
            table.replace(*[Node("div", {}, *cells[0].children)])
    for cell in [node for node in root.walk() if node.name in CELLS]:
        for name in ("colspan", "rowspan"):
            if cell.attributes.get(name) in {"0", "1", ""}:
                del cell.attributes[name]
        if cell.name == "td" and any(above.name == "thead" for above in islice(cell.ancestors(), 2)):
            cell.name = "th"
            cell.attributes["scope"] = "col"
        while has_plain_wrapper(cell):
            cell.elements[0].unwrap()


def has_plain_wrapper(cell: Node) -> bool:
    """Return whether a cell contains one element such as a <div> and nothing else."""
    inner = cell.elements
    return len(inner) == 1 and inner[0].name in {"div", "section", "center"} and not cell.has_direct_text()


def convert_pull_quotes(root: Node) -> None:
    """Turn blocks with a class such as `wp-block-pullquote` into an essay's pull quotes."""
    for node in root.walk():
        is_marked = any(map(_PULL_QUOTE.fullmatch, node.classes))
        if is_marked and node.name in {"div", "blockquote", "p", "figure", "aside"}:
            inner = [each for each in node.elements if each.name == "blockquote"]
            (inner[0] if inner else node).name = "blockquote"
            (inner[0] if inner else node).attributes["class"] = "pull"


def convert_captions(root: Node) -> None:
    """Turn a picture and the caption before or after it into a figure."""
    for caption in [node for node in root.walk() if {name.lower() for name in node.classes} & _CAPTION][:MAX_CAPTIONS]:
        if caption.parent is None or caption.name not in {"p", "div"}:
            continue
        siblings = caption.parent.elements
        index = next(index for index, child in enumerate(siblings) if child is caption)
        neighbors = [*siblings[max(0, index - 1) : index], *siblings[index + 1 : index + 2]]
        holder = next((each for each in neighbors if is_lone_picture(each)), None)
        if holder is not None:
            picture = next(each for each in holder.walk() if each.name == "img")
            caption.remove()
            holder.replace(Node("figure", {}, picture, Node("figcaption", {}, *caption.children)))


def is_lone_picture(node: Node) -> bool:
    return node.name in {"p", "div"} and not node.has_text() and sum(each.name == "img" for each in node.walk()) == 1


def split_paragraphs(root: Node) -> None:
    """Split paragraphs at double line breaks, which some programs write between paragraphs."""
    for node in list(root.walk()):
        if node.name in {"p", "div"} and node.parent is not None and not any(e.name in BLOCKS for e in node.elements):
            parts = split_at_breaks(node)
            if len(parts) > 1:
                node.replace(*[Node("p", dict(node.attributes), *part) for part in parts])


def split_at_breaks(node: Node) -> list[list[Node | str]]:
    """Return the children of a paragraph as the parts between double line breaks."""
    parts: list[list[Node | str]] = [[]]
    breaks: list[Node | str] = []
    for child in node.children:
        is_break = isinstance(child, Node) and child.name == "br"
        if is_break or (breaks and isinstance(child, str) and not child.strip()):
            breaks.append(child)
            continue
        if sum(isinstance(each, Node) for each in breaks) > 1 and parts[-1]:
            parts.append([])
        else:
            parts[-1] += breaks
        breaks = []
        parts[-1].append(child)
    return [part for part in parts if part]


def google_redirect_target(address: str) -> str:
    """Return the target of an address that goes through a Google redirect, or any other address unchanged."""
    is_redirect = address.startswith(("https://www.google.com/url?", "http://www.google.com/url?"))
    target = parse_qs(urlsplit(address).query).get("q", [""])[0] if is_redirect else ""
    return target if target.startswith(("https://", "http://")) else address


def unwrap_google_redirects(root: Node) -> None:
    for node in root.walk():
        if node.name == "a" and "href" in node.attributes:
            try:
                node.attributes["href"] = google_redirect_target(node.attributes["href"].strip())
            except ValueError:  # no address at all
                continue


def convert_capitals(root: Node, changed: Findings) -> None:
    """Write text that only a style capitalized in capital letters, and report small capitals and underlines."""
    capitalized: set[int] = set()
    for node in root.walk():
        style, names = node.style, node.classes
        is_in_capitals = node.parent is not None and id(node.parent) in capitalized
        if is_in_capitals or style.get("text-transform") == "uppercase" or "document-capitals" in names:
            capitalized.add(id(node))
            node.children = [child.upper() if isinstance(child, str) else child for child in node.children]
        variant = style.get("font-variant", "") + style.get("font-variant-caps", "")
        if ("small-caps" in variant or "document-small-capitals" in names) and (text := " ".join(node.text.split())):
            changed.append(("passage(s) in small capitals (was|were) changed to plain text", text[:60]))
    report_underlines(root, changed)


def report_underlines(root: Node, changed: Findings) -> None:
    """Report underlined text whose underline is dropped; links are always underlined."""
    for node in root.walk():
        if node.name != "u" and not (node.name == "span" and "underline" in node.style.get("text-decoration", "")):
            continue
        ancestors = {above.name for above in node.ancestors()}
        if ancestors & {"a", "u", *HEADINGS} or node.contains({"a"}):
            continue
        if text := " ".join(node.text.split()):
            changed.append(("underline(s) (was|were) removed", text[:60]))
