"""What an essay's rendered body shows of passages: counts after paragraphs, brackets of corrections, links to choose.

Paragraphs are numbered as comments.passages.matching numbers them in the stored body.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import AuthorAnswer
from comments.passages.matching import BLOCKS
from comments.passages.shown import Remark, Remarks

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>")
_NUMBERED = frozenset(BLOCKS)
_EDGES = _NUMBERED | frozenset({"ol", "ul", "dl", "table", "thead", "tbody", "tfoot", "tr", "section"})
_CHARACTER = re.compile("&[^;\\s]{1,31};|[^\\s\u00ad\u200b\u2060\ufeff]")  # none that a reader cannot see
_NOT_WORDS = re.compile(r'role="doc-(?:noteref|backlink)"')


@dataclass
class Block:
    """A numbered element: where its own words are in the HTML, and the offset after them, before its end or a list."""

    parts: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0


@lru_cache(maxsize=64)
def read_blocks(html: str) -> Mapping[int, Block]:
    """Return the numbered elements of a rendered body."""
    found: dict[int, Block] = {}
    open_: list[tuple[str, int]] = []
    number = position = 0
    is_skipped = False
    for tag in _TAG.finditer(html):
        is_end, name = tag[1] == "/", tag[2]
        block = found[open_[-1][1]] if open_ else None
        if block is not None and not is_skipped and html[position : tag.start()].strip():
            block.parts.append((position, tag.start()))
            block.end = 0
        position = tag.end()
        if name == "a":
            is_skipped = not is_end and bool(_NOT_WORDS.search(tag[0]))
        if name in _EDGES and block is not None and not block.end:
            block.end = tag.start()
        if name not in _NUMBERED:
            continue
        if not is_end:
            number += 1
            found[number] = Block()
            open_.append((name, number))
        elif any(name == other for other, _number in open_):
            while open_.pop()[0] != name:
                pass
    return found


def render(body: str, remarks: Remarks, *, is_choosing: bool = False) -> str:
    """Return a rendered body with the marks of its passages; `is_choosing`: a link after each paragraph quotes it."""
    if is_choosing:
        blocks = read_blocks(body)
        return insert(body, choose_links(blocks, remarks))
    if not remarks.by_paragraph:
        return body
    blocks = read_blocks(body)
    additions: list[tuple[int, str]] = []
    for number, found in remarks.by_paragraph.items():
        block = blocks.get(number)
        if block is None or not block.parts:
            continue
        for remark in found:
            if remark.label == AuthorAnswer.Label.CORRECTED and remark.corrected_in is not None:
                additions += brackets(body, block, remark, remarks)
        additions.append((block.end, count_link(number, found, remarks)))
    return insert(body, additions)


def choose_links(blocks: Mapping[int, Block], remarks: Remarks) -> Iterator[tuple[int, str]]:
    """Yield a link for each paragraph with words, and its offset."""
    for number, block in blocks.items():
        if block.parts:
            link = ' <a class="choose" href="{}?passage={}-{}#respond" rel="nofollow"{}>{}</a>'
            revision, words = remarks.shown_revision or 0, _("Reply to this paragraph")
            yield block.end, format_html(link, remarks.address, revision, number, remarks.lang, words)


def count_link(number: int, found: Iterable[Remark], remarks: Remarks) -> str:
    """Return the number of comments on a paragraph, which links to them."""
    count = sum(remark.total for remark in found)
    label = ngettext("%(count)d comment on this paragraph", "%(count)d comments on this paragraph", count)
    link = '<a class="on-count" id="on-{0}" href="{1}?on={0}#comments" rel="nofollow" aria-label="{2}"{3}>{4}</a>'
    return format_html(link, number, remarks.address, label % {"count": count}, remarks.lang, count)


def brackets(html: str, block: Block, remark: Remark, remarks: Remarks) -> list[tuple[int, str]]:
    """Return the brackets around words that were corrected, or nothing if the block does not have them once."""
    spans = list(characters(html, block))
    text = "".join([html[start] if end - start == 1 else unescape(html[start:end]) for start, end in spans])
    words = "".join((remark.words or "").split())
    start = text.find(words)
    if not words or start < 0 or len(text) != len(spans) or text.find(words, start + 1) >= 0:
        return []
    note = _("Changed in version %(version)d after a comment by %(name)s")
    note = note % {"version": remark.corrected_in, "name": remark.name}
    link = '<a class="corrected" href="{}corrections/#correction-{}"{}><span>{}</span></a>'
    closing = format_html(link, remarks.address, remark.comment, remarks.lang, note)
    return [(spans[start][0], '<span class="corrected"></span>'), (spans[start + len(words) - 1][1], closing)]


def insert(html: str, additions: Iterable[tuple[int, str]]) -> str:
    """Return HTML with an addition at each of these offsets."""
    parts: list[str] = []
    position = 0
    for offset, addition in sorted(additions, key=lambda each: each[0]):
        parts += (html[position:offset], addition)
        position = offset
    return "".join([*parts, html[position:]])


def characters(html: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield where each character of a block's own words that is no space begins and ends in the HTML."""
    for start, end in block.parts:
        for found in _CHARACTER.finditer(html, start, end):
            yield found.span()
