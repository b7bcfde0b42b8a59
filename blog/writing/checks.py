"""What an author may want to know before readers do: pure looks at the title, the excerpt and the body's HTML."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from blog import markup
from blog.markup.reading import Link, Reading

LONGEST_TITLE = 60  # what a page of search results shows of it
LONGEST_PARAGRAPH = 250
SHOWN = 60


class Finding(NamedTuple):
    kind: str
    words: str
    where: str = ""
    """Its own words in the text, by which it is found there."""


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
