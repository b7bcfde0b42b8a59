"""Pictures on a page: beside the stored one, smaller and newer forms of it to choose from, and the room it takes."""

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import NamedTuple

_PART = re.compile(r"<figure(?P<figure>[^>]*)>|(?P<end></figure>)|<img (?P<img>[^>]*)>")
_SRC = re.compile(r'<img [^>]*?src="([^"]*)"')
_IMAGE = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')

# The measure of a text is at most 40.25rem, and a wide figure reaches into the column of notes (see the style sheets).
SIZES = "(min-width: 44rem) 40.25rem, 92vw"
SIZES_WIDE = "(min-width: 110rem) 61.75rem, (min-width: 75rem) 55rem, (min-width: 44rem) 40.25rem, 92vw"

SHOWN = 60  # characters of an address in a message


class Form(NamedTuple):
    """One kind of file in several widths: addresses by width."""

    kind: str
    files: tuple[tuple[str, int], ...]


class Picture(NamedTuple):
    width: int
    height: int
    forms: tuple[Form, ...] = ()


def sources(html: str) -> list[str]:
    """The addresses of its pictures, as they are kept."""
    return [unescape(address) for address in _SRC.findall(html)]


def exchange(html: str, address_of: Callable[[str], str | None]) -> tuple[str, list[str]]:
    """Give each picture of a cleaned text another address, or drop it where there is none.

    Return the text, and what was dropped: its alternative text or the end of its address.
    """
    dropped: list[str] = []

    def one(found: re.Match[str]) -> str:
        given = {name: unescape(value) for name, value in _ATTRIBUTE.findall(found[0])}
        written = given.get("src", "")
        address = address_of(written)
        if address is None:
            dropped.append(name_of(written, given.get("alt", "")))
            return ""
        return (
            found[0] if address == written else found[0].replace(f'src="{escape(written)}"', f'src="{escape(address)}"')
        )

    return _IMAGE.sub(one, html), dropped


def name_of(address: str, alt: str) -> str:
    """What a message calls a picture: its alternative text, or the end of its address."""
    end = "data:…" if address.startswith("data:") else address.rstrip("/").rpartition("/")[2]
    return (alt or end or address)[:SHOWN]


def fill(html: str, pictures: Mapping[str, Picture]) -> str:
    """Every picture waits until it is near; one that is known gets its room, and its other forms."""
    is_wide = False

    def filled(part: re.Match[str]) -> str:
        nonlocal is_wide
        if part["img"] is None:
            is_wide = part["end"] is None and 'class="wide"' in part["figure"]
            return part[0]
        given = dict(_ATTRIBUTE.findall(part["img"]))
        picture = pictures.get(unescape(given.get("src", "")))
        return _drawn(part["img"], given, picture, SIZES_WIDE if is_wide else SIZES)

    return _PART.sub(filled, html)


def _drawn(written: str, given: Mapping[str, str], picture: Picture | None, sizes: str) -> str:
    if picture is None:
        return f'<img loading="lazy" decoding="async" {written}>'
    if not {"width", "height"} <= given.keys():
        written = " ".join(f'{name}="{value}"' for name, value in given.items() if name not in {"width", "height"})
        written += f' width="{picture.width}" height="{picture.height}"'
    image = f'<img loading="lazy" decoding="async" {written}>'
    if not picture.forms:
        return image
    offered = "".join(
        f'<source type="{form.kind}" srcset="{escape(", ".join(f"{url} {width}w" for url, width in form.files))}"'
        f' sizes="{sizes}">'
        for form in picture.forms
    )
    return f"<picture>{offered}{image}</picture>"
