"""What one pass over a body finds: its headings, pictures, links, paragraphs and notes."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

_HEADING = re.compile(r"h([2-6])")
_NOTE = re.compile(r"#?note-([0-9]+)")


class Link(NamedTuple):
    href: str
    text: str


class Reading(HTMLParser):
    """One pass over a body, keeping of it what the checks look at."""

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
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.images.append((given.get("src", ""), given.get("alt", "").strip()))
            self.handle_data(given.get("alt", ""))
        elif tag in {"a", "p", "li"} or _HEADING.fullmatch(tag):
            self._open.append((tag, given, []))

    def handle_data(self, data: str) -> None:
        for _tag, _given, words in self._open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not any(open_ == tag for open_, _given, _words in self._open):
            return
        while self._open:
            open_, given, words = self._open.pop()
            self._keep(open_, given, " ".join("".join(words).split()))
            if open_ == tag:
                return

    def _keep(self, tag: str, given: dict[str, str], text: str) -> None:
        if heading := _HEADING.fullmatch(tag):
            self.headings.append((int(heading[1]), text))
        elif tag == "p":
            self.paragraphs.append(text)
        elif tag == "a" and (mark := _NOTE.fullmatch(given.get("href", ""))):
            self.marks.append(mark[1])
        elif tag == "a":
            self.links.append(Link(given.get("href", ""), text))
        elif note := _NOTE.fullmatch(given.get("id", "")):
            self.notes[note[1]] = text
