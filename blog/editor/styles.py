"""What other programs say by styles and classes → the tags that say it."""

import re
from collections import Counter

from blog.editor.tree import BLOCKS, HEADINGS, Node, rework

_BOLD = re.compile(r"bold|bolder|[6-9][0-9]{2}")
_SIZES = frozenset({"normal", "400", "500", "300", "lighter"})
_HEADING_CLASS = re.compile(r"(?:mso)?heading[-_ ]?([1-6])", re.IGNORECASE)
_QUOTE_CLASS = re.compile(r"(?:mso)?(?:(?:intense)?(?:block)?quot(?:e|ations?)|blocktext)(?:cxsp\w+)?", re.IGNORECASE)
_MONO = re.compile(r"courier|consolas|monospace|menlo|monaco|source code", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n]+")
VERBATIM = frozenset({"pre", "textarea"})
_REMARK = re.compile(r"cmnt[0-9]{1,4}")
EDITORIAL = frozenset({"comment-list", "comment"})


def drop_editorial(root: Node) -> tuple[int, int]:
    """Remarks of reviewers, what they struck out and what is hidden are no part of a text.

    How many remarks, and how many changes were taken as if they had been accepted.
    """
    remarks = changes = 0

    def without(node: Node) -> list[Node | str] | None:
        nonlocal remarks, changes
        style, classes = node.style, {name.lower() for name in node.classes}
        if style.get("mso-element") in EDITORIAL:
            remarks += style.get("mso-element") == "comment"
            return []
        if classes & {"msocomanchor", "msocomoff", "msocomtxt"}:
            return []
        if "mso-comment-reference" in style:  # round the words that the remark is about
            return node.children
        if style.get("display") == "none" or style.get("mso-hide") == "all":
            return []
        is_tracked = bool({"datetime", "cite"} & node.attributes.keys())
        is_out = (node.name == "del" and is_tracked) or "msodel" in classes
        if is_out or (node.name == "ins" and is_tracked) or "msoins" in classes:
            changes += 1
            return [] if is_out else node.children
        return None

    rework(root, without)
    return remarks + of_google(root), changes


def of_google(root: Node) -> int:
    """Remarks that a document of Google's carries at its end, and the marks that lead to them."""
    texts: list[Node] = []
    marks: dict[str, list[Node]] = {}
    for node in root.walk():
        if _REMARK.fullmatch(node.attributes.get("id", "")):
            texts.append(node)
        if node.attributes.get("href", "").startswith("#cmnt"):
            marks.setdefault(node.attributes["href"][1:], []).append(node)
    places = [next((above for above in text.above() if above.name == "div"), text) for text in texts]
    held = Counter(id(place) for place in places)
    gone: set[int] = set()
    for text, place in zip(texts, places, strict=True):
        for mark in marks.pop(text.attributes["id"], []):
            gone.add(id(mark.parent if mark.parent is not None and mark.parent.name == "sup" else mark))
        gone.add(id(place if held[id(place)] == 1 else text))
    if gone:
        rework(root, lambda node: [] if id(node) in gone else None)
    return len(texts)


def headings(root: Node) -> None:
    """Paragraphs that a style or a role makes headings."""
    for node in root.walk():
        level = ""
        if node.name in {"p", "div"}:
            named = next((found for name in node.classes if (found := _HEADING_CLASS.fullmatch(name))), None)
            outline = node.style.get("mso-outline-level", "")
            if node.attributes.get("role") == "heading":
                level = node.attributes.get("aria-level", "2")
            elif named:
                level = named[1]
            elif "msotitle" in {name.lower() for name in node.classes}:
                level, node.attributes["class"] = "1", "document-title"
            elif "msosubtitle" in {name.lower() for name in node.classes}:
                node.attributes["class"] = "document-deck"
            elif outline.isdigit():
                level = outline
        if level in {"1", "2", "3", "4", "5", "6"}:
            node.name = f"h{level}"


def quotes(root: Node) -> None:
    """Paragraphs in a style for quotations, those in a row as one."""
    for parent in [root, *root.walk()]:
        if not any(is_quote(child) for child in parent.children):
            continue
        children, parent.children = parent.children, []
        quote: Node | None = None
        for child in children:
            if is_quote(child) and isinstance(child, Node):
                if quote is None:
                    quote = Node("blockquote")
                    parent.append(quote)
                child.name = "p"
                quote.append(child)
                continue
            if not (isinstance(child, str) and not child.strip()):
                quote = None
            parent.append(child)


def is_quote(node: Node | str) -> bool:
    return (
        isinstance(node, Node)
        and node.name in {"p", "div"}
        and any(_QUOTE_CLASS.fullmatch(name) for name in node.classes)
    )


