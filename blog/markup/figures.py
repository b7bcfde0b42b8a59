"""Pictures in a page's HTML: their addresses, sizes, and smaller or newer formats to choose from."""

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import NamedTuple

_PART = re.compile(r"<figure(?P<figure>[^>]*)>|(?P<end></figure>)|<img (?P<img>[^>]*)>")
_SRC = re.compile(r'<img [^>]*?src="([^"]*)"')
_IMAGE = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')

# A line of text is at most 40.25rem wide, and a wide figure extends into the column of notes (see the style sheets).
SIZES = "(min-width: 44rem) 40.25rem, 92vw"
SIZES_WIDE = "(min-width: 110rem) 61.75rem, (min-width: 75rem) 55rem, (min-width: 44rem) 40.25rem, 92vw"

MAX_NAME = 60  # characters


class PictureFormat(NamedTuple):
    """A file format in several widths, as pairs of address and width."""

    kind: str
    files: tuple[tuple[str, int], ...]


class Picture(NamedTuple):
    width: int
    height: int
    formats: tuple[PictureFormat, ...] = ()


def picture_addresses(html: str) -> list[str]:
    """Return the addresses of the pictures as stored."""
    return [unescape(address) for address in _SRC.findall(html)]


def find_large_picture(html: str, pictures: Mapping[str, Picture], size: tuple[int, int]) -> tuple[str, str] | None:
    """Return address and alternative text of the first of these pictures that is at least this wide and high."""
    for tag in _IMAGE.findall(html):
        attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
        picture = pictures.get(attributes.get("src", ""))
        if picture and picture.width >= size[0] and picture.height >= size[1]:
            return attributes["src"], attributes.get("alt", "")
    return None


def replace_addresses(html: str, address_of: Callable[[str], str | None]) -> tuple[str, list[str]]:
    """Replace the addresses of pictures, dropping those for which `address_of` returns None.

    Return the HTML and the names of the dropped pictures.
    """
    dropped: list[str] = []

    def replacement(found: re.Match[str]) -> str:
        attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(found[0])}
        old = attributes.get("src", "")
        address = address_of(old)
        if address is None:
            dropped.append(picture_name(old, attributes.get("alt", "")))
            return ""
        return found[0] if address == old else found[0].replace(f'src="{escape(old)}"', f'src="{escape(address)}"')

    return _IMAGE.sub(replacement, html), dropped


def picture_name(address: str, alt: str) -> str:
    """Return a picture's name for messages: its alternative text, or the end of its address."""
    end = "data:…" if address.startswith("data:") else address.rstrip("/").rpartition("/")[2]
    return (alt or end or address)[:MAX_NAME]


def add_formats(html: str, pictures: Mapping[str, Picture]) -> str:
    """Let every picture load lazily, and give those in `pictures`, by address, their size and other formats."""
    is_wide = False

    def replacement(part: re.Match[str]) -> str:
        nonlocal is_wide
        if part["img"] is None:
            is_wide = part["end"] is None and 'class="wide"' in part["figure"]
            return part[0]
        attributes = dict(_ATTRIBUTE.findall(part["img"]))
        picture = pictures.get(unescape(attributes.get("src", "")))
        return _render_picture(part["img"], attributes, picture, SIZES_WIDE if is_wide else SIZES)

    return _PART.sub(replacement, html)


def _render_picture(source: str, attributes: Mapping[str, str], picture: Picture | None, sizes: str) -> str:
    """Return a lazily loaded <img>, inside a <picture> if `picture`, which is ours, has other formats.

    `source` is the stored tag's attributes as HTML, `attributes` the same by name.
    """
    if picture and not {"width", "height"} <= attributes.keys():
        source = " ".join(f'{name}="{value}"' for name, value in attributes.items() if name not in {"width", "height"})
        source += f' width="{picture.width}" height="{picture.height}"'
    image = f'<img loading="lazy" decoding="async" {source}>'
    if not picture or not picture.formats:
        return image
    offered = "".join(
        f'<source type="{form.kind}" srcset="{escape(", ".join(f"{url} {width}w" for url, width in form.files))}"'
        f' sizes="{sizes}">'
        for form in picture.formats
    )
    return f"<picture>{offered}{image}</picture>"
