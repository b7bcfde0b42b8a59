"""HTML from Word, Google Docs, LibreOffice or a web page → the body of an essay, and what could not come along."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape

from blog import markup
from blog.editor import formulas, lists, notes, programs, styles, typed, word_formulas
from blog.editor.tree import Node, parse, rework

_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*)<!--\s*EndFragment\s*-->", re.DOTALL)
_HEAD = re.compile(r"<head\b.*?</head\s*>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]*>(.*?)</title\s*>", re.DOTALL | re.IGNORECASE)
_HTML_LANGUAGE = re.compile(r"<html\b[^<>]*?\blang\s*=\s*[\"']?([A-Za-z-]{2,20})", re.IGNORECASE)
_PLAYER = re.compile(r"<(iframe|video|audio|embed|object)\b[^<>]*+>", re.IGNORECASE)
_SOURCE = re.compile(r"""\b(?:src|data)\s*+=\s*+["']?(https?://[^"'\s<>]++)""", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_OFFICE = frozenset({"o:p", "w:sdt", "st1:place", "v:shape", "html", "body", "main", "article", "center"})
_NOT_TEXT = {
    "form": "form(s)",
    "svg": "drawing(s)",
    "canvas": "drawing(s)",
}
PICTURES = ("http://", "https://", "/")
Picture = Callable[[str, str], str]
"""An address as written and its alternative text → the address to show, or nothing when it cannot be had."""


@dataclass
class Brought:
    html: str = ""
    title: str = ""
    deck: str = ""
    lost: list[tuple[str, str]] = field(default_factory=list)
    """What, as `report.counted` takes it, and which."""
    changed: list[tuple[str, str]] = field(default_factory=list)
    notes: int = 0


def no_picture_of_ours(address: str, alt: str) -> str:
    return address if address.startswith(PICTURES) else ""


def bring(source: str, *, picture: Picture = no_picture_of_ours, has_title: bool = False) -> Brought:
    """`has_title`: a first heading of the first level is the essay's title and leaves its body."""
    brought = Brought()
    if found := _TITLE.search(source[:100_000]):
        brought.title = " ".join(markup.plain(found[1]).split())
    if fragment := _FRAGMENT.search(source):
        source = fragment[1]
    source = _PLAYER.sub(lambda player: link(player, brought), _HEAD.sub("", source, count=1))
    root = parse(word_formulas.shown(source))
    remarks, changes = styles.drop_editorial(root)
    brought.lost += [("review comment(s)", "")] * remarks
    brought.changed += [("tracked change(s) (was|were) accepted", "")] * changes
    programs.drop_asides(root, brought.lost)
    formulas.to_words(root, brought.changed, brought.lost)
    word_formulas.to_words(root, brought.changed, brought.lost)
    lists.from_word(root)
    lists.nest(root)
    typed.link(root)
    brought.notes, dead = notes.gather(root)
    brought.lost += [("footnote mark(s) without a footnote", "")] * dead
    arrange(root, brought)
    pictures(root, picture, brought)
    brought.lost += [("empty footnote(s)", "")] * notes.empty(root)
    others(root, brought)
    rework(root, lambda node: unwrapped(node, brought))
    styles.blocks(root)
    if has_title:
        take_head(root, brought)
    styles.shift_headings(root)
    brought.html = markup.essay(root.html())
    return brought


def arrange(root: Node, brought: Brought) -> None:
    """What is told by a style, a class or a habit, told by tags."""
    programs.checkboxes(root)
    programs.code(root)
    programs.boxes(root)
    programs.paragraphs(root)
    programs.links(root)
    programs.letters(root, brought.changed)
    styles.headings(root)
    styles.quotes(root)
    programs.pulled(root)
    programs.captions(root)
    styles.inline(root)


def take_head(root: Node, brought: Brought) -> None:
    """Title and deck leave the body for fields of their own."""
    if title := first_title(root):
        brought.title = " ".join(title.words.split()) or brought.title
        title.drop()
    if deck := next((node for node in root.walk() if "document-deck" in node.classes), None):
        brought.deck = " ".join(deck.words.split())
        deck.drop()


def first_title(root: Node) -> Node | None:
    """What a style names the title, or else the only heading of the first level, before any other words."""
    tops = [node for node in root.walk() if node.name == "h1"]
    if named := [node for node in tops if "document-title" in node.classes]:
        return named[0]
    if len(tops) != 1:
        return None
    for node in root.walk():
        if node is tops[0]:
            return node
        if any(isinstance(child, str) and child.strip() for child in node.children):
            return None
    return None


def unwrapped(node: Node, brought: Brought) -> list[Node | str] | None:
    """What only the other program needed; links into the old document, where nothing here has that name."""
    if node.name in _OFFICE:
        return node.children
    if node.name != "a" or node.attributes.get("role") == "doc-noteref":
        return None
    address = node.attributes.get("href", "").strip()
    if not address or address.startswith("#"):
        return node.children
    address = node.attributes["href"] = markup.completed(address)
    if address.startswith("/") or _SCHEME.match(address) or markup.is_unclear(address):
        return None
    if not notes.is_mark(node):  # those are counted already
        brought.lost.append(("link(s) to local files", address[:200]))
    return node.children


def pictures(root: Node, picture: Picture, brought: Brought) -> None:
    def shown(node: Node) -> list[Node | str] | None:
        if node.name != "img":
            return None
        address, alt = node.attributes.get("src", ""), node.attributes.get("alt", "")
        ours = picture(address, alt) if address else ""
        if not ours:
            name = "" if address.startswith("data:") else address.rpartition("/")[2]
            brought.lost.append(("picture(s) that could not be imported", alt or name))
            return []
        kept = {name: value for name, value in node.attributes.items() if name in {"alt", "width", "height"}}
        return [Node("img", {"src": ours, **kept})]

    rework(root, shown)


def link(player: re.Match[str], brought: Brought) -> str:
    """What needs a frame or plays by itself becomes a link: pages here load nothing from elsewhere."""
    source = _SOURCE.search(player[0])
    if source is None:
        return player[0]
    address = unescape(source[1])
    brought.changed.append(("embedded player(s) (was|were) replaced by (a link|links)", address))
    return f'<p><a href="{escape(address)}">{escape(address)}</a></p>{player[0]}'


def others(root: Node, brought: Brought) -> None:
    """Drawings, formulas and forms, whose words alone would say nothing."""

    def without(node: Node) -> list[Node | str] | None:
        what = _NOT_TEXT.get(node.name)
        if what is None:
            return None
        brought.lost.append((what, " ".join(node.words.split())[:60]))
        return [] if node.name != "form" else node.children

    rework(root, without)
