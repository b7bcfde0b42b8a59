"""Conversion of the styles and classes of other programs to the tags that mean the same."""

import re
from collections import Counter

from blog.editor.tree import BLOCKS, HEADINGS, Node, replace_nodes

_BOLD = re.compile(r"bold|bolder|[6-9][0-9]{2}")
_NOT_BOLD = frozenset({"normal", "400", "500", "300", "lighter"})
_HEADING_CLASS = re.compile(r"(?:mso)?heading[-_ ]?([1-6])", re.IGNORECASE)
_QUOTE_CLASS = re.compile(r"(?:mso)?(?:(?:intense)?(?:block)?quot(?:e|ations?)|blocktext)(?:cxsp\w+)?", re.IGNORECASE)
_MONO = re.compile(r"courier|consolas|monospace|menlo|monaco|source code", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n]+")
VERBATIM = frozenset({"pre", "textarea"})
_GOOGLE_COMMENT = re.compile(r"cmnt[0-9]{1,4}")
EDITORIAL = frozenset({"comment-list", "comment"})


def drop_editorial(root: Node) -> tuple[int, int]:
    """Drop review comments, deleted text and hidden text, and accept tracked changes.

    Return the number of review comments and of tracked changes.
    """
    comments = changes = 0

    def replacement(node: Node) -> list[Node | str] | None:
        nonlocal comments, changes
        style, classes = node.style, {name.lower() for name in node.classes}
        if style.get("mso-element") in EDITORIAL:
            comments += style.get("mso-element") == "comment"
            return []
        if classes & {"msocomanchor", "msocomoff", "msocomtxt"}:
            return []
        if "mso-comment-reference" in style:  # around the text that the comment is about
            return node.children
        if style.get("display") == "none" or style.get("mso-hide") == "all":
            return []
        is_tracked = bool({"datetime", "cite"} & node.attributes.keys())
        is_deleted = (node.name == "del" and is_tracked) or "msodel" in classes
        if is_deleted or (node.name == "ins" and is_tracked) or "msoins" in classes:
            changes += 1
            return [] if is_deleted else node.children
        return None

    replace_nodes(root, replacement)
    return comments + drop_google_comments(root), changes


def drop_google_comments(root: Node) -> int:
    """Drop the review comments at the end of a Google document and the links to them; return their number."""
    texts: list[Node] = []
    marks: dict[str, list[Node]] = {}
    for node in root.walk():
        if _GOOGLE_COMMENT.fullmatch(node.attributes.get("id", "")):
            texts.append(node)
        if node.attributes.get("href", "").startswith("#cmnt"):
            marks.setdefault(node.attributes["href"][1:], []).append(node)
    blocks = [next((above for above in text.ancestors() if above.name == "div"), text) for text in texts]
    comment_counts = Counter(id(block) for block in blocks)
    removed: set[int] = set()
    for text, block in zip(texts, blocks, strict=True):
        for mark in marks.pop(text.attributes["id"], []):
            removed.add(id(mark.parent if mark.parent is not None and mark.parent.name == "sup" else mark))
        removed.add(id(block if comment_counts[id(block)] == 1 else text))
    if removed:
        replace_nodes(root, lambda node: [] if id(node) in removed else None)
    return len(texts)


def convert_headings(root: Node) -> None:
    """Turn paragraphs with a heading style or role into headings."""
    for node in root.walk():
        level = ""
        if node.name in {"p", "div"}:
            match = next((found for name in node.classes if (found := _HEADING_CLASS.fullmatch(name))), None)
            outline = node.style.get("mso-outline-level", "")
            if node.attributes.get("role") == "heading":
                level = node.attributes.get("aria-level", "2")
            elif match:
                level = match[1]
            elif "msotitle" in {name.lower() for name in node.classes}:
                level, node.attributes["class"] = "1", "document-title"
            elif "msosubtitle" in {name.lower() for name in node.classes}:
                node.attributes["class"] = "document-deck"
            elif outline.isdigit():
                level = outline
        if level in {"1", "2", "3", "4", "5", "6"}:
            node.name = f"h{level}"


def convert_quotes(root: Node) -> None:
    """Turn consecutive paragraphs with a quotation style into one block quote."""
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
    return isinstance(node, Node) and node.name in {"p", "div"} and any(map(_QUOTE_CLASS.fullmatch, node.classes))


