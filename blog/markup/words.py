"""Plain text from cleaned HTML, for excerpts, search, emails and descriptions; and its links."""

import html
import re

_NOTE_MARK = re.compile(r'<sup><a [^>]*role="doc-noteref"[^>]*>[^<]*</a></sup>')
_NUMBERED_MARK = re.compile(r'<sup><a [^>]*role="doc-noteref"[^>]*>([^<]*)</a></sup>')
_NUMBERED_NOTE = re.compile(r'<li id="note-([0-9]+)">(<p[^>]*>)?')
_NOTES = re.compile(r'(?=<section role="doc-endnotes")')
_BLOCK_EDGE = re.compile(
    r"<(?:br|hr)>|</?(?:blockquote|caption|d[dlt]|details|fig\w+|h[2-4]|li|ol|p|pre|section|summary|table|tr|ul)\b[^>]*>"
)
_CELL = re.compile(r"</t[dh]>")
_NO_SENTENCE = re.compile(r"<(h[2-4]|figure|pre|table)\b.*?(?:</\1>|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')
# A word; each Chinese or Japanese character counts as one.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:['’.-]\w+)*"
)


def plain_text(source: str) -> str:
    """Return the text, one line per block, without note marks and soft hyphens."""
    text = _CELL.sub(" ", _BLOCK_EDGE.sub("\n", _NOTE_MARK.sub("", source)))
    text = html.unescape(_TAG.sub("", text)).replace("\u00ad", "")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(filter(None, lines))


def text_version(source: str) -> str:
    """Return a whole essay as text, a blank line between blocks, each note numbered like its mark."""
    marked = _NUMBERED_MARK.sub(r"[\1]", source)
    return plain_text(_NUMBERED_NOTE.sub(r"<li>\2[\1] ", marked)).replace("\n", "\n\n")


def split_notes(source: str) -> tuple[str, str]:
    """Split an essay's body from its section of notes."""
    body, *notes = _NOTES.split(source, maxsplit=1)
    return body, "".join(notes)


def count_words(source: str) -> int:
    """Count the words of an essay's body without its notes."""
    return len(_WORD.findall(plain_text(split_notes(source)[0])))


def excerpt(source: str, words: int = 55) -> str:
    """Return the start of an essay in one line: of its sentences, or of anything if it has none."""
    start = source[: max(0, source.rfind("<", 0, 40 * words))]  # usually enough; cut before a tag
    for part, select in ((start, _sentences), (source, _sentences), (source, str)):
        text = " ".join(plain_text(select(split_notes(part)[0])).split())
        ends = [match.end() for _, match in zip(range(words + 1), _WORD.finditer(text), strict=False)]
        if len(ends) > words:
            return text[: ends[words - 1]].rstrip(" .,;:") + "…"
        if text and part is source:
            break
    return text


def _sentences(body: str) -> str:
    return _NO_SENTENCE.sub("", body)


def link_targets(source: str) -> list[str]:
    """Return the link targets of cleaned HTML, in order."""
    return [html.unescape(target) for target in _HREF.findall(source)]
