"""Paragraphs in an essay's body that was typed into the plain field, without the editor's script."""

import re

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_VOID = frozenset({"br", "hr", "img"})


def begin_paragraphs(body: str) -> str:
    """Begin a paragraph after each blank line that is in no element, as everywhere else where people type text."""
    parts, position, depth = [], 0, 0
    body = body.replace("\r\n", "\n")
    for tag in _TAG.finditer(body):
        text = body[position : tag.start()]
        parts += [text if depth else _BLANK_LINES.sub("\n<p>", text), tag[0]]
        position = tag.end()
        if tag[2].lower() not in _VOID:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
    rest = body[position:]
    return "".join([*parts, rest if depth else _BLANK_LINES.sub("\n<p>", rest)])
