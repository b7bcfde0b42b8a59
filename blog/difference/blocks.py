"""A cleaned body as a flat list of blocks, each a list of words, signs and spaces."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from blog.markup.tokens import read
from blog.markup.words import plain

BLOCKS = frozenset("p h2 h3 h4 li pre figcaption td th caption dt dd summary".split())  # noqa: SIM905
ROOMS = frozenset("blockquote ol ul section figure table tr dl details thead tbody tfoot".split())  # noqa: SIM905
SHOWN = frozenset("b strong i em code s del ins sub sup q cite abbr mark small kbd samp var dfn u".split())  # noqa: SIM905
EMPTY = {"br": "⏎", "hr": "* * *", "img": "▣"}
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
DEPTH = 60


class Token(NamedTuple):
    """A word, a sign or a space; `key` is what counts when it is compared."""

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
        return self.kind, tuple(token.key for token in self.tokens)


def blocks(html: str) -> list[Block]:
    """A cleaned body as one flat list; a note's mark counts as any other's, so that renumbering is no change."""
    found: list[Block] = []
    open_: list[str] = []
    forms: list[str] = []
    tokens: list[Token] = []
    link = ""
    is_note = is_mark = False

    def close() -> None:
        nonlocal tokens
        while tokens and not tokens[-1].word.strip():
            tokens.pop()
        if tokens:
            rooms = [name for name in open_ if name in {"blockquote", "ol", "ul"} and not is_note]
            kind = next((name for name in reversed(open_) if name in BLOCKS), "p")
            found.append(Block(" ".join([*rooms, kind]), is_note, tuple(tokens)))
        tokens = []

    def say(word: str, *more: str, key: Hashable = None) -> None:
        said = (*dict.fromkeys(forms), *more)
        tokens.append(Token(word, said, (word if key is None else key, said)))

    for part in read(html):
        if isinstance(part, str):
            if is_mark:
                say(part, "note-mark", key="note-mark")
                continue
            is_code = "pre" in open_
            for word in TOKEN.findall(part):
                if word.isspace() and not is_code:
                    if tokens:
                        say(" ")
                else:
                    say(word)
        elif part.name in BLOCKS or part.name in ROOMS:
            close()
            if part.is_end:
                shut(part.name, open_)
                is_note = is_note and part.name != "section"
            else:
                open_[DEPTH:] = [part.name]
                is_note = is_note or part.attributes.get("role") == "doc-endnotes"
        elif part.name in EMPTY:
            say(EMPTY[part.name], "sign", key=(part.name, part.attributes.get("src", "")))
            if part.name == "img":
                say(f" {part.attributes.get('alt', '')} ({part.attributes.get('src', '')})", "address")
        elif part.name == "a":
            if part.is_end:
                if link and not is_mark:
                    say(f" ({link})", "address")
                is_mark, link = False, ""
            else:
                is_mark = part.attributes.get("role") == "doc-noteref"
                link = part.attributes.get("href", "")
        elif part.name in SHOWN:
            if part.is_end:
                shut(part.name, forms)
            else:
                forms.append(part.name)
    close()
    return found


def shut(name: str, open_: list[str]) -> None:
    if name in open_:
        del open_[len(open_) - 1 - open_[::-1].index(name) :]


def coarse(html: str) -> list[Block]:
    """What is longer than any book is compared line by line."""
    return [Block("p", False, (Token(line, (), line),)) for line in plain(html).split("\n")]


def words_of(text: str) -> list[Token]:
    return [Token(word, (), word) for word in TOKEN.findall(text)]
