"""What cleaned HTML says: its words without the tags, for excerpts, search, mail and descriptions; and its links."""

import html
import re

_NOTE_MARK = re.compile(r'<sup><a [^>]*role="doc-noteref"[^>]*>[^<]*</a></sup>')
_NUMBERED_MARK = re.compile(r'<sup><a [^>]*role="doc-noteref"[^>]*>([^<]*)</a></sup>')
_NUMBERED_NOTE = re.compile(r'<li id="note-([0-9]+)">(<p[^>]*>)?')
_NOTES = re.compile(r'(?=<section role="doc-endnotes")')
_EDGE_OF_LINE = re.compile(
    r"<(?:br|hr)>|</?(?:blockquote|caption|d[dlt]|details|fig\w+|h[2-4]|li|ol|p|pre|section|summary|table|tr|ul)\b[^>]*>"
)
_CELL = re.compile(r"</t[dh]>")
_NO_SENTENCE = re.compile(r"<(h[2-4]|figure|pre|table)\b.*?(?:</\1>|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')
# A word; a Chinese or Japanese sign counts as one each.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:['’.-]\w+)*"
)


def plain(source: str) -> str:
    """The words alone, a line a block; note marks and soft hyphens are no words."""
    text = _CELL.sub(" ", _EDGE_OF_LINE.sub("\n", _NOTE_MARK.sub("", source)))
    text = html.unescape(_TAG.sub("", text)).replace("\u00ad", "")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(filter(None, lines))


def readable(source: str) -> str:
    """A whole essay in words alone, a blank line between its blocks; a note's number at its mark and its text."""
    marked = _NUMBERED_MARK.sub(r"[\1]", source)
    return plain(_NUMBERED_NOTE.sub(r"<li>\2[\1] ", marked)).replace("\n", "\n\n")


def parted(source: str) -> tuple[str, str]:
    """An essay's body, and its section of notes."""
    body, *notes = _NOTES.split(source, maxsplit=1)
    return body, "".join(notes)


def count_words(source: str) -> int:
    """Words of an essay's body: its notes are not counted."""
    return len(_WORD.findall(plain(parted(source)[0])))


def excerpt(source: str, words: int = 55) -> str:
    """The opening of an essay, in one line: its sentences, or else whatever it has."""
    begun = source[: max(0, source.rfind("<", 0, 40 * words))]  # most often enough; cut where no word begins
    for part, kept in ((begun, _sentences), (source, _sentences), (source, str)):
        text = " ".join(plain(kept(parted(part)[0])).split())
        found = [match.end() for _, match in zip(range(words + 1), _WORD.finditer(text), strict=False)]
        if len(found) > words:
            return text[: found[words - 1]].rstrip(" .,;:") + "…"
        if text and part is source:
            break
    return text


def _sentences(body: str) -> str:
    return _NO_SENTENCE.sub("", body)


def links(source: str) -> list[str]:
    """Where the links of a cleaned text lead, in order."""
    return [html.unescape(target) for target in _HREF.findall(source)]
