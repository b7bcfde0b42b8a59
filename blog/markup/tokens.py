"""HTML as a stream of words and tags, in one pass however broken it is."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from accounts.profiles.text import tidy_text


class Tag(NamedTuple):
    name: str
    attributes: dict[str, str]
    is_end: bool


# Their content is no text for a reader.
_HIDDEN = frozenset(
    [
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "template",
        "textarea",
        "title",
    ]
)

# Possessive throughout: a tag is read once, whether it ends or not.
_ATTRIBUTE = r"""[\s/]*+[^\s/>=<][^\s/>=<]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>][^\s<>]*+)?+)?+"""
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9:_-]*+)((?:{_ATTRIBUTE})*+)[\s/]*+>")
_PART = re.compile(r"""([^\s/>=<][^\s/>=<]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>][^\s<>]*+))?+)?+""")
_DECLARATION = re.compile(r"<[!?/][^<>]*+>")
_VAST_NUMBER = re.compile(r"&#(?=[0-9]{8}|[xX][0-9a-fA-F]{7})")
# In an address `&copy=1` is no ©.
_WITHOUT_SEMICOLON = re.compile(r"&(?=[a-zA-Z][a-zA-Z0-9]*+(?!;))")
# A tag that never ends may be looked for this often; then what is left is read as words.
_PATIENCE = 500


def decoded(text: str) -> str:
    """Words with their entities resolved, then tidied: what an entity hid goes too."""
    if "&" in text:
        text = html.unescape(_VAST_NUMBER.sub("&amp;#", text))
    return tidy_text(text)


def read(source: str) -> Iterator[str | Tag]:
    position = 0
    words: list[str] = []
    patience = _PATIENCE
    no_comment_from = len(source)
    while (start := source.find("<", position)) != -1 and patience:
        words.append(source[position:start])
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4) if start < no_comment_from else -1
            if end != -1:
                position = end + 3
                continue
            no_comment_from = min(no_comment_from, start)
        elif tag := _TAG.match(source, start):
            if words:
                yield decoded("".join(words))
                words = []
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
            patience -= 1
        words.append("<")
        position = start + 1
    words.append(source[position:])
    yield decoded("".join(words))


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _PART.finditer(source):
        found.setdefault(part[1].lower(), part[2] or part[3] or part[4] or "")
    return {name: decoded(_WITHOUT_SEMICOLON.sub("&amp;", value)) for name, value in found.items()}


def _end_of(name: str, source: str, position: int) -> int:
    end = re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE).search(source, position)
    return end.end() if end else len(source)
