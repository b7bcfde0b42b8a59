"""Rendering of a stored essay: note links, ids of headings and paragraphs, labels, lazily loaded pictures."""

import re
from collections.abc import Collection, Mapping
from functools import partial
from html import unescape
from itertools import count
from urllib.parse import urljoin

from django.utils.html import escape
from django.utils.text import slugify
from django.utils.translation import gettext, pgettext

from blog.markup import figures
from blog.markup.reading import plain_text, split_notes

_NOTE = re.compile(r'(?=<li id="note-)')
_NOTE_ADDRESS = re.compile(r' (id|href)="(#?)((?:ref|note)-[0-9]+)"')
_HEADING_LINK = re.compile(r' href="#(h-[^"]+)"')
_MARK = re.compile(r'(<a [^>]*role="doc-noteref")>([^<]*)</a>')
_PARAGRAPH = re.compile(r"<p(?=[ >])")
_SCROLLING = re.compile(r"<(pre|table)(?=[ >])")
_HEADING = re.compile(r"<h([2-4])((?: [^>]*)?)>(.*?)</h\1>", re.DOTALL)
_ADDRESS = re.compile(r' (href|src|srcset)="([^"]*)"')
_IN_SET = re.compile(r"(^|, )/(?!/)")
_ID = re.compile(r' id="([^"]*)"')
_WITH_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def render(
    source: str,
    prefix: str,
    pictures: Mapping[str, figures.Picture] | None = None,
    *,
    paragraphs_have_ids: bool = False,
) -> str:
    """Render an essay; `prefix` keeps the ids of several essays on a page apart, `pictures` are by address.

    Paragraphs outside the notes may get the ids `p-1`, `p-2` …, which stay the same as long as the body does.
    """
    body, notes = split_notes(source)
    label = escape(pgettext("below an essay", "Notes"))
    opening, *items = _NOTE.split(notes)
    notes = "".join([opening.replace("<section ", f'<section aria-label="{label}" ', 1), *map(_with_backlink, items)])
    ids = iter(_heading_ids(body, prefix))
    body = _HEADING.sub(lambda match: f'<h{match[1]}{match[2]} id="{next(ids)}">{match[3]}</h{match[1]}>', body)
    if paragraphs_have_ids:
        numbers = count(1)
        body = _PARAGRAPH.sub(lambda _: f'<p id="{escape(prefix)}p-{next(numbers)}"', body)
    body = _MARK.sub(_with_label, body)
    if prefix and _HEADING_LINK.search(body + notes):
        own = frozenset(_heading_ids(body, ""))
        body, notes = (_HEADING_LINK.sub(partial(_with_prefix, own, prefix), part) for part in (body, notes))
    rendered = _NOTE_ADDRESS.sub(rf' \1="\2{escape(prefix)}\3"', body + notes)
    return make_focusable(figures.add_formats(rendered, pictures or {}) if "<img " in rendered else rendered)


def make_focusable(html: str) -> str:
    """Make code and tables, which scroll sideways if too wide, focusable by keyboard."""
    return _SCROLLING.sub(r'<\1 tabindex="0"', html)


def absolutize(rendered: str, site: str, address: str, *, keeps_fragments: bool = False) -> str:
    """Make the addresses in a rendered essay absolute for reading elsewhere, except links to its own notes.

    Links to its headings lead to `address`, the essay's own, unless `keeps_fragments`: the essay moves elsewhere.
    """
    ids = set(_ID.findall(rendered))

    def replacement(found: re.Match[str]) -> str:
        name, value = found[1], found[2]
        if name == "srcset":
            return f' srcset="{_IN_SET.sub(lambda each: each[1] + site + "/", value)}"'
        if value.startswith("#"):
            return found[0] if keeps_fragments or value[1:] in ids else f' {name}="{escape(address)}{value}"'
        is_local = value.startswith("/") and not value.startswith("//")
        if is_local or not _WITH_SCHEME.match(value):
            value = escape(urljoin(address if not is_local else site, unescape(value)))
        return f' {name}="{value}"'

    return _ADDRESS.sub(replacement, rendered)


def table_of_contents(source: str, prefix: str = "") -> list[tuple[str, str]]:
    """Return the second-level headings, each as its text and before it the id that `render` gives it."""
    body, _ = split_notes(source)
    headings = zip(_heading_ids(body, prefix), _HEADING.finditer(body), strict=True)
    return [(id_, plain_text(match[3])) for id_, match in headings if match[1] == "2"]


def find_headings(source: str) -> list[str]:
    """Return the headings of a text that get an id, as HTML."""
    body, _ = split_notes(source)
    return [match[0] for match in _HEADING.finditer(body)]


def heading_ids(source: str) -> list[str]:
    """Return the ids that `render` gives to the headings of a text."""
    return _heading_ids(split_notes(source)[0], "")


def _heading_ids(body: str, prefix: str) -> list[str]:
    """Return a unique id for each heading, made from its text."""
    counts: dict[str, int] = {}
    ids = []
    for match in _HEADING.finditer(body):
        slug = slugify(plain_text(match[3]), allow_unicode=True)[:60].strip("-") or "section"
        counts[slug] = counts.get(slug, 0) + 1
        ids.append(f"{prefix}h-{slug}" + (f"-{counts[slug]}" if counts[slug] > 1 else ""))
    return ids


def _with_prefix(ids: Collection[str], prefix: str, link: re.Match[str]) -> str:
    """Make a link to one of the text's headings, which is stored without the prefix, lead to it on this page."""
    return f' href="#{escape(prefix)}{link[1]}"' if link[1] in ids else link[0]


def _with_label(mark: re.Match[str]) -> str:
    """Add a label to a note's mark for screen readers."""
    label = escape(gettext("Note %(number)s") % {"number": unescape(mark[2])})
    return f'{mark[1]} aria-label="{label}">{mark[2]}</a>'


def _with_backlink(note: str) -> str:
    """Add a link at the end of a note's item that leads back to its first mark in the text."""
    number = note.removeprefix('<li id="note-').partition('"')[0]
    label = escape(gettext("Back to reference %(number)s") % {"number": number})
    link = f'\u00a0<a href="#ref-{number}" role="doc-backlink" aria-label="{label}">↑</a>'
    end = note.rindex("</li>")
    end -= 4 * note.endswith("</p>", 0, end)
    return note[:end] + link + note[end:]
