"""Conversion of HTML from Word, Google Docs, LibreOffice or a web page to an essay's body, with a list of losses."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import islice

from blog import markup
from blog.editor import formulas, heading_links, lists, notes, program_quirks, styles, unlinked_notes, word_formulas
from blog.editor.tree import HEADINGS, Findings, Node, parse, replace_nodes

_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*)<!--\s*EndFragment\s*-->", re.DOTALL)
_HEAD = re.compile(r"<head\b.*?</head\s*>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]*>(.*?)</title\s*>", re.DOTALL | re.IGNORECASE)
_PLAYER = re.compile(r"<(iframe|video|audio|embed|object)\b[^<>]*+>", re.IGNORECASE)
_SOURCE = re.compile(r"""\b(?:src|data)\s*+=\s*+["']?(https?://[^"'\s<>]++)""", re.IGNORECASE)
_LOCAL_SOURCE = re.compile(r"""\b(?:src|data)\s*+=\s*+["']?([^"'\s<>]++)""", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LINK_SCHEMES = frozenset({"https:", "http:", "mailto:"})
_OFFICE = frozenset({"o:p", "w:sdt", "st1:place", "v:shape", "html", "body", "main", "article", "center"})
_NOT_TEXT = {"form": "form(s)", "svg": "drawing(s)", "canvas": "drawing(s)"}
WEB_PREFIXES = ("http://", "https://", "/")
Resolver = Callable[[str, str], str]
"""Returns the address to show for an address as written and its alternative text, or "" for a missing picture."""


@dataclass
class Conversion:
    html: str = ""
    title: str = ""
    deck: str = ""
    heading: str = ""  # the title as it stood in the text, not in the file's data about itself
    lost: Findings = field(default_factory=list)
    changed: Findings = field(default_factory=list)
    note_count: int = 0


def keep_web_address(address: str, alt: str) -> str:
    """Return a picture's address if it is on the web or on this site, else "", because it cannot be fetched."""
    return address if address.startswith(WEB_PREFIXES) else ""


def convert_html(source: str, *, resolve_picture: Resolver = keep_web_address, has_title: bool = False) -> Conversion:
    """Convert HTML; with `has_title`, a level-one heading at the top becomes the title and leaves the body."""
    result = Conversion()
    if found := _TITLE.search(source[:100_000]):
        result.title = " ".join(markup.plain_text(found[1]).split())
    if fragment := _FRAGMENT.search(source):
        source = fragment[1]
    source = _PLAYER.sub(lambda player: add_player_link(player, result), _HEAD.sub("", source, count=1))
    root = parse(word_formulas.without_fallback_pictures(source))
    remarks, changes = styles.drop_editorial(root)
    result.lost += [("review comment(s)", "")] * remarks
    result.changed += [("tracked change(s) (was|were) accepted", "")] * changes
    program_quirks.drop_non_content(root, result.lost)
    formulas.to_text(root, result.changed, result.lost)
    word_formulas.to_text(root, result.changed, result.lost)
    lists.convert_word_lists(root)
    lists.nest_lists(root)
    unlinked_notes.keep_unused(root, result.changed)
    unlinked_notes.add_backlinks(root)
    unlinked_notes.link_numbered_notes(root)
    result.note_count, dead = notes.collect_notes(root)
    result.lost += [("footnote mark(s) without a footnote", "")] * dead
    replace_styles_with_tags(root, result)
    replace_pictures(root, resolve_picture, result)
    result.lost += [("empty footnote(s)", "")] * notes.fill_empty_notes(root)
    drop_non_text(root, result)
    heading_links.mark(root)
    replace_nodes(root, lambda node: unwrap_foreign(node, result))
    styles.tidy_blocks(root)
    if has_title:
        extract_title_and_deck(root, result)
    styles.shift_headings(root)
    result.html = heading_links.set_addresses(markup.clean_essay(root.inner_html()))
    return result


def replace_styles_with_tags(root: Node, result: Conversion) -> None:
    """Replace styles, classes and what single programs write in their own way by the tags that mean the same."""
    program_quirks.convert_checkboxes(root)
    program_quirks.convert_code(root)
    program_quirks.simplify_tables(root)
    program_quirks.split_paragraphs(root)
    program_quirks.unwrap_google_redirects(root)
    program_quirks.convert_capitals(root, result.changed)
    styles.convert_headings(root)
    styles.convert_quotes(root)
    program_quirks.convert_pull_quotes(root)
    program_quirks.convert_captions(root)
    styles.convert_inline_styles(root)


def extract_title_and_deck(root: Node, result: Conversion) -> None:
    """Move the title and the subtitle from the body to fields of their own."""
    if title := find_title(root):
        result.heading = " ".join(title.text.split())
        result.title = result.heading or result.title
        title.remove()
    if deck := next((node for node in root.walk() if "document-deck" in node.classes), None):
        result.deck = " ".join(deck.text.split())
        deck.remove()


def find_title(root: Node) -> Node | None:
    """Return the heading in the style of a title, else the only level-one heading if it is the first text."""
    tops = [node for node in root.walk() if node.name == "h1"]
    if named := [node for node in tops if "document-title" in node.classes]:
        return named[0]
    if len(tops) != 1:
        return None
    first = next((node for node in root.walk() if node is tops[0] or node.has_direct_text()), None)
    return first if first is tops[0] else None


def unwrap_foreign(node: Node, result: Conversion) -> list[Node | str] | None:
    """Return the content of an element that only the other program needs, or of a link into the old document.

    None keeps any other element. `result` records links to places in the text and to files on the author's computer.
    """
    if node.name in _OFFICE:
        return node.children
    if node.name != "a" or node.attributes.get("role") == "doc-noteref":
        return None
    address = node.attributes.get("href", "").strip()
    if heading_links.is_marked(address):
        return None
    if not address or address.startswith("#"):
        if is_lost_inside(node, address):
            result.lost.append(("link(s) to (a place|places) in the text", " ".join(node.text.split())[:60]))
        return node.children
    address = node.attributes["href"] = markup.complete_address(address)
    if (scheme := _SCHEME.match(address)) and scheme[0].lower() not in {"file:", "javascript:"}:
        if scheme[0].lower() not in _LINK_SCHEMES:
            result.lost.append(("link(s) without https://, http:// or mailto:", address[:200]))
        return None  # cleaning drops the others
    if scheme and scheme[0].lower() == "javascript:":
        return node.children
    if address.startswith("/") or markup.is_unclear(address):
        return None
    if not notes.is_mark(node):  # marks are counted already
        result.lost.append(("link(s) to local files", address[:200]))
    return node.children


def is_lost_inside(link: Node, address: str) -> bool:
    """Return whether a reader misses a link into the text, unlike one of a heading to itself or a counted mark."""
    is_mark = notes.is_mark(link) and not notes.is_word(link)
    is_in_heading = any(above.name in HEADINGS for above in link.ancestors())
    return len(address) > 1 and link.has_text() and not is_mark and not is_in_heading


def replace_pictures(root: Node, resolve_picture: Resolver, result: Conversion) -> None:
    """Give pictures the address that `resolve_picture` returns; drop and report those without one."""

    def replacement(node: Node) -> list[Node | str] | None:
        if node.name != "img":
            return None
        address, alt = node.attributes.get("src", ""), node.attributes.get("alt", "")
        own_address = resolve_picture(address, alt) if address else ""
        if not own_address:
            name = "" if address.startswith("data:") else address.rpartition("/")[2]
            result.lost.append(("picture(s) that could not be imported", alt or name))
            return []
        attributes = {name: value for name, value in node.attributes.items() if name in {"alt", "width", "height"}}
        return [Node("img", {"src": own_address, **attributes})]

    replace_nodes(root, replacement)


def add_player_link(player: re.Match[str], result: Conversion) -> str:
    """Return an embedded player's tag after a link to its video; cleaning removes the tag and keeps the link."""
    source = _SOURCE.search(player[0])
    if source is None:
        if name := _LOCAL_SOURCE.search(player[0]):
            result.lost.append(("embedded player(s)", unescape(name[1])[:200]))
        return player[0]
    address = unescape(source[1])
    result.changed.append(("embedded player(s) (was|were) replaced by (a link|links)", address))
    return f'<p><a href="{escape(address)}">{escape(address)}</a></p>{player[0]}'


def drop_non_text(root: Node, result: Conversion) -> None:
    """Drop drawings with their text, replace forms by their content, and report both, except icons of a page."""

    def replacement(node: Node) -> list[Node | str] | None:
        kind = _NOT_TEXT.get(node.name)
        if kind is None:
            return None
        if not is_icon(node):
            result.lost.append((kind, " ".join(node.text.split())[:60]))
        return [] if node.name != "form" else node.children

    replace_nodes(root, replacement)


def is_icon(node: Node) -> bool:
    """Return whether it is a drawing that the page it comes from hides from screen readers or has on a button."""
    return node.name == "svg" and any(
        each.name == "button" or each.attributes.get("aria-hidden") == "true"
        for each in (node, *islice(node.ancestors(), 3))
    )
