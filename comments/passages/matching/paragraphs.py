"""The numbered paragraphs of an essay's stored HTML, with their words as a browser's selection gives them.

The number of a paragraph is the position, from 1, of its start tag among those of all `BLOCKS` in the body, notes
included and whether they hold words or not. On a rendered page it is the element at this position among the matches of
`p, h2, …` inside the body. A block's words are its own, without those of the blocks in it.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from blog.markup.reading import Tag, tokenize

BLOCKS = (
    "p", "h2", "h3", "h4", "li", "pre", "dt", "dd", "td", "th", "caption", "figcaption", "summary", "details", "figure",
    "blockquote",
)  # fmt: skip
# Not part of the words: the marks of notes and the links from notes back to them.
NOT_WORDS = frozenset({"doc-noteref", "doc-backlink"})
# Containers whose edges separate words too.
_OTHER_BLOCKS = frozenset({"ul", "ol", "dl", "table", "thead", "tbody", "tfoot", "tr", "section", "hr", "br", "img"})
_BLOCKS = frozenset(BLOCKS)

# Chinese and Japanese characters, which are written without spaces.
UNSPACED = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff"
_SPACE_BETWEEN_UNSPACED = re.compile(rf"(?<=[{UNSPACED}]) (?=[{UNSPACED}])")
_ENDS_UNSPACED = re.compile(rf"[{UNSPACED}]\Z")
_STARTS_UNSPACED = re.compile(rf"[{UNSPACED}]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


def tidy_words(text: str) -> str:
    """Return text on one line in NFC: single spaces, none between Chinese characters, no soft hyphens."""
    line = " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())
    return line if line.isascii() else _SPACE_BETWEEN_UNSPACED.sub("", line)


def separator(before: str, after: str) -> str:
    """Return what is between the words of two paragraphs when they are joined: a space, or nothing in Chinese."""
    return "" if _ENDS_UNSPACED.search(before) and _STARTS_UNSPACED.match(after) else " "


@dataclass(frozen=True)
class Paragraph:
    number: int
    words: str
    kind: str  # its tag


@dataclass
class _Block:
    number: int
    kind: str
    parts: list[str] = field(default_factory=list)


def parse_paragraphs(html: str) -> list[Paragraph]:
    """Return the paragraphs of a cleaned body that hold words, in document order."""
    blocks = [_Block(0, "p")]  # for text outside all blocks, which cleaned bodies don't have
    open_ = [blocks[0]]
    skipped = False  # inside a note's mark
    for part in tokenize(html):
        if isinstance(part, str):
            if not skipped:
                open_[-1].parts.append(part)
        elif part.name == "a":
            skipped = not part.is_end and part.attributes.get("role") in NOT_WORDS
        elif part.name in _BLOCKS:
            _enter_or_leave(part, blocks, open_)
        elif part.name in _OTHER_BLOCKS:
            open_[-1].parts.append(" " if part.name != "img" else "")
    found = (Paragraph(block.number, tidy_words("".join(block.parts)), block.kind) for block in blocks)
    return [paragraph for paragraph in found if paragraph.words]


def _enter_or_leave(tag: Tag, blocks: list[_Block], open_: list[_Block]) -> None:
    """Start the block of a start tag, or end the innermost one with the name of an end tag."""
    open_[-1].parts.append(" ")
    if not tag.is_end:
        blocks.append(_Block(len(blocks), tag.name))
        open_.append(blocks[-1])
    elif any(block.kind == tag.name for block in open_[1:][-60:]):
        while open_[-1].kind != tag.name:
            open_.pop()
        open_.pop()
        open_[-1].parts.append(" ")