def convert_inline_styles(root: Node) -> None:
    """Replace inline styles by tags: bold, italic, strikethrough, superscript; drop spans that mean nothing."""
    main = main_language(root)
    has_both = has_right_to_left_text(root)

    def replacement(node: Node) -> list[Node | str] | None:
        if node.name not in {"span", "b", "strong", "i", "em", "font", "u", "sup", "sub"}:
            return None
        style = node.style
        weight, slant = style.get("font-weight", ""), style.get("font-style", "")
        if (node.name in {"b", "strong"} and weight in _NOT_BOLD) or (node.name in {"i", "em"} and slant == "normal"):
            return node.children
        wrapped: list[Node | str] = node.children
        for tag in style_tags(node, style):
            wrapped = [Node(tag, {}, *wrapped)]
        language = node.attributes.get("lang", "")
        attributes = {"lang": language.lower()} if language and language.partition("-")[0].lower() != main else {}
        if node.attributes.get("dir", "").lower() in {"ltr", "rtl"} and has_both:
            attributes["dir"] = node.attributes["dir"].lower()
        if attributes and node.has_text():
            wrapped = [Node("span", attributes, *wrapped)]
        return wrapped if node.name in {"span", "font", "u"} else [Node(node.name, {}, *wrapped)]

    replace_nodes(root, replacement)


def style_tags(node: Node, style: dict[str, str]) -> list[str]:
    """Return the tags for a style, innermost first; none without text or where a heading implies them."""
    if not node.has_text():
        return []
    decoration = f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}"
    tags = []
    position = style.get("vertical-align", "")
    if position in {"super", "sub"} and node.name not in {"sup", "sub"}:
        tags.append("sup" if position == "super" else "sub")
    if "line-through" in decoration:
        tags.append("s")
    if style.get("font-style") in {"italic", "oblique"} and node.name not in {"i", "em"}:
        tags.append("em")
    is_bold = _BOLD.fullmatch(style.get("font-weight", "")) and node.name not in {"b", "strong"}
    if is_bold and not any(above.name in HEADINGS for above in node.ancestors()):
        tags.append("strong")
    is_monospace = _MONO.search(style.get("font-family", ""))
    if is_monospace and not any(above.name in {"pre", "code"} for above in node.ancestors()):
        tags.append("code")
    return tags


def main_language(root: Node) -> str:
    """Return the language, such as `en`, in which `lang` attributes put more than half of the text, else ""."""
    languages: Counter[str] = Counter()
    lengths: dict[int, int] = {}
    for node in reversed([*root.walk()]):
        pieces = node.children
        lengths[id(node)] = sum(len(each) if isinstance(each, str) else lengths.get(id(each), 0) for each in pieces)
        if (lang := node.attributes.get("lang", "")) and node.name in {"span", "font", *BLOCKS}:
            languages[lang.partition("-")[0].lower()] += lengths[id(node)]
    main, length = languages.most_common(1)[0] if languages else ("", 0)
    return main if 2 * length > len("".join(root.text.split())) else ""


def tidy_blocks(root: Node) -> None:
    """Drop empty paragraphs, breaks between blocks, paragraphs that fill a cell, and the main language."""
    main = main_language(root)
    has_both = has_right_to_left_text(root)
    verbatim = {id(each) for node in root.walk() if node.name in VERBATIM for each in node.walk()}

    def replacement(node: Node) -> list[Node | str] | None:
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
            strip_trailing_space(node)
        if node.name in {"td", "th", "li", "dd"} and has_single_paragraph(node):
            node.elements[0].unwrap()
        if node.name == "br" and node.parent is not None and is_between_blocks(node):
            return []
        return None

    replace_nodes(root, replacement)


def has_right_to_left_text(root: Node) -> bool:
    return any(node.attributes.get("dir", "").lower() == "rtl" for node in root.walk())


def is_blank(node: Node) -> bool:
    """Return whether the node contains neither text, a picture, a line break nor a horizontal rule."""
    return not node.has_text(" \t\r\n\u00a0") and not node.contains({"img", "br", "hr"})


def has_single_paragraph(node: Node) -> bool:
    """Return whether a table cell contains one paragraph alone, or a list item one paragraph and lists."""
    inner = node.elements
    if not inner or inner[0].name != "p" or node.has_direct_text():
        return False
    return all(each.name not in BLOCKS or (node.name == "li" and each.name in {"ul", "ol"}) for each in inner[1:])


def strip_trailing_space(node: Node) -> None:
    """Remove the space that programs write at the end of a paragraph, breaking or not."""
    while node.children and isinstance(last := node.children[-1], str):
        node.children[-1] = last.rstrip(" \t\r\n\u00a0")
        if node.children[-1]:
            return
        node.children.pop()


def is_between_blocks(node: Node) -> bool:
    """Return whether its parent is no paragraph and contains blocks, so that a break there means nothing."""
    parent = node.parent
    if parent is None or parent.name not in {"", "body", "div", "b", "span"}:
        return False
    return any(child.name in BLOCKS for child in parent.elements[:20])


def shift_headings(root: Node) -> None:
    """Lower all headings by one level if the text uses the first, which is for the essay's title."""
    if not root.contains({"h1"}):
        return
    for node in root.walk():
        if node.name in HEADINGS:
            node.name = f"h{min(int(node.name[1]) + 1, 4)}"
