"""Any HTML → allowed tags only, each closed and in its place, within bounds: nothing is left for a parser to repair."""

import re
from dataclasses import dataclass

from accounts.profiles.text import STAND_INS
from blog.markup import links
from blog.markup.nesting import (
    CHILDREN,
    HOMES,
    INLINE,
    NESTABLE,
    ONLY_WORDS,
    OTHER_BLOCKS,
    PARAGRAPHS_INSIDE,
    VERBATIM,
)
from blog.markup.rules import Rules
from blog.markup.tokens import Tag, read

SPACE = " \t\n"
MOST_BREAKS = 2
MOST_INLINES = 8
# Pieces of output to a part: the cleaner's time grows with the square of the blocks in a row.
PART = 400


@dataclass(slots=True)
class Block:
    name: str
    at: int
    """Where in the output it was opened: nothing after it means that it is empty."""


@dataclass(slots=True)
class Inline:
    name: str
    attributes: dict[str, str]
    level: int
    """How many blocks were open when it began; it ends with the innermost of them."""
    at: int = -1


def shape(source: str, rules: Rules, *, newlines: bool = False) -> list[str]:
    """In parts of whole blocks. `newlines`: bare ones make breaks and paragraphs, as WordPress shows them."""
    shaper = Shaper(rules, newlines, len(source))
    for token in read(source):
        if isinstance(token, str):
            shaper.words(token)
        elif token.is_end:
            shaper.end(rules.renamed.get(token.name, token.name))
        else:
            shaper.start(rules.renamed.get(token.name, token.name), token)
    return shaper.finish()


# & < > " stand-ins become entities once the cleaner is through: it is slow on a text full of those.
_IN_TEXT = str.maketrans("&<>", STAND_INS[:3])
_IN_ATTRIBUTES = str.maketrans('&<>"', STAND_INS)


def escape(words: str) -> str:
    return words.translate(_IN_TEXT)


