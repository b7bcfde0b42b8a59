"""Checks of an essay's title, excerpt and body that warn its author; pure, without queries."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from blog import markup
from blog.markup.reading import BodyParser, Link

MAX_TITLE = 60  # what a page of search results shows of it
MAX_PARAGRAPH = 250
MAX_QUOTE = 60


class Finding(NamedTuple):
    kind: str
    words: str
    where: str = ""
    """Text at which the editor finds the place."""


def check(
    *,
    title: str,
    excerpt: str,
    body: str,
    is_dead: Callable[[str], bool] = lambda path: False,
    has_formulas: bool = False,
) -> list[Finding]:
    """Return all findings about a text, by kind; none of them prevents publishing.

    `is_dead` tests a link's address; `has_formulas`: the site shows formulas.
    """
    reading = BodyParser(body)
    return [
        *check_title_and_excerpt(title, excerpt),
        *check_headings(reading.headings),
        *check_images(reading.images),
        *check_links(reading.links, is_dead),
        *check_notes(reading.marks, reading.notes),
        *check_paragraphs(reading.paragraphs),
        *(check_formulas(body) if has_formulas else ()),
    ]


def check_title_and_excerpt(title: str, excerpt: str) -> Iterator[Finding]:
    """Find a title that is too long and an excerpt that is missing."""
    if len(title.strip()) > MAX_TITLE:
        words = ngettext(
            "The title has %(n)d character; search results show about %(most)d.",
            "The title has %(n)d characters; search results show about %(most)d.",
            len(title.strip()),
        )
        yield Finding("title", words % {"n": len(title.strip()), "most": MAX_TITLE})
    if not excerpt.strip():
        yield Finding("excerpt", _("There is no excerpt, so lists and search results show the first words."))


def check_headings(headings: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    """Find headings, given as level and text, that skip a level."""
    above = 1
    for level, text in headings:
        if level > above + 1:
            words = _("A level %(level)d heading follows a level %(above)d heading. Don’t skip a level.")
            yield Finding("heading", words % {"level": level, "above": above}, shorten(text))
        above = level


def check_images(images: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Find pictures, given as address and alternative text, on other sites or without alternative text."""
    ours = {"", urlsplit(settings.SITE_URL).netloc}
    for src, alt in images:
        if urlsplit(src).netloc not in ours:
            words = _("A picture is on another site, so readers won’t see it. Upload it here instead.")
            yield Finding("away", words, src.rpartition("/")[2][:MAX_QUOTE])
        if not alt:
            words = _("A picture has no alternative text. Leave it empty only if the picture is decorative.")
            yield Finding("alt", words, src.rpartition("/")[2][:MAX_QUOTE])


def check_links(links: Iterable[Link], is_dead: Callable[[str], bool]) -> Iterator[Finding]:
    """Find links with a vague text such as “here”, an incomplete address or a dead target on this site."""
    empty_words = vague_link_texts()
    for link in links:
        if link.text.casefold().strip(" .…:!»›→") in empty_words:
            words = _("The link text doesn’t say where the link goes.")
            yield Finding("link", words, shorten(link.text) or link.href[:MAX_QUOTE])
        if markup.is_unclear(link.href):
            words = _("Start this link’s URL with https:// (another website) or ./ (this site).")
            yield Finding("unclear", words, link.href[:MAX_QUOTE])
        elif urlsplit(link.href).path and is_dead(link.href):
            yield Finding("dead", _("This link goes to a page that doesn’t exist on this site."), link.href[:200])


def check_notes(references: list[str], notes: dict[str, str]) -> Iterator[Finding]:
    """Find footnotes without text or reference, given as the referenced numbers and the texts by number."""
    for number in dict.fromkeys(references):
        if not notes.get(number):
            yield Finding("note", _("Footnote %(number)s has no text.") % {"number": number}, number)
    for number, text in notes.items():
        if number not in references:
            words = _("Nothing in the text refers to footnote %(number)s.") % {"number": number}
            yield Finding("mark", words, shorten(text))


def check_paragraphs(paragraphs: Iterable[str]) -> Iterator[Finding]:
    """Find paragraphs that are too long."""
    for text in paragraphs:
        count = len(text.split())
        if count > MAX_PARAGRAPH:
            words = _("A paragraph of %(n)d words is hard to read on a screen.")
            yield Finding("paragraph", words % {"n": count}, shorten(text))


def check_formulas(body: str) -> Iterator[Finding]:
    """Find formulas that cannot be converted."""
    if markup.may_contain_formula(body):
        for tex in markup.find_failed_formulas(body):
            words = _("This formula has an error or is too long, so readers see its TeX code.")
            yield Finding("formula", words, shorten(" ".join(tex.split())))


def vague_link_texts() -> frozenset[str]:
    """Return link texts that do not say where they lead; translators list those of their language, separated by |."""
    words: Any = pgettext("words of links that say nothing", "here|click here|this|link|this link|more|read more|click")
    return frozenset(["", *words.split("|")])


def shorten(text: str) -> str:
    """Cut a quotation in a finding to at most 60 characters, at the end of a word, with an ellipsis."""
    return text if len(text) <= MAX_QUOTE else text[:MAX_QUOTE].rpartition(" ")[0] + "…"
