"""A tokenizer that splits any HTML, however broken, into text and tags in one pass."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from accounts.profiles.names import tidy_text


class Tag(NamedTuple):
    name: str
    attributes: dict[str, str]
    is_end: bool


# Elements whose content readers never see.
_HIDDEN = frozenset({
    "iframe", "noembed", "noframes", "noscript", "object", "script", "select", "style", "template", "textarea", "title",
})  # fmt: skip

# Possessive quantifiers: a tag is read once, whether it is closed or not.
_ATTRIBUTE = r"""[\s/]*+[^\s/>=<][^\s/>=<]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>][^\s<>]*+)?+)?+"""
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9:_-]*+)((?:{_ATTRIBUTE})*+)[\s/]*+>")
_PART = re.compile(r"""([^\s/>=<][^\s/>=<]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>][^\s<>]*+))?+)?+""")
_DECLARATION = re.compile(r"<[!?/][^<>]*+>")
_VAST_NUMBER = re.compile(r"&#(?=[0-9]{8}|[xX][0-9a-fA-F]{7})")
# `&copy=1` in an address is not ©.
_WITHOUT_SEMICOLON = re.compile(r"&(?=[a-zA-Z][a-zA-Z0-9]*+(?!;))")
# Tags that are never closed; after so many the rest is read as text.
_MAX_UNCLOSED = 500


def decode_entities(text: str) -> str:
    """Resolve entities, then tidy the text, so that characters hidden in entities go too."""
    if "&" in text:
        text = html.unescape(_VAST_NUMBER.sub("&amp;#", text))
    return tidy_text(text)


def tokenize(source: str) -> Iterator[str | Tag]:
    """Yield the text and the tags of HTML."""
    position = 0
    text: list[str] = []
    unclosed_left = _MAX_UNCLOSED
    no_comment_after = len(source)
    while (start := source.find("<", position)) != -1 and unclosed_left:
        text.append(source[position:start])
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4) if start < no_comment_after else -1
            if end != -1:
                position = end + 3
                continue
            no_comment_after = min(no_comment_after, start)
        elif tag := _TAG.match(source, start):
            if text:
                yield decode_entities("".join(text))
                text = []
            name = tag[2].lower()
            position = tag.end()
            if name in _HIDDEN and not tag[1]:
                position = _end_of(name, source, position)
            else:
                yield Tag(name, {} if tag[1] else _attributes(tag[3]), bool(tag[1]))
            continue
        elif declaration := _DECLARATION.match(source, start):
            position = declaration.end()
            continue
        elif source[start + 1 : start + 2].isalpha():
            unclosed_left -= 1
        text.append("<")
        position = start + 1
    text.append(source[position:])
    yield decode_entities("".join(text))


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _PART.finditer(source):
        found.setdefault(part[1].lower(), part[2] or part[3] or part[4] or "")
    return {name: decode_entities(_WITHOUT_SEMICOLON.sub("&amp;", value)) for name, value in found.items()}


def _end_of(name: str, source: str, position: int) -> int:
    end = re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE).search(source, position)
    return end.end() if end else len(source)
