"""An essay's HTML for email programs, which know few elements and properties: tests/blog/email_programs.py lists them.

Styles are on each element, because Gmail drops a style sheet that it does not understand. Outlook on Windows lays text
out with Word: it needs the width of a picture as an attribute, and no HTML5 element.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple

from blog.editor.tree import VOID_TAGS, Node, parse
from blog.markup.figures import Picture
from blog.markup.hosts import split_words

MAX_BYTES = 96_000  # of the essay; Gmail hides what is beyond 102 KB of the whole email
WIDTH = 600  # pixels of the text and the widest picture
NARROW_COLUMNS = 4  # more scroll sideways in a window of a phone's width
COLUMN = 72  # pixels of each column of such a table; eight fit into the text

INK = "#231d19"
QUIET = "color:#5e554e"
HAIR = "1px solid #dad5cd"
MONO = "font-family:Consolas,Menlo,monospace"
BREAK = "word-break:break-word"
_NOTE = re.compile(r"#\S*note-[0-9]+")


class Rule(NamedTuple):
    """What an element becomes: the tag ("" keeps only the content), its style and class."""

    tag: str
    style: str = ""
    css_class: str = ""


_HEADING = "font-weight:normal;line-height:1.25"
_SMALL = f"{QUIET};font-size:14px;font-style:italic;line-height:1.4"
_NOTES = f"{QUIET};font-size:15px;line-height:1.45"
_RULES = {
    "p": Rule("p"),
    "h2": Rule("h2", f"margin:40px 0 12px;font-size:23px;{_HEADING}"),
    "h3": Rule("h3", f"margin:30px 0 8px;font-size:19px;font-style:italic;{_HEADING}"),
    "h4": Rule("h4", "margin:24px 0 6px;font-size:17px;line-height:1.25"),
    "ul": Rule("ul", "margin:0 {end} 18px {start};padding:0"),
    "ol": Rule("ol", "margin:0 {end} 18px {start};padding:0"),
    "li": Rule("li", "margin:0 0 6px"),
    "dl": Rule("dl", "margin:0 0 18px"),
    "dt": Rule("dt", "font-style:italic"),
    "dd": Rule("dd", "margin:0 {end} 6px {start}"),
    "blockquote": Rule("blockquote", "margin:0 {end} 18px {start};font-size:16px"),
    "hr": Rule("hr", f"margin:36px 0;border:0;border-top:{HAIR}"),
    "pre": Rule("pre", f"margin:0 0 18px;{MONO};font-size:13px;line-height:1.5;white-space:pre-wrap;{BREAK}"),
    "code": Rule("code", f"{MONO};font-size:14px"),
    "kbd": Rule("code", f"{MONO};font-size:14px"),
    "samp": Rule("code", f"{MONO};font-size:14px"),
    "var": Rule("i"),
    "sup": Rule("sup", "font-size:12px;line-height:0"),
    "sub": Rule("sub", "font-size:12px;line-height:0"),
    "table": Rule("table", f"width:100%;border-collapse:collapse;border-bottom:{HAIR};font-size:15px;line-height:1.4"),
    "caption": Rule("div", f"margin:0 0 6px;{_SMALL}", "quiet"),
    "td": Rule("td", f"padding:6px {{end}} 6px {{start}};border-top:{HAIR};vertical-align:top;{BREAK}"),
    "th": Rule("th", f"padding:6px {{end}} 6px {{start}};border-top:{HAIR};vertical-align:bottom;{BREAK}"),
    "figure": Rule("div", "margin:28px 0"),
    "figcaption": Rule("div", f"margin:8px 0 0;{_SMALL}", "quiet"),
    "details": Rule("div", "margin:0 0 18px"),
    "summary": Rule("p", "margin:0 0 6px;font-weight:bold"),
    "section": Rule("div", f"margin:44px 0 0;padding:20px 0 0;border-top:{HAIR};{_NOTES}", "quiet"),
    "mark": Rule("span", f"background-color:#f3e6b3;color:{INK}"),
    "ins": Rule("u"),
    "del": Rule("s"),
    "time": Rule(""),
    "small": Rule("span", "font-size:14px"),
    "span": Rule("span"),
    "img": Rule("img", f"max-width:100%;height:auto;border:0;{QUIET};font-size:14px;font-style:italic", "quiet"),
    "a": Rule("a", f"color:{INK}"),
}  # fmt: skip
_PULL = "margin:32px 0;font-size:23px;font-style:italic;line-height:1.3"
_NOTE_LINK = "color:#b1231f"
_IN_LIST = "margin:0 0 6px"
_UNCHANGED = split_words("abbr b br cite em i q s strong tbody tfoot thead tr")
_KEPT = {
    "a": ("href", "aria-label"),
    "abbr": ("title",),
    "img": ("src", "alt"),
    "li": ("value",),
    "ol": ("start", "type"),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan", "scope"),
}


def to_email_html(rendered: str, pictures: Mapping[str, Picture], *, is_rtl: bool = False) -> tuple[str, bool]:
    """Return a rendered essay with absolute addresses as the HTML of an email, and whether its end is cut off.

    What is too long for Gmail is cut at the end of a block, with the notes of what remains. `pictures` are by absolute
    address.
    """
    converter = _Converter(rendered, pictures, is_rtl=is_rtl)
    root = parse(rendered)
    section = root.last_element if root.last_element is not None and root.last_element.name == "section" else None
    notes = {note.attributes.get("id", ""): note for note in _notes_in(section)} if section else {}
    sizes = {key: len(converter.html(note).encode()) for key, note in notes.items()}
    left, blocks, shown = MAX_BYTES, [], set[str]()
    for block in root.children:
        if block is section:
            continue
        html = escape(block, quote=False) if isinstance(block, str) else converter.html(block)
        marks = {href[1:] for href in _links_in(block) if href[1:] in notes} - shown
        left -= len(html.encode()) + sum(sizes[key] for key in marks)
        if left < 0:
            break
        blocks.append(html)
        shown |= marks
    is_cut = left < 0
    if section is not None and (shown or not is_cut):
        for key, note in notes.items():
            if is_cut and key not in shown:
                note.remove()
        blocks.append(converter.html(section))
    return "".join(blocks), is_cut


def _notes_in(section: Node) -> Iterator[Node]:
    return (node for node in section.walk() if node.name == "li" and "note-" in node.attributes.get("id", ""))


def _links_in(block: Node | str) -> Iterator[str]:
    """Yield the targets of the links in a block."""
    nodes = block.walk() if isinstance(block, Node) else ()
    return (node.attributes.get("href", "") for node in nodes if node.name == "a")


class _Converter:
    def __init__(self, rendered: str, pictures: Mapping[str, Picture], *, is_rtl: bool) -> None:
        self.pictures = pictures
        self.is_rtl = is_rtl
        self.targets = set(re.findall(r' href="#([^"]*)"', rendered))

    def html(self, node: Node) -> str:
        """Return a node with everything in it, without recursion."""
        output: list[str] = []
        pending: list[Node | str] = [node]
        ends: dict[int, str] = {}
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                output.append(escape(item, quote=False))
            elif id(item) in ends:
                output.append(ends.pop(id(item)))
            else:
                start, end = self.tags(item)
                output.append(start)
                if item.name not in VOID_TAGS:
                    ends[id(item)] = end
                    pending += [item, *reversed(item.children)]
        return "".join(output)

    def tags(self, node: Node) -> tuple[str, str]:
        """Return the start and end tag of what a node becomes."""
        rule = self.rule(node)
        attributes = {name: node.attributes[name] for name in _KEPT.get(node.name, ()) if name in node.attributes}
        attributes |= {name: node.attributes[name] for name in ("lang", "dir") if name in node.attributes}
        if node.attributes.get("role") == "doc-noteref":
            attributes.pop("aria-label", None)  # it repeats the number, and there may be hundreds
        if node.name == "img":
            attributes["width"] = str(self.picture_width(node))
        if node.name == "th":
            attributes["align"] = "right" if self.is_rtl_at(node) else "left"
        if rule.css_class:
            attributes["class"] = rule.css_class
        if rule.style:
            sides = {"start": "0", "end": "12px"} if node.name in {"td", "th"} else {"start": "24px", "end": "0"}
            if self.is_rtl_at(node):
                sides = {"start": sides["end"], "end": sides["start"]}
            attributes["style"] = rule.style.format(**sides)
        tag = rule.tag or ("span" if attributes else "")
        pairs = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        start = f"<{tag}{pairs}>" if tag else ""
        end = f"</{tag}>" if tag else ""
        anchor = self.anchor(node)
        if node.name == "table":
            return self.table_tags(node, start, end)
        return (anchor + start, end) if node.name == "a" else (start + anchor, end)

    def rule(self, node: Node) -> Rule:
        """Return what a node becomes in its place."""
        parent = node.parent.name if node.parent is not None else ""
        if node.name in _UNCHANGED:
            return Rule(node.name)
        rule = _RULES.get(node.name, Rule(""))
        if node.name == "blockquote" and "pull" in node.classes:
            return rule._replace(style=_PULL)
        if node.name == "a" and (
            _NOTE.fullmatch(node.attributes.get("href", "")) or "doc-" in node.attributes.get("role", "")
        ):
            return rule._replace(style=_NOTE_LINK, css_class="mark")
        if node.name == "p" and parent in {"li", "td", "th", "dd", "figcaption"}:
            return rule._replace(style=_IN_LIST)
        if node.name == "code" and parent == "pre":
            return Rule("")
        if node.name == "img" and any(above.name == "figure" for above in node.ancestors()):
            return rule._replace(style=f"display:block;{rule.style}")
        return rule

    def is_rtl_at(self, node: Node) -> bool:
        """Return whether the text around a node runs from right to left."""
        for each in (node, *node.ancestors()):
            if (direction := each.attributes.get("dir")) in {"ltr", "rtl"}:
                return direction == "rtl"
        return self.is_rtl

    def anchor(self, node: Node) -> str:
        """Return an empty anchor for a node that is linked to: Gmail and Outlook find only these."""
        id_ = node.attributes.get("id", "")
        return f'<a name="{escape(id_)}"></a>' if id_ in self.targets else ""

    def picture_width(self, image: Node) -> int:
        """Return the width of a picture in pixels, at most that of the text. One of unknown size fills the text."""
        picture = self.pictures.get(image.attributes.get("src", ""))
        given = image.attributes.get("width", "")
        return min(WIDTH, int(given) if given.isdigit() and int(given) else picture.width if picture else WIDTH)

    def table_tags(self, table: Node, start: str, end: str) -> tuple[str, str]:
        """Return a table's tags after its caption; one of many columns scrolls sideways rather than break words."""
        columns = max((len(row.elements) for row in table.walk() if row.name == "tr"), default=0)
        is_wide = columns > NARROW_COLUMNS
        captions = [child for child in table.elements if child.name == "caption"]
        before = "".join(self.html(caption) for caption in captions)
        for caption in captions:
            caption.remove()
        if is_wide:
            start = start.replace("font-size:15px", f"min-width:{columns * COLUMN}px;font-size:13px")
        wrapper = '<div tabindex="0" style="margin:0 0 24px;overflow-x:auto">'
        start = start.replace("<table ", '<table cellpadding="0" cellspacing="0" border="0" ', 1)
        return f"{before}{wrapper}{start}", f"{end}</div>"
