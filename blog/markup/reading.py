"""Reading of HTML: its tokens, plain text and links, and what the checks before publishing look at."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from accounts.profiles.names import tidy_text

# Elements whose content readers never see.
_HIDDEN = frozenset({
    "iframe", "noembed", "noframes", "noscript", "object", "script", "select", "style", "template", "textarea", "title",
})  # fmt: skip

# Possessive quantifiers: a tag is read once, whether it is closed or not.
_ATTRIBUTE = r"""[\s/]*+[^\s/>=<][^\s/>=<]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>][^\s<>]*+)?+)?+"""
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9:_-]*+)((?:{_ATTRIBUTE})*+)[\s/]*+>")
_PART = re.compile(r"""([^\s/>=<][^\s/>=<]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>][^\s<>]*+))?+)?+""")
_DECLARATION = re.compile(r"<[!?/][^<>]*+>")
_VAST_NUMBER = re.compile(r"&#(?=[0-9]{8}|[xX][0-9a-fA-F]{7})")
# `&copy=1` in an address is not ©.
_WITHOUT_SEMICOLON = re.compile(r"&(?=[a-zA-Z][a-zA-Z0-9]*+(?!;))")
# Tags that are never closed; after so many the rest is read as text.
_MAX_UNCLOSED = 500


class Tag(NamedTuple):
    name: str
    attributes: dict[str, str]
    is_end: bool


def decode_entities(text: str) -> str:
    """Resolve entities, then tidy the text, so that characters hidden in entities go too."""
    if "&" in text:
        text = html.unescape(_VAST_NUMBER.sub("&amp;#", text))
    return tidy_text(text)


def tokenize(source: str) -> Iterator[str | Tag]:
    """Yield the text and the tags of HTML."""
    position = 0
    text: list[str] = []
    unclosed_left = _MAX_UNCLOSED
    no_comment_after = len(source)
    while (start := source.find("<", position)) != -1 and unclosed_left:
        text.append(source[position:start])
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4) if start < no_comment_after else -1
            if end != -1:
                position = end + 3
                continue
            no_comment_after = min(no_comment_after, start)
        elif tag := _TAG.match(source, start):
            if text:
                yield decode_entities("".join(text))
                text = []
            name = tag[2].lower()
            position = tag.end()
            if name in _HIDDEN and not tag[1]:
                end_tag = re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE).search(source, position)
                position = end_tag.end() if end_tag else len(source)
            else:
                yield Tag(name, {} if tag[1] else _parse_attributes(tag[3]), bool(tag[1]))
            continue
        elif declaration := _DECLARATION.match(source, start):
            position = declaration.end()
            continue
        elif source[start + 1 : start + 2].isalpha():
            unclosed_left -= 1
        text.append("<")
        position = start + 1
    text.append(source[position:])
    yield decode_entities("".join(text))


def _parse_attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _PART.finditer(source):
        found.setdefault(part[1].lower(), part[2] or part[3] or part[4] or "")
    return {name: decode_entities(_WITHOUT_SEMICOLON.sub("&amp;", value)) for name, value in found.items()}


_NOTE_MARK = re.compile(r'<sup><a [^>]*role="doc-noteref"[^>]*>[^<]*</a></sup>')
_NOTES = re.compile(r'(?=<section role="doc-endnotes")')
_BLOCK_EDGE = re.compile(
    r"<(?:br|hr)>|</?(?:blockquote|caption|d[dlt]|details|fig\w+|h[2-4]|li|ol|p|pre|section|summary|table|tr|ul)\b[^>]*>"
)
_CELL = re.compile(r"</t[dh]>")
_NO_SENTENCE = re.compile(r"<(h[2-4]|figure|pre|table)\b.*?(?:</\1>|\Z)", re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")
_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')
# A word; each Chinese or Japanese character counts as one.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:['’.-]\w+)*"
)


def plain_text(source: str) -> str:
    """Return the text of cleaned HTML, one line per block, without references to notes and soft hyphens."""
    text = _CELL.sub(" ", _BLOCK_EDGE.sub("\n", _NOTE_MARK.sub("", source)))
    text = html.unescape(_ANY_TAG.sub("", text)).replace("\u00ad", "")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(filter(None, lines))


def split_notes(source: str) -> tuple[str, str]:
    """Split an essay's body from its section of notes."""
    body, *notes = _NOTES.split(source, maxsplit=1)
    return body, "".join(notes)


def count_words(source: str) -> int:
    """Count the words of an essay's body without its notes."""
    return len(_WORD.findall(plain_text(split_notes(source)[0])))


def excerpt(source: str, words: int = 55) -> str:
    """Return the first words of an essay on one line: without headings, tables and the like if it has other text."""
    start = source[: max(0, source.rfind("<", 0, 40 * words))]  # usually enough; cut before a tag
    for part, select in ((start, _prose), (source, _prose), (source, str)):
        text = " ".join(plain_text(select(split_notes(part)[0])).split())
        ends = [match.end() for _, match in zip(range(words + 1), _WORD.finditer(text), strict=False)]
        if len(ends) > words:
            return text[: ends[words - 1]].rstrip(" .,;:") + "…"
        if text and part is source:
            break
    return text


def _prose(body: str) -> str:
    """Return the HTML without headings, figures, code and tables."""
    return _NO_SENTENCE.sub("", body)


def link_targets(source: str) -> list[str]:
    """Return the link targets of cleaned HTML, in order."""
    return [html.unescape(target) for target in _HREF.findall(source)]


_HEADING = re.compile(r"h([2-6])")
_NOTE = re.compile(r"#?note-([0-9]+)")


class Link(NamedTuple):
    href: str
    text: str


class BodyParser(HTMLParser):
    """Collects what the checks before publishing look at."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.headings: list[tuple[int, str]] = []
        self.images: list[tuple[str, str]] = []
        self.links: list[Link] = []
        self.paragraphs: list[str] = []
        self.marks: list[str] = []
        self.notes: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.images.append((attributes.get("src", ""), attributes.get("alt", "").strip()))
            self.handle_data(attributes.get("alt", ""))
        elif tag in {"a", "p", "li"} or _HEADING.fullmatch(tag):
            self._open.append((tag, attributes, []))

    def handle_data(self, data: str) -> None:
        for _tag, _attributes, texts in self._open:
            texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not any(open_ == tag for open_, _attributes, _words in self._open):
            return
        while self._open:
            open_, attributes, texts = self._open.pop()
            self._record(open_, attributes, " ".join("".join(texts).split()))
            if open_ == tag:
                return

    def _record(self, tag: str, attributes: dict[str, str], text: str) -> None:
        """Add a heading, paragraph, link, note or reference to one, which has ended, to the list of its kind."""
        if heading := _HEADING.fullmatch(tag):
            self.headings.append((int(heading[1]), text))
        elif tag == "p":
            self.paragraphs.append(text)
        elif tag == "a" and (mark := _NOTE.fullmatch(attributes.get("href", ""))):
            self.marks.append(mark[1])
        elif tag == "a":
            self.links.append(Link(attributes.get("href", ""), text))
        elif note := _NOTE.fullmatch(attributes.get("id", "")):
            self.notes[note[1]] = text
