"""What an author may want to know before readers do: pure looks at the title, the excerpt and the body's HTML."""

import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from blog import markup

LONGEST_TITLE = 60  # what a page of search results shows of it
LONGEST_PARAGRAPH = 250
SHOWN = 60

_HEADING = re.compile(r"h([2-6])")
_NOTE = re.compile(r"#?note-([0-9]+)")


class Finding(NamedTuple):
    kind: str
    words: str
    where: str = ""
    """Its own words in the text, by which it is found there."""


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


def look(*, title: str, excerpt: str, body: str, is_dead: Callable[[str], bool] = lambda path: False) -> list[Finding]:
    """Everything there is to say, in the order in which it is met; none of it forbids anything."""
    reading = Reading(body)
    return [
        *about_the_head(title, excerpt),
        *about_headings(reading.headings),
        *about_images(reading.images),
        *about_links(reading.links, is_dead),
        *about_notes(reading.marks, reading.notes),
        *about_paragraphs(reading.paragraphs),
    ]


def about_the_head(title: str, excerpt: str) -> Iterator[Finding]:
    if len(title.strip()) > LONGEST_TITLE:
        words = ngettext(
            "The title has %(n)d character; search results show about %(most)d.",
            "The title has %(n)d characters; search results show about %(most)d.",
            len(title.strip()),
        )
        yield Finding("title", words % {"n": len(title.strip()), "most": LONGEST_TITLE})
    if not excerpt.strip():
        yield Finding("excerpt", _("There is no excerpt, so lists and search results show the first words."))


def about_headings(headings: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    above = 1
    for level, text in headings:
        if level > above + 1:
            words = _("A level %(level)d heading follows a level %(above)d heading. Don’t skip a level.")
            yield Finding("heading", words % {"level": level, "above": above}, short(text))
        above = level


def about_images(images: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    ours = {"", urlsplit(settings.SITE_URL).netloc}
    for src, alt in images:
        if urlsplit(src).netloc not in ours:
            words = _("A picture is on another site, so readers won’t see it. Upload it here instead.")
            yield Finding("away", words, src.rpartition("/")[2][:SHOWN])
        if not alt:
            words = _("A picture has no alternative text. Leave it empty only if the picture is decorative.")
            yield Finding("alt", words, src.rpartition("/")[2][:SHOWN])


def about_links(links: Iterable[Link], is_dead: Callable[[str], bool]) -> Iterator[Finding]:
    empty_words = says_nothing()
    for link in links:
        if link.text.casefold().strip(" .…:!»›→") in empty_words:
            yield Finding(
                "link", _("The link text doesn’t say where the link goes."), short(link.text) or link.href[:SHOWN]
            )
        if markup.is_unclear(link.href):
            words = _("Start this link’s address with https:// (another website) or ./ (this site).")
            yield Finding("unclear", words, link.href[:SHOWN])
        elif urlsplit(link.href).path and is_dead(link.href):
            yield Finding("dead", _("This link goes to a page that doesn’t exist on this site."), link.href[:200])


def about_notes(marks: list[str], notes: dict[str, str]) -> Iterator[Finding]:
    for number in dict.fromkeys(marks):
        if not notes.get(number):
            yield Finding("note", _("Footnote %(number)s has no text.") % {"number": number}, number)
    for number, text in notes.items():
        if number not in marks:
            yield Finding(
                "mark", _("Nothing in the text refers to footnote %(number)s.") % {"number": number}, short(text)
            )


def about_paragraphs(paragraphs: Iterable[str]) -> Iterator[Finding]:
    for text in paragraphs:
        count = len(text.split())
        if count > LONGEST_PARAGRAPH:
            words = _("A paragraph of %(n)d words is hard to read on a screen.")
            yield Finding("paragraph", words % {"n": count}, short(text))


def says_nothing() -> frozenset[str]:
    """Words of links that could lead anywhere; translators give those of their language, parted by bars."""
    words: Any = pgettext("words of links that say nothing", "here|click here|this|link|this link|more|read more|click")
    return frozenset(["", *words.split("|")])


def short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN].rpartition(" ")[0] + "…"