class Shaper:
    def __init__(self, rules: Rules, newlines: bool, size: int) -> None:
        self.rules = rules
        self.most = rules.elements + rules.elements_a_kilobyte * size // 1000
        self.newlines = newlines
        self.writes_links = rules.writes_links or newlines
        self.parts: list[str] = []
        self.out: list[str] = []
        self.blocks: list[Block] = [Block("", -1)]
        self.inlines: list[Inline] = []
        self.written = 0
        """So many of the inlines stand in the output; the rest wait for words."""
        self.is_fresh = True
        self.breaks = 0
        self.indent = ""
        """A no-break or ideographic space before the first words of a line, kept if words come."""
        self.elements = 0
        self.links = 0
        self.ignored: dict[str, int] = {}
        self.ids: set[str] = set()

    def start(self, name: str, token: Tag) -> None:
        attributes = self._attributes(name, token)
        if attributes is None:
            if name == "a":
                self._forget("a")
            elif name in OTHER_BLOCKS:
                self._part()
        elif name == "br":
            self._break()
        elif name in INLINE:
            self._begin(name, attributes)
        elif name == "img":
            self._ready()
            self._put(_opening(name, attributes))
            self.elements += 1
        elif self.blocks[-1].name in ONLY_WORDS - {"p"} and name not in HOMES:
            self._ignore(name)
            self._part()
        else:
            self._open_in_place(name, attributes)

    def _attributes(self, name: str, token: Tag) -> dict[str, str] | None:
        """None when the tag cannot stay."""
        if name not in self.rules.tags or self._is_full:
            return None
        attributes = self.rules.attributes_of(name, token.attributes)
        if attributes is None:
            return None
        if (id_ := attributes.get("id")) in self.ids or (name == "li" and not self._is_open("section")):
            attributes.pop("id", None)
        elif id_:
            self.ids.add(id_)
        return attributes

    @property
    def _is_full(self) -> bool:
        """The rest is words alone, all in the block that is open now."""
        return self.elements >= self.most

    def _is_open(self, *names: str) -> bool:
        return any(block.name in names for block in self.blocks)

    def end(self, name: str) -> None:
        if self.ignored.get(name):
            self.ignored[name] -= 1
            if name not in INLINE:
                self._part()
        elif name in INLINE:
            self._forget(name)
        elif self._is_full:
            self._part()
        elif self._is_open(name):
            while self.blocks[-1].name != name:
                self._close()
            self._close()
        elif name in OTHER_BLOCKS and name not in self.rules.tags:
            self._part()

    def words(self, text: str) -> None:
        if self.blocks[-1].name == "pre":
            self._verbatim(text)
        elif self.newlines:
            self._lines(text)
        else:
            self._run(text)

    def finish(self) -> list[str]:
        while len(self.blocks) > 1:
            self._close()
        return [*self.parts, "".join(self.out)]

    # Words

    def _verbatim(self, text: str) -> None:
        words = text.strip("\n")
        if not words:
            self.breaks += len(text)
            return
        breaks = 0 if self.is_fresh else self.breaks + len(text) - len(text.lstrip("\n"))
        self.breaks = 0
        self._ready()
        lines = re.sub(r"\n{4,}", "\n\n\n", "\n" * breaks + words)
        *kept, rest = lines.split("\n", max(0, self.most - self.elements))
        self.elements += len(kept)
        self._put(escape("\n".join([*kept, rest.replace("\n", " ")])))
        self.breaks = len(text) - len(text.rstrip("\n"))

    def _run(self, text: str) -> None:
        words = text.lstrip()
        lead = text[: len(text) - len(words)]
        if self.is_fresh or self.breaks:
            self.indent += lead.lstrip(SPACE)
        elif lead and self.blocks[-1].name not in CHILDREN:
            self.out.append(lead)
        if words:
            self._ready()
            self._put(*(self._linked(words) if self.writes_links else [escape(words)]))

    def _lines(self, text: str) -> None:
        newlines = -1
        for line in text.split("\n"):
            newlines += 1
            if line.strip() or not newlines:
                self._newline(newlines)
                self._run(line)
                newlines = 0
        self._newline(newlines)

    def _newline(self, count: int) -> None:
        if not count or self.is_fresh:
            return
        if count > 1 and self.blocks[-1].name == "p" and not self._is_full:
            self._close()
        else:
            self.breaks = max(self.breaks, count)

    def _break(self) -> None:
        if not self.is_fresh:
            self.breaks += 1

    def _part(self) -> None:
        """The end of a block that is not shown as one."""
        if self.blocks[-1].name == "p" and not self._is_full:
            self._close()
        elif not self.is_fresh and self.blocks[-1].name not in CHILDREN:
            self.out.append(" ")

    def _linked(self, text: str) -> list[str]:
        around = {inline.name for inline in self.inlines}
        if around & VERBATIM or ("://" not in text and "www." not in text.lower()):
            return [escape(text)]
        pieces: list[str] = []
        position = 0
        for match in links.IN_TEXT.finditer(text):
            address, _ = links.split_trailing(match[0])
            href = links.abroad(address)
            if href is None:
                continue
            pieces += [escape(text[position : match.start()]), escape(links.shown(address))]
            position = match.start() + len(address)
            if "a" not in around and self.links < self.rules.links and not self._is_full:
                self.links += 1
                self.elements += 1
                pieces[-1:] = [_opening("a", {"href": href, "rel": self.rules.rel}), pieces[-1], "</a>"]
        return [*pieces, escape(text[position:])]

    def _put(self, *pieces: str) -> None:
        self.out += pieces
        self.is_fresh = False

    def _ready(self) -> None:
        """Open what the words to come need round them, and write the breaks and inline tags that waited for words."""
        while (name := self.blocks[-1].name) in CHILDREN:
            self._open(CHILDREN[name][0], {})
        if name in PARAGRAPHS_INSIDE:
            self._open("p", {})
        if self.breaks:
            breaks, self.breaks = min(self.breaks, MOST_BREAKS), 0
            self._trim()
            self.out.append("\n" if self._is_full else "<br>" * breaks)
            self.elements += breaks
        self.out.append(self.indent)
        self.indent = ""
        if self._is_full:
            del self.inlines[self.written :]
        for inline in self.inlines[self.written :]:
            inline.at = len(self.out)
            self.out.append(_opening(inline.name, inline.attributes))
            inline.attributes.pop("id", None)
            self.elements += 1
        self.written = len(self.inlines)

    # Inline tags

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        around = [inline.name for inline in self.inlines]
        if name == "a":
            self._forget("a")
            if self.links >= self.rules.links:
                return
            self.links += 1
        elif len(around) >= MOST_INLINES or (name in around and name not in NESTABLE):
            self._ignore(name)
            return
        self.ignored.pop(name, None)
        self.inlines.append(Inline(name, attributes, len(self.blocks)))

    def _forget(self, name: str) -> None:
        """End the innermost inline of that name; those inside it go on after it."""
        for index in range(len(self.inlines) - 1, -1, -1):
            if self.inlines[index].name == name:
                self._unwrite(index)
                del self.inlines[index]
                return

    def _unwrite(self, count: int) -> None:
        """Close the inline tags in the output but the outermost `count`."""
        while self.written > count:
            self.written -= 1
            inline = self.inlines[self.written]
            if len(self.out) == inline.at + 1:
                self.out.pop()
            else:
                self.out.append(f"</{inline.name}>")

    # Blocks

    def _open_in_place(self, name: str, attributes: dict[str, str]) -> None:
        homes = HOMES.get(name)
        if homes and not self._is_open(*homes):
            self._part()
            return
        if homes:
            while self.blocks[-1].name not in homes:
                self._close()
        elif self.blocks[-1].name == "p":
            self._close()
        if len(self.blocks) > self.rules.depth:
            self._ignore(name)
            self._part()
            return
        while (parent := self.blocks[-1].name) in CHILDREN and name not in CHILDREN[parent]:
            self._open(CHILDREN[parent][0], {})
        if name == "hr":
            self._finish_words()
            self.out.append("<hr>")
            self.elements += 1
        else:
            self.ignored.pop(name, None)
            self._open(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._finish_words()
        self.blocks.append(Block(name, len(self.out)))
        self.out.append(_opening(name, attributes))
        self.elements += 1

    def _close(self) -> None:
        self._finish_words()
        block = self.blocks.pop()
        level = len(self.blocks)
        if block.name == "p":
            for inline in self.inlines:
                inline.level = min(inline.level, level)
        else:
            self.inlines = [inline for inline in self.inlines if inline.level <= level]
        if len(self.out) == block.at + 1 and block.name not in ("td", "th"):
            del self.out[block.at :]
        else:
            self.out.append(f"</{block.name}>")
        if level == 1 and len(self.out) > PART:
            self.parts.append("".join(self.out))
            self.out.clear()

    def _finish_words(self) -> None:
        """No words follow here for now: close inline tags, drop spaces and breaks before the end."""
        self._trim()
        while self.written:
            self._unwrite(self.written - 1)
            self._trim()
        self.breaks = 0
        self.indent = ""
        self.is_fresh = True

    def _trim(self) -> None:
        while self.out and not self.out[-1].startswith("<"):
            self.out[-1] = self.out[-1].rstrip(SPACE)
            if self.out[-1]:
                return
            self.out.pop()

    def _ignore(self, name: str) -> None:
        self.ignored[name] = self.ignored.get(name, 0) + 1


def _opening(name: str, attributes: dict[str, str]) -> str:
    written = "".join(f' {key}="{value.translate(_IN_ATTRIBUTES)}"' for key, value in attributes.items())
    return f"<{name}{written}>"