def inline(root: Node) -> None:
    """Bold, italic, struck out, raised and lowered, by style; spans that say nothing else go."""
    main = language(root)
    has_both = writes_both_ways(root)

    def told(node: Node) -> list[Node | str] | None:
        if node.name not in {"span", "b", "strong", "i", "em", "font", "u", "sup", "sub"}:
            return None
        style = node.style
        weight, slant = style.get("font-weight", ""), style.get("font-style", "")
        if (node.name in {"b", "strong"} and weight in _SIZES) or (node.name in {"i", "em"} and slant == "normal"):
            return node.children
        wrapped: list[Node | str] = node.children
        for tag in tags_of(node, style):
            wrapped = [Node(tag, {}, *wrapped)]
        own = node.attributes.get("lang", "")
        how = {"lang": own.lower()} if own and own.partition("-")[0].lower() != main else {}
        if node.attributes.get("dir", "").lower() in {"ltr", "rtl"} and has_both:
            how["dir"] = node.attributes["dir"].lower()
        if how and node.has_words():
            wrapped = [Node("span", how, *wrapped)]
        if node.name in {"span", "font", "u"}:
            return wrapped
        return [Node(node.name, {}, *wrapped)]

    rework(root, told)


def tags_of(node: Node, style: dict[str, str]) -> list[str]:
    """From the inside out; none where there is nothing to say it of, or where a heading says it already."""
    if not node.has_words():
        return []
    line = f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}"
    found = []
    raised = style.get("vertical-align", "")
    if raised in {"super", "sub"} and node.name not in {"sup", "sub"}:
        found.append("sup" if raised == "super" else "sub")
    if "line-through" in line:
        found.append("s")
    if style.get("font-style") in {"italic", "oblique"} and node.name not in {"i", "em"}:
        found.append("em")
    is_bold = _BOLD.fullmatch(style.get("font-weight", "")) and node.name not in {"b", "strong"}
    if is_bold and not any(above.name in HEADINGS for above in node.above()):
        found.append("strong")
    if _MONO.search(style.get("font-family", "")) and not any(above.name in {"pre", "code"} for above in node.above()):
        found.append("code")
    return found


def language(root: Node) -> str:
    """The one in which more than half is written, if the text says so."""
    said: Counter[str] = Counter()
    lengths: dict[int, int] = {}
    for node in reversed([*root.walk()]):
        lengths[id(node)] = sum(
            len(child) if isinstance(child, str) else lengths.get(id(child), 0) for child in node.children
        )
        if (lang := node.attributes.get("lang", "")) and node.name in {"span", "font", *BLOCKS}:
            said[lang.partition("-")[0].lower()] += lengths[id(node)]
    most, length = said.most_common(1)[0] if said else ("", 0)
    return most if 2 * length > len("".join(root.words.split())) else ""


def blocks(root: Node) -> None:
    """Without empty paragraphs, breaks between blocks, paragraphs round a cell's words, languages of the whole."""
    main = language(root)
    has_both = writes_both_ways(root)
    verbatim = {id(each) for node in root.walk() if node.name in VERBATIM for each in node.walk()}

    def tidied(node: Node) -> list[Node | str] | None:
        if node.name in BLOCKS and node.attributes.get("lang", "").partition("-")[0].lower() == main:
            node.attributes.pop("lang", None)
        if "dir" in node.attributes:
            node.attributes["dir"] = node.attributes["dir"].lower()
        if not has_both or (node.name in BLOCKS and node.attributes.get("dir") == "ltr"):
            node.attributes.pop("dir", None)
        if node.name not in VERBATIM and id(node) not in verbatim:
            node.children = [_SPACES.sub(" ", child) if isinstance(child, str) else child for child in node.children]
        if node.name in {"p", "div", "picture", "source", *HEADINGS} and is_blank(node):
            return []
        if node.name in {"p", "td", "th", "li", *HEADINGS}:
            without_end(node)
        if node.name in {"td", "th", "li", "dd"} and holds_one_paragraph(node):
            node.elements[0].unwrap()
        if node.name == "br" and node.parent is not None and stands_between_blocks(node):
            return []
        return None

    rework(root, tidied)


def writes_both_ways(root: Node) -> bool:
    return any(node.attributes.get("dir", "").lower() == "rtl" for node in root.walk())


def is_blank(node: Node) -> bool:
    return not node.has_words(" \t\r\n\u00a0") and not any(each.name in {"img", "br", "hr"} for each in node.walk())


def holds_one_paragraph(node: Node) -> bool:
    """And nothing else but, in an item, lists of its own."""
    inner = node.elements
    if not inner or inner[0].name != "p" or not is_bare(node):
        return False
    return all(each.name not in BLOCKS or (node.name == "li" and each.name in {"ul", "ol"}) for each in inner[1:])


def without_end(node: Node) -> None:
    """The space, unbroken or not, that programs write for the end of a paragraph."""
    while node.children and isinstance(last := node.children[-1], str):
        node.children[-1] = last.rstrip(" \t\r\n\u00a0")
        if node.children[-1]:
            return
        node.children.pop()


def is_bare(node: Node) -> bool:
    return not any(isinstance(child, str) and child.strip() for child in node.children)


def stands_between_blocks(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.name not in {"", "body", "div", "b", "span"}:
        return False
    return any(child.name in BLOCKS for child in parent.elements[:20])


def shift_headings(root: Node) -> None:
    """The first level is the essay's title; where a text uses it for its parts, all of them go one down."""
    if not any(node.name == "h1" for node in root.walk()):
        return
    for node in root.walk():
        if node.name in HEADINGS:
            node.name = f"h{min(int(node.name[1]) + 1, 4)}"
