"""Conversion of a post's text to HTML for our markup: blocks, shortcodes, players, notes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from transfer.wordpress.notes import Notes
from transfer.wordpress.survey import Attachment

_BLOCK = "<!-- wp:"
_DYNAMIC = re.compile(r"<!--\s++wp:(?P<name>[a-z][a-z0-9_/-]{0,60}+)\s[^<>]*?/-->")
# Blocks without content that are imported in another way, or that need nothing.
_SILENT = {"footnotes", "more", "nextpage", "spacer", "separator", "paragraph", "heading", "list", "post-content"}
_SHORTCODE = re.compile(
    r"\[(?P<escaped>\[?)(?P<name>[a-zA-Z][a-zA-Z0-9_-]{1,30})(?P<rest>(?:[\s=/][^\[\]]{0,2000}+)?+)\]"
)
_ATTRIBUTE = re.compile(r"""([\w-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'/]++))""")
_PICTURE = re.compile(r"\s*+(?P<picture>(?:<a\b[^<>]*+>\s*+)?<img\b[^<>]*+>(?:\s*+</a>)?)", re.IGNORECASE)
_PLAYER = re.compile(r"<(?P<tag>iframe|object|video|audio|embed)\b[^<>]*+>", re.IGNORECASE)
_CLOSING = {tag: re.compile(rf"</{tag}\s*+>", re.IGNORECASE) for tag in ("iframe", "object", "video", "audio")}
_SOURCE = re.compile(r"""\b(?:src|data|value|href)\s*+=\s*+["']?(?P<url>(?:https?:)?//[^"'\s<>]++)""", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s\"'<>\[\]]++")
_OWN_LINE = re.compile(r"^([ \t]*+)(https?://[^\s<>\"']++)[ \t]*+$", re.MULTILINE)
_YOUTUBE = re.compile(r"(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]++)[^\s]*+")
_IMG = re.compile(r"""<img\b[^<>]*?\bsrc\s*+=\s*+["']?(?P<url>https?://[^"'\s<>]++)[^<>]*+>""", re.IGNORECASE)
_DATA = re.compile(r"""<img\b[^<>]*?\bsrc\s*+=\s*+["']?data:[^<>]*+>""", re.IGNORECASE)


@dataclass
class PostText:
    """The conversion of one post's text; `lost` lists what was dropped, `changed` what was replaced."""

    gallery: Callable[[list[str]], list[Attachment]]
    """Returns the pictures with these numbers, or without numbers those uploaded to the post."""
    notes: Notes = field(default_factory=Notes)
    lost: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)

    def to_html(self, body: str, footnotes: str = "") -> str:
        """Convert a post's text with the notes of its field `footnotes`."""
        for block in _DYNAMIC.finditer(body):
            if block["name"] not in _SILENT:
                self.lost.append(("dynamic block(s)", block["name"]))
        if "<!--nextpage-->" in body:
            self.changed.append(("multi-page post(s) became (a single page|single pages)", ""))
        for _ in _DATA.finditer(body):
            self.lost.append(("picture(s) embedded in the text as data", ""))
        body = self.notes.from_list(self.notes.from_blocks(body, footnotes))
        body = "".join(self._with_shortcodes(body))
        body = "".join(self._with_players(body))
        body = _OWN_LINE.sub(lambda line: line[1] + link_html(line[2]), body)
        return body + self.notes.section()

    def _with_shortcodes(self, body: str) -> Iterator[str]:
        """Yield the text with the shortcodes we know replaced."""
        position = 0
        never_closed: set[str] = set()
        while code := _SHORTCODE.search(body, position):
            yield body[position : code.start()]
            name = code["name"].lower()
            if code["escaped"] and body.startswith("]", code.end()):
                yield code[0][1:]
                position = code.end() + 1
                continue
            yield code["escaped"]
            position = code.end()
            if name not in _HANDLERS:
                if "=" in code["rest"] or f"[/{code['name']}]" in body[position : position + 5000]:
                    self.changed.append(("plugin shortcode(s) (was|were) left in the text", f"[{name}]"))
                yield code[0][len(code["escaped"]) :]
                continue
            content = ""
            closing = f"[/{code['name']}]"
            if name in _WITH_CONTENT and name not in never_closed and not code["rest"].endswith("/"):
                end = body.find(closing, position)
                if end == -1:
                    never_closed.add(name)
                else:
                    content = body[position:end]
                    position = end + len(closing)
            yield _HANDLERS[name](self, Shortcode(name, code["rest"], content))
        yield body[position:]

    def _with_players(self, body: str) -> Iterator[str]:
        """Replace embedded players by links, because essays load nothing from other sites."""
        position = 0
        never_closed: set[str] = set()
        while player := _PLAYER.search(body, position):
            yield body[position : player.start()]
            tag = player["tag"].lower()
            end = None if tag in never_closed or tag == "embed" else _CLOSING[tag].search(body, player.end())
            if end is None:
                never_closed.add(tag)
            position = end.end() if end else player.end()
            yield self.replace_player(body[player.start() : min(position, player.start() + 20_000)], tag)
        yield body[position:]

    def replace_player(self, source: str, name: str) -> str:
        """Return a link to what a player plays."""
        found = _SOURCE.search(source) or _WEB.search(source)
        if not found:
            self.lost.append(("embedded player(s) without an address", name))
            return ""
        self.changed.append(("embedded player(s) (was|were) replaced by (a link|links)", ""))
        address = unescape(found.groupdict().get("url") or found[0])
        address = _YOUTUBE.sub(r"https://www.youtube.com/watch?v=\1", address)
        return link_html(f"https:{address}" if address.startswith("//") else address)

    def figure(self, picture: str, caption: str) -> str:
        """Return a figure with a picture and its caption, both HTML."""
        caption_html = f"<figcaption>{caption.strip()}</figcaption>" if caption.strip() else ""
        return f"<figure>{picture}{caption_html}</figure>"

    # Shortcode handlers

    def caption_html(self, code: "Shortcode") -> str:
        """Return the figure of a [caption]."""
        picture = _PICTURE.match(code.content)
        if not picture:
            return code.content
        return self.figure(picture["picture"], code.content[picture.end() :].strip() or code["caption"])

    def gallery_html(self, code: "Shortcode") -> str:
        """Return the figures of a [gallery]."""
        wanted = [number.strip() for number in (code["ids"] or code["include"]).split(",") if number.strip()]
        excluded = {number.strip() for number in code["exclude"].split(",")}
        found = self.gallery([number for number in wanted if number not in excluded])
        if not found:
            self.lost.append(("galler(y|ies) whose pictures are not in the file", ""))
        return "".join(
            self.figure(f'<img src="{escape(picture.url)}" alt="{escape(picture.alt)}">', picture.caption)
            for picture in found
        )

    def embed(self, code: "Shortcode") -> str:
        """Return a link instead of the player of a shortcode."""
        return self.replace_player(unescape(f"{code.rest} {code.content}"), code.name)

    def note_mark(self, code: "Shortcode") -> str:
        """Add the footnote in a shortcode to the notes, and return its mark."""
        return self.notes.add_note(code.content) if code.content.strip() else ""

    def code_html(self, code: "Shortcode") -> str:
        """Return the code block of a shortcode."""
        escaped = code.content.strip("\r\n").replace("<", "&lt;").replace(">", "&gt;")
        language = escape(code["lang"] or code["language"])
        return f'<pre><code class="language-{language}">{escaped}</code></pre>'

    def drop_code(self, code: "Shortcode") -> str:
        """Report a shortcode that works only in WordPress, and drop it."""
        self.lost.append(("shortcode(s) that (works|work) only in WordPress", f"[{code.name}]"))
        return ""


@dataclass
class Shortcode:
    name: str
    rest: str
    content: str

    def __getitem__(self, name: str) -> str:
        for found in _ATTRIBUTE.finditer(self.rest):
            if found[1].lower() == name:
                return unescape(found[2] or found[3] or found[4] or "")
        return ""


_HANDLERS: dict[str, Callable[[PostText, Shortcode], str]] = {
    **dict.fromkeys(("caption", "wp_caption"), PostText.caption_html),
    "gallery": PostText.gallery_html,
    **dict.fromkeys(("audio", "video", "embed", "youtube", "vimeo", "soundcloud", "ted", "spotify"), PostText.embed),
    **dict.fromkeys(("ref", "footnote", "fn", "efn_note", "mfn"), PostText.note_mark),
    **dict.fromkeys(("code", "sourcecode"), PostText.code_html),
    **dict.fromkeys(
        ("contact-form", "contact-field", "playlist", "polldaddy", "poll", "wpvideo", "archives"), PostText.drop_code
    ),
}
_WITH_CONTENT = {name for name, handler in _HANDLERS.items() if handler not in {PostText.gallery_html}}


def pictures_as_links(text: str) -> str:
    """Replace pictures by links, for comments, which show none."""
    return _IMG.sub(lambda picture: link_html(unescape(picture["url"])), text)


def link_html(address: str) -> str:
    """Return a link that shows its address."""
    return f'<a href="{escape(address)}">{escape(address)}</a>'


def escape_shortcodes(body: str) -> str:
    """Escape an author's brackets, so that WordPress doesn't take them for shortcodes.

    WordPress shows `[[gallery]]` as `[gallery]`; if a closing tag of that name follows, only an entity is safe.
    """

    def replacement(code: re.Match[str]) -> str:
        if code["name"].lower() not in _HANDLERS:
            return code[0]
        if body.find(f"[/{code['name']}]", code.end()) == -1:
            return f"[{code[0]}]"
        return "&#91;" * (1 + len(code["escaped"])) + code[0].lstrip("[")

    return _SHORTCODE.sub(replacement, body)


def has_blocks(body: str) -> bool:
    """Return whether the block editor wrote the text, in which bare newlines are only space."""
    return _BLOCK in body
