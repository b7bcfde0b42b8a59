"""Repair of exports that are not well-formed XML; used only for a file that does not parse otherwise.

Old versions of WordPress didn't escape ampersands in addresses and `]]>` in texts; texts contain control characters
that XML cannot represent; a plug-in writes an empty line before the declaration.
"""

import re
from collections.abc import Iterable, Iterator
from html.entities import html5

# Bytes held back until more follow: longer than any match.
HELD_BACK = 64

_OUTSIDE = re.compile(
    rb"<!\[CDATA\[|<!--|\]\]>|[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|&(?:#(?:(?P<tens>[0-9]{1,8})|[xX](?P<hex>[0-9a-fA-F]{1,6}));|(?P<name>[a-zA-Z][a-zA-Z0-9]{1,30};)?)"
)
_IN_TEXT = re.compile(rb"\]\]>(?P<end>\s{0,32}<)?|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_IN_COMMENT = re.compile(rb"-->|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_XML_NAMES = {b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"}


class XMLRepairer:
    """Repairs a stream of bytes; `count` is the number of repairs."""

    def __init__(self) -> None:
        self.count = 0
        self.inside = _OUTSIDE

    def repair(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the repaired bytes, of any length."""
        held = b""
        is_first = True
        for piece in pieces:
            held = (held + piece).lstrip() if is_first else held + piece
            is_first = is_first and not held
            done, held = self._repair_until(held, len(held) - HELD_BACK)
            yield done
        yield self._repair_until(held, len(held))[0]

    def _repair_until(self, data: bytes, until: int) -> tuple[bytes, bytes]:
        """Repair what begins before `until`; return it and the unchanged rest."""
        out: list[bytes] = []
        position = 0
        while position < until and (match := self.inside.search(data, position)) and match.start() < until:
            written, position_after = self._repair_match(match)
            out += (data[position : match.start()], written)
            position = position_after
        end = max(position, until)
        out.append(data[position:end])
        return b"".join(out), data[end:]

    def _repair_match(self, match: re.Match[bytes]) -> tuple[bytes, int]:
        """Return what replaces a piece of invalid XML, and the position to continue from."""
        found = match[0]
        if found in {b"<![CDATA[", b"<!--"}:
            self.inside = _IN_TEXT if found == b"<![CDATA[" else _IN_COMMENT
            return found, match.end()
        if found == b"-->" or (self.inside is _IN_TEXT and match.groupdict().get("end")):
            self.inside = _OUTSIDE
            return found[:3], match.start() + 3
        if found.startswith(b"&"):
            written = _repair_reference(match)
            self.count += written != found
            return written, match.end()
        self.count += 1
        if found == b"]]>":
            return (b"]]&gt;" if self.inside is _OUTSIDE else b"]]]]><![CDATA[>"), match.end()
        return b"", match.end()


def _repair_reference(match: re.Match[bytes]) -> bytes:
    """Keep references that XML has, resolve names that only HTML has, and escape any other `&`."""
    name, tens, hex_ = match["name"], match["tens"], match["hex"]
    if name in _XML_NAMES:
        return match[0]
    if name and (letters := html5.get(name.decode())):
        return "".join(f"&#{ord(letter)};" for letter in letters).encode()
    if tens or hex_:
        code = int(tens) if tens else int(hex_, 16)
        is_valid = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
        return match[0] if is_valid else b""
    return b"&amp;" + (name or b"")
