"""Normalization of any HTML to allowed tags, closed, correctly nested and bounded, so that parsers repair nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.profiles.names import PLACEHOLDERS
from blog.markup import links, nesting
from blog.markup.highlighting import with_languages
from blog.markup.reading import tokenize
from blog.markup.rules import Allowlist

SPACE = " \t\n"
MAX_BREAKS = 2
MAX_INLINES = 8
# Pieces of output per part: the cleaner's time grows with the square of the consecutive blocks.
PART_SIZE = 400


@dataclass(slots=True)
class Block:
    name: str
    position: int
    """Its position in the output; nothing after it means that it is empty."""


@dataclass(slots=True)
class Inline:
    name: str
    attributes: dict[str, str]
    level: int
    """The number of open blocks when it began; it ends with the innermost of them."""
    position: int = -1


def normalize(source: str, rules: Allowlist, *, newlines: bool = False) -> list[str]:
    """Return normalized HTML in parts of whole blocks; with `newlines`, bare ones make paragraphs and breaks."""
    normalizer = HTMLNormalizer(rules, newlines, len(source))
    tokens = tokenize(source)
    for token in with_languages(tokens) if "class" in rules.attributes.get("pre", {}) else tokens:
        if isinstance(token, str):
            normalizer.add_text(token)
        elif token.is_end:
            normalizer.end(rules.renamed.get(token.name, token.name))
        else:
            normalizer.start(rules.renamed.get(token.name, token.name), token.attributes)
    return normalizer.finish()


# Stand-ins for & < > " become entities after cleaning, because the cleaner is slow on text full of entities.
_IN_TEXT = str.maketrans("&<>", PLACEHOLDERS[:3])
_IN_ATTRIBUTES = str.maketrans('&<>"', PLACEHOLDERS)


def escape(text: str) -> str:
    """Replace & < > by characters that stand for them and become entities after cleaning."""
    return text.translate(_IN_TEXT)


class HTMLNormalizer:
    """Takes tags and text in turn, and writes them as normalized HTML."""

    def __init__(self, rules: Allowlist, newlines: bool, size: int) -> None:
        self.rules = rules
        self.max_elements = rules.elements + rules.elements_per_kilobyte * size // 1000
        self.newlines = newlines
        self.has_autolinks = rules.has_autolinks or newlines
        self.parts: list[str] = []
        self.out: list[str] = []
        self.blocks: list[Block] = [Block("", -1)]
        self.inlines: list[Inline] = []
        self.written_count = 0
        """The number of inlines in the output; the rest wait for text."""
        self.is_line_start = True
        self.breaks = 0
        self.indent = ""
        """A no-break or ideographic space at the start of a line, kept if text follows."""
        self.elements = 0
        self.links = 0
        self.ignored: dict[str, int] = {}
        self.ids: set[str] = set()

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Write what a start tag with the given attributes becomes; `name` is that of the tag that replaces it."""
        attributes = self._allowed_attributes(name, given)
        if attributes is None:
            if name == "a":
                self._end_inline("a")
            elif name in nesting.OTHER_BLOCKS:
                self._separate()
        elif name == "br":
            self._break()
        elif name in nesting.INLINE:
            self._begin_inline(name, attributes)
        elif name == "img":
            self._prepare_for_text()
            self._write(_start_tag(name, attributes))
            self.elements += 1
        elif self.blocks[-1].name in nesting.INLINE_CONTENT_ONLY - {"p"} and name not in nesting.ALLOWED_PARENTS:
            self._ignore(name)
            self._separate()
        else:
            self._open_in_place(name, attributes)

    def _allowed_attributes(self, name: str, given: Mapping[str, str]) -> dict[str, str] | None:
        """Return the allowed ones of the given attributes in a fixed order, or None if the tag must be dropped."""
        rules = self.rules
        if name not in rules.tags or self._has_reached_limit:
            return None
        checks = {**rules.attributes.get(name, {}), **rules.attributes.get("*", {})}
        attributes = {
            key: value for key, check in checks.items() if key in given and (value := check(given[key])) is not None
        }
        if name in rules.required and not rules.required[name] & attributes.keys():
            return None
        if name == "a":
            self._finish_link(attributes)
        elif name == "img":
            attributes = {"src": attributes["src"], "alt": "", **attributes}
        if (id_ := attributes.get("id")) in self.ids or (name == "li" and not self._is_open("section")):
            attributes.pop("id", None)
        elif id_:
            self.ids.add(id_)
        return attributes

    def _finish_link(self, attributes: dict[str, str]) -> None:
        """Add `rel` to a link to another site, and drop `role` and `id` unless it refers to a note."""
        href = attributes["href"]
        if not href.startswith("#note-"):
            attributes.pop("role", None)
        if href.removeprefix("#note") != attributes.get("id", "").removeprefix("ref"):
            attributes.pop("id", None)
        if re.match(r"[a-z]+:", href):
            attributes["rel"] = self.rules.rel

    @property
    def _has_reached_limit(self) -> bool:
        """Return whether the output has the most elements allowed; the rest becomes plain text in the open block."""
        return self.elements >= self.max_elements

    def _is_open(self, *names: str) -> bool:
        return any(block.name in names for block in self.blocks)

    def end(self, name: str) -> None:
        """Close the element that an end tag with this name belongs to, if it is open."""
        if self.ignored.get(name):
            self.ignored[name] -= 1
            if name not in nesting.INLINE:
                self._separate()
        elif name in nesting.INLINE:
            self._end_inline(name)
        elif self._has_reached_limit:
            self._separate()
        elif self._is_open(name):
            while self.blocks[-1].name != name:
                self._close()
            self._close()
        elif name in nesting.OTHER_BLOCKS and name not in self.rules.tags:
            self._separate()

    def add_text(self, text: str) -> None:
        if self.blocks[-1].name == "pre":
            self._add_verbatim(text)
        elif self.newlines:
            self._add_lines(text)
        else:
            self._add_run(text)

    def finish(self) -> list[str]:
        """Close all open blocks and return the output in parts of whole blocks."""
        while len(self.blocks) > 1:
            self._close()
        return [*self.parts, "".join(self.out)]

    # Text

    def _add_verbatim(self, text: str) -> None:
        """Add text to a code block with its newlines, at most two empty lines in a row."""
        content = text.strip("\n")
        if not content:
            self.breaks += len(text)
            return
        breaks = 0 if self.is_line_start else self.breaks + len(text) - len(text.lstrip("\n"))
        self.breaks = 0
        self._prepare_for_text()
        lines = re.sub(r"\n{4,}", "\n\n\n", "\n" * breaks + content)
        *first, rest = lines.split("\n", max(0, self.max_elements - self.elements))
        self.elements += len(first)
        self._write(escape("\n".join([*first, rest.replace("\n", " ")])))
        self.breaks = len(text) - len(text.rstrip("\n"))

    def _add_run(self, text: str) -> None:
        """Add text in which newlines are mere spaces."""
        content = text.lstrip()
        leading_space = text[: len(text) - len(content)]
        if self.is_line_start or self.breaks:
            self.indent += leading_space.lstrip(SPACE)
        elif leading_space and self.blocks[-1].name not in nesting.ALLOWED_CHILDREN:
            self.out.append(leading_space)
        if content:
            self._prepare_for_text()
            self._write(*(self._with_links(content) if self.has_autolinks else [escape(content)]))

    def _add_lines(self, text: str) -> None:
        """Add text in which newlines make breaks and paragraphs."""
        newlines = -1
        for line in text.split("\n"):
            newlines += 1
            if line.strip() or not newlines:
                self._newline(newlines)
                self._add_run(line)
                newlines = 0
        self._newline(newlines)

    def _newline(self, count: int) -> None:
        """End a line by `count` newlines: one is a break, more end the paragraph."""
        if not count or self.is_line_start:
            return
        if count > 1 and self.blocks[-1].name == "p" and not self._has_reached_limit:
            self._close()
        else:
            self.breaks = max(self.breaks, count)

    def _break(self) -> None:
        """Count a <br> that is written before the next text, but not at the start or end of a block."""
        if not self.is_line_start:
            self.breaks += 1

    def _separate(self) -> None:
        """Separate the text before and after the edge of a block that is not shown as one."""
        if self.blocks[-1].name == "p" and not self._has_reached_limit:
            self._close()
        elif not self.is_line_start and self.blocks[-1].name not in nesting.ALLOWED_CHILDREN:
            self.out.append(" ")

    def _with_links(self, text: str) -> list[str]:
        """Return the pieces of the escaped text, with links where it contains web addresses."""
        open_names = {inline.name for inline in self.inlines}
        if open_names & nesting.VERBATIM or ("://" not in text and "www." not in text.lower()):
            return [escape(text)]
        pieces: list[str] = []
        position = 0
        for match in links.ADDRESS_IN_TEXT.finditer(text):
            address, _ = links.split_trailing(match[0])
            href = links.external_url(address)
            if href is None:
                continue
            pieces += [escape(text[position : match.start()]), escape(links.display_form(address))]
            position = match.start() + len(address)
            if "a" not in open_names and self.links < self.rules.links and not self._has_reached_limit:
                self.links += 1
                self.elements += 1
                pieces[-1:] = [_start_tag("a", {"href": href, "rel": self.rules.rel}), pieces[-1], "</a>"]
        return [*pieces, escape(text[position:])]

    def _write(self, *pieces: str) -> None:
        self.out += pieces
        self.is_line_start = False

    def _prepare_for_text(self) -> None:
        """Open the elements that the next text needs, and write the breaks and inline tags that waited for it."""
        while (name := self.blocks[-1].name) in nesting.ALLOWED_CHILDREN:
            self._open(nesting.ALLOWED_CHILDREN[name][0], {})
        if name in nesting.PARAGRAPH_PARENTS:
            self._open("p", {})
        if self.breaks:
            breaks, self.breaks = min(self.breaks, MAX_BREAKS), 0
            self._strip_space()
            self.out.append("\n" if self._has_reached_limit else "<br>" * breaks)
            self.elements += breaks
        self.out.append(self.indent)
        self.indent = ""
        if self._has_reached_limit:
            del self.inlines[self.written_count :]
        for inline in self.inlines[self.written_count :]:
            inline.position = len(self.out)
            self.out.append(_start_tag(inline.name, inline.attributes))
            inline.attributes.pop("id", None)
            self.elements += 1
        self.written_count = len(self.inlines)

    # Inline tags

    def _begin_inline(self, name: str, attributes: dict[str, str]) -> None:
        """Note an inline tag, which is written when text follows, unless it may not be nested any deeper."""
        open_names = [inline.name for inline in self.inlines]
        if name == "a":
            self._end_inline("a")
            if self.links >= self.rules.links:
                return
            self.links += 1
        elif len(open_names) >= MAX_INLINES or (name in open_names and name not in nesting.NESTABLE):
            self._ignore(name)
            return
        self.ignored.pop(name, None)
        self.inlines.append(Inline(name, attributes, len(self.blocks)))

    def _end_inline(self, name: str) -> None:
        """End the innermost inline element with that name; those inside it continue after it."""
        for index in range(len(self.inlines) - 1, -1, -1):
            if self.inlines[index].name == name:
                self._close_inlines(index)
                del self.inlines[index]
                return

    def _close_inlines(self, count: int) -> None:
        """Write the end tags of all inline elements in the output except the outermost `count`."""
        while self.written_count > count:
            self.written_count -= 1
            inline = self.inlines[self.written_count]
            if len(self.out) == inline.position + 1:
                self.out.pop()
            else:
                self.out.append(f"</{inline.name}>")

    # Blocks

    def _open_in_place(self, name: str, attributes: dict[str, str]) -> None:
        """Open a block where it is allowed: first close what may not contain it, and open the parents that it needs."""
        parents = nesting.ALLOWED_PARENTS.get(name)
        if parents and not self._is_open(*parents):
            self._separate()
            return
        if parents:
            while self.blocks[-1].name not in parents:
                self._close()
        elif self.blocks[-1].name == "p":
            self._close()
        if len(self.blocks) > self.rules.depth:
            self._ignore(name)
            self._separate()
            return
        while (allowed := nesting.ALLOWED_CHILDREN.get(self.blocks[-1].name)) and name not in allowed:
            self._open(allowed[0], {})
        if name == "hr":
            self._end_text()
            self.out.append("<hr>")
            self.elements += 1
        else:
            self.ignored.pop(name, None)
            self._open(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        """End the text before a block and write its start tag."""
        self._end_text()
        self.blocks.append(Block(name, len(self.out)))
        self.out.append(_start_tag(name, attributes))
        self.elements += 1

    def _close(self) -> None:
        """Write the end tag of the innermost open block, or drop its start tag if it is empty."""
        self._end_text()
        block = self.blocks.pop()
        level = len(self.blocks)
        if block.name == "p":
            for inline in self.inlines:
                inline.level = min(inline.level, level)
        else:
            self.inlines = [inline for inline in self.inlines if inline.level <= level]
        if len(self.out) == block.position + 1 and not self._is_kept_empty(block):
            del self.out[block.position :]
        else:
            self.out.append(f"</{block.name}>")
        if level == 1 and len(self.out) > PART_SIZE:
            self.parts.append("".join(self.out))
            self.out.clear()

    def _is_kept_empty(self, block: Block) -> bool:
        """Return whether it is a table's cell, or a note to be written later, without which others get its number."""
        is_note = block.name == "li" and "id" in self.rules.attributes.get("li", {})
        return block.name in ("td", "th") or (is_note and ' id="note-' in self.out[block.position])

    def _end_text(self) -> None:
        """End a line of text: close inline tags, drop spaces and breaks before its end."""
        self._strip_space()
        while self.written_count:
            self._close_inlines(self.written_count - 1)
            self._strip_space()
        self.breaks = 0
        self.indent = ""
        self.is_line_start = True

    def _strip_space(self) -> None:
        """Remove the space at the end of the output."""
        while self.out and not self.out[-1].startswith("<"):
            self.out[-1] = self.out[-1].rstrip(SPACE)
            if self.out[-1]:
                return
            self.out.pop()

    def _ignore(self, name: str) -> None:
        """Drop a start tag, and later the end tag that belongs to it."""
        self.ignored[name] = self.ignored.get(name, 0) + 1


def _start_tag(name: str, attributes: dict[str, str]) -> str:
    written = "".join(f' {key}="{value.translate(_IN_ATTRIBUTES)}"' for key, value in attributes.items())
    return f"<{name}{written}>"
