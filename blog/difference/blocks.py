"""Parses a cleaned body into a flat list of blocks, each a list of words, signs and spaces."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from blog.markup.reading import Tag, plain_text, tokenize

BLOCKS = frozenset("p h2 h3 h4 li pre figcaption td th caption dt dd summary".split())  # noqa: SIM905
CONTAINERS = frozenset("blockquote ol ul section figure table tr dl details thead tbody tfoot".split())  # noqa: SIM905
INLINE = frozenset("b strong i em code s del ins sub sup q cite abbr mark small kbd samp var dfn u".split())  # noqa: SIM905
SIGNS = {"br": "⏎", "hr": "* * *", "img": "▣"}
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
MAX_DEPTH = 60


class Token(NamedTuple):
    """A word, a sign or a space with the tags around it; tokens with the same `key` are equal."""

    word: str
    forms: tuple[str, ...]
    key: Hashable


@dataclass(frozen=True)
class Block:
    kind: str
    is_note: bool
    tokens: tuple[Token, ...]

    @property
    def key(self) -> Hashable:
        """The value by which blocks are compared: their kind and the keys of their tokens."""
        return self.kind, tuple(token.key for token in self.tokens)


def parse_blocks(html: str) -> list[Block]:
    """Parse a cleaned body into blocks. All references to notes get the same key, so that renumbering is no change."""
    reading = BlockParser()
    for part in tokenize(html):
        if isinstance(part, str):
            reading.read_text(part)
        else:
            reading.read_tag(part)
    reading.close_block()
    return reading.found


class BlockParser:
    """The state of parsing: the blocks found so far and the open tags."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.open: list[str] = []
        self.forms: list[str] = []
        self.tokens: list[Token] = []
        self.link = ""
        self.is_note = self.is_mark = False

    def read_text(self, text: str) -> None:
        """Add the words, signs and spaces of a text to the block."""
        if self.is_mark:
            self.add_token(text, "note-mark", key="note-mark")
            return
        is_code = "pre" in self.open
        for word in TOKEN.findall(text):
            if is_code or not word.isspace():
                self.add_token(word)
            elif self.tokens:
                self.add_token(" ")

    def read_tag(self, tag: Tag) -> None:
        """Handle a start or end tag of any kind; unknown ones are ignored."""
        if tag.name in BLOCKS or tag.name in CONTAINERS:
            self.read_block_tag(tag)
        elif tag.name in SIGNS:
            self.read_sign(tag)
        elif tag.name == "a":
            self.read_link(tag)
        elif tag.name in INLINE:
            self.read_inline_tag(tag)

    def read_block_tag(self, tag: Tag) -> None:
        """Handle the start or end tag of a block or a container of blocks."""
        self.close_block()
        if tag.is_end:
            close_tag(tag.name, self.open)
            self.is_note = self.is_note and tag.name != "section"
        else:
            self.open[MAX_DEPTH:] = [tag.name]
            self.is_note = self.is_note or tag.attributes.get("role") == "doc-endnotes"

    def read_sign(self, tag: Tag) -> None:
        """Add a token that stands for a break, a line or a picture."""
        source = tag.attributes.get("src", "")
        self.add_token(SIGNS[tag.name], "sign", key=(tag.name, source))
        if tag.name == "img":
            self.add_token(f" {tag.attributes.get('alt', '')} ({source})", "address")

    def read_link(self, tag: Tag) -> None:
        """Handle a link, whose address becomes a token at its end, or a reference to a note."""
        if tag.is_end:
            if self.link and not self.is_mark:
                self.add_token(f" ({self.link})", "address")
            self.is_mark, self.link = False, ""
        else:
            self.is_mark = tag.attributes.get("role") == "doc-noteref"
            self.link = tag.attributes.get("href", "")

    def read_inline_tag(self, tag: Tag) -> None:
        """Remember which tags such as `em` are open, for the tokens that follow."""
        if tag.is_end:
            close_tag(tag.name, self.forms)
        else:
            self.forms.append(tag.name)

    def add_token(self, word: str, *more: str, key: Hashable = None) -> None:
        """Add a token with its open inline tags and `more` such as "sign"; these and `key` (or `word`) identify it."""
        tags = (*dict.fromkeys(self.forms), *more)
        self.tokens.append(Token(word, tags, (word if key is None else key, tags)))

    def close_block(self) -> None:
        """Store the current block without space at its end, unless it is empty."""
        while self.tokens and not self.tokens[-1].word.strip():
            self.tokens.pop()
        if self.tokens:
            containers = [name for name in self.open if name in {"blockquote", "ol", "ul"} and not self.is_note]
            kind = next((name for name in reversed(self.open) if name in BLOCKS), "p")
            self.found.append(Block(" ".join([*containers, kind]), self.is_note, tuple(self.tokens)))
        self.tokens = []


def close_tag(name: str, open_: list[str]) -> None:
    """Remove the last tag with this name and those after it from a list of open tags."""
    if name in open_:
        del open_[len(open_) - 1 - open_[::-1].index(name) :]


def split_lines(html: str) -> list[Block]:
    """Return each line as a block of one token, to compare texts that are too long for words."""
    return [Block("p", False, (Token(line, (), line),)) for line in plain_text(html).split("\n")]


def split_words(text: str) -> list[Token]:
    return [Token(word, (), word) for word in TOKEN.findall(text)]
