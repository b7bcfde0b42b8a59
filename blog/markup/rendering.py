"""A stored essay → the essay on a page: notes lead there and back, headings can be linked to, pictures wait."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urljoin

from django.utils.html import escape
from django.utils.text import slugify
from django.utils.translation import gettext, pgettext

from blog.markup import figures
from blog.markup.words import parted, plain

_NOTE = re.compile(r'(?=<li id="note-)')
_NOTE_ADDRESS = re.compile(r' (id|href)="(#?)((?:ref|note)-[0-9]+)"')
_SCROLLING = re.compile(r"<(pre|table)(?=[ >])")
_HEADING = re.compile(r"<h([2-4])((?: [^>]*)?)>(.*?)</h\1>", re.DOTALL)


_ADDRESS = re.compile(r' (href|src|srcset)="([^"]*)"')
_IN_SET = re.compile(r"(^|, )/(?!/)")
_ID = re.compile(r' id="([^"]*)"')
_WITH_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def draw(source: str, prefix: str, pictures: Mapping[str, figures.Picture] | None = None) -> str:
    """`prefix` keeps the ids of several essays on one page apart; `pictures` are those that are known, by address."""
    body, notes = parted(source)
    label = escape(pgettext("below an essay", "Notes"))
    notes = _with_ways_back(notes).replace("<section ", f'<section aria-label="{label}" ', 1)
    ids = iter(_ids(body, prefix))
    body = _HEADING.sub(lambda match: f'<h{match[1]}{match[2]} id="{next(ids)}">{match[3]}</h{match[1]}>', body)
    drawn = _NOTE_ADDRESS.sub(rf' \1="\2{escape(prefix)}\3"', body + notes)
    return reachable(figures.fill(drawn, pictures or {}))


def reachable(html: str) -> str:
    """Code and tables, which scroll sideways where they are too wide, put where the keyboard can reach them."""
    return _SCROLLING.sub(r'<\1 tabindex="0"', html)


def afar(drawn: str, site: str, address: str, *, is_apart: bool = False) -> str:
    """A drawn essay for where it is read outside of the site: whole addresses, its own notes by their names alone.

    `address` is the essay's own: what leads to a heading in it leads there, unless the essay goes somewhere to live
    apart from that address.
    """
    ids = set(_ID.findall(drawn))

    def whole(found: re.Match[str]) -> str:
        name, value = found[1], found[2]
        if name == "srcset":
            return f' srcset="{_IN_SET.sub(lambda each: each[1] + site + "/", value)}"'
        if value.startswith("#"):
            return found[0] if is_apart or value[1:] in ids else f' {name}="{escape(address)}{value}"'
        is_ours = value.startswith("/") and not value.startswith("//")
        if is_ours or not _WITH_SCHEME.match(value):
            value = escape(urljoin(address if not is_ours else site, unescape(value)))
        return f' {name}="{value}"'

    return _ADDRESS.sub(whole, drawn)


def contents(source: str, prefix: str = "") -> list[tuple[str, str]]:
    """The second-level headings as `draw` marks them: id and words."""
    body, _ = parted(source)
    headings = zip(_ids(body, prefix), _HEADING.finditer(body), strict=True)
    return [(id_, plain(match[3])) for id_, match in headings if match[1] == "2"]


def _ids(body: str, prefix: str) -> list[str]:
    taken: dict[str, int] = {}
    ids = []
    for match in _HEADING.finditer(body):
        slug = slugify(plain(match[3]), allow_unicode=True)[:60].strip("-") or "section"
        taken[slug] = taken.get(slug, 0) + 1
        ids.append(f"{prefix}h-{slug}" + (f"-{taken[slug]}" if taken[slug] > 1 else ""))
    return ids


def _with_ways_back(section: str) -> str:
    """After each note's last words, the way back to its mark."""
    opening, *notes = _NOTE.split(section)
    return opening + "".join(map(_with_way_back, notes))


def _with_way_back(note: str) -> str:
    number = note.removeprefix('<li id="note-').partition('"')[0]
    label = escape(gettext("Back to the text at note %(number)s") % {"number": number})
    link = f'\u00a0<a href="#ref-{number}" role="doc-backlink" aria-label="{label}">↑</a>'
    end = note.rindex("</li>")
    end -= 4 * note.endswith("</p>", 0, end)
    return note[:end] + link + note[end:]
