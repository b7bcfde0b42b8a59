"""A parser that collects a body's headings, pictures, links, paragraphs and notes in one pass."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

_HEADING = re.compile(r"h([2-6])")
_NOTE = re.compile(r"#?note-([0-9]+)")


class Link(NamedTuple):
    href: str
    text: str


class BodyParser(HTMLParser):
    """Collects what the checks before publishing look at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[tuple[int, str]] = []
        self.images: list[tuple[str, str]] = []
        self.links: list[Link] = []
        self.paragraphs: list[str] = []
        self.marks: list[str] = []
        self.notes: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(html)
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
