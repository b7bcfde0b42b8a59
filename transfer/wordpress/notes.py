"""Conversion of WordPress's kinds of footnotes to marks in the text and one list at its end, as essays store them.

The block editor stores the notes apart from the body; plug-ins write them in the text between `[ref]` and `[/ref]`,
or link a superscript to a list with the class `footnotes`.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_BLOCK_MARK = re.compile(
    r'<sup\b[^<>]*?\bdata-fn="(?P<key>[^"<>]*+)"[^<>]*+>(?:[^<]|<(?!/sup>))*+</sup>', re.IGNORECASE
)
_LINKED_MARK = re.compile(
    r'(?P<sup><sup\b[^<>]*+>\s*+)?<a\b[^<>]*?\bhref="#(?P<key>[^"<>]*+)"[^<>]*+>[^<]*+</a>(?(sup)\s*+</sup>)',
    re.IGNORECASE,
)
_LIST = re.compile(
    r'<(?P<tag>div|section|ol|aside|footer)\b[^<>]*?\bclass="[^"<>]*?\bfootnotes?\b[^"<>]*+"[^<>]*+>', re.IGNORECASE
)
_NOTE = re.compile(r'<li\b[^<>]*?\bid="(?P<key>[^"<>]*+)"[^<>]*+>', re.IGNORECASE)
_END_OF_NOTE = re.compile(r"</li\s*+>.*", re.IGNORECASE | re.DOTALL)
_BACKLINK = re.compile(r'<a\b[^<>]*?\bhref="#[^"<>]*+"[^<>]*+>[^<]*+</a>', re.IGNORECASE)


class Notes:
    """The notes of one essay, numbered in the order of their marks."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add_note(self, text: str) -> str:
        """Add a note and return its mark for the text."""
        self.texts.append(text.strip())
        number = len(self.texts)
        return f'<sup><a id="ref-{number}" href="#note-{number}" role="doc-noteref">{number}</a></sup>'

    def section(self) -> str:
        """Return the list of notes as HTML."""
        if not self.texts:
            return ""
        notes = "".join(f'<li id="note-{number}">{text}</li>' for number, text in enumerate(self.texts, 1))
        return f'<section role="doc-endnotes"><ol>{notes}</ol></section>'

    def from_blocks(self, body: str, meta: str) -> str:
        """Replace the marks of the block editor, whose notes are in the custom field `footnotes`."""
        texts = block_texts(meta)
        return self._replace_marks(_BLOCK_MARK, body, texts) if texts else body

    def from_list(self, body: str) -> str:
        """Replace links to the last list with the class `footnotes`, and remove the list."""
        lists = [*_LIST.finditer(body)]
        if not lists:
            return body
        start = lists[-1]
        end = re.compile(rf"</{start['tag']}\s*+>", re.IGNORECASE).search(body, start.end())
        before, inside, after = (
            body[: start.start()],
            body[start.end() : end.start() if end else len(body)],
            body[end.end() :] if end else "",
        )
        marked = self._replace_marks(_LINKED_MARK, before, list_texts(inside))
        return marked + after if marked != before else body

    def _replace_marks(self, pattern: re.Pattern[str], body: str, texts: Mapping[str, str]) -> str:
        """Replace the marks that a pattern finds and number their notes; `texts` are the notes by key."""

        def mark(match: re.Match[str]) -> str:
            text = texts.get(match["key"])
            return match[0] if text is None else self.add_note(text)

        return pattern.sub(mark, body)


def block_texts(meta: str) -> dict[str, str]:
    """Return the block editor's notes by key; none if the field is invalid."""
    try:
        found: Any = json.loads(meta or "[]")
        return {str(note["id"]): str(note["content"]) for note in found}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def list_texts(source: str) -> dict[str, str]:
    """Return the notes of a list by id, without their backlinks."""
    starts = [*_NOTE.finditer(source)]
    ends = [*(start.start() for start in starts[1:]), len(source)]
    return {
        start["key"]: _END_OF_NOTE.sub("", _BACKLINK.sub("", source[start.end() : end])).strip()
        for start, end in zip(starts, ends, strict=False)  # without notes there is one end too many
    }
