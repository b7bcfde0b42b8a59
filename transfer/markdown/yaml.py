"""The part of YAML that front matter uses: mappings, lists, quoted and folded texts. All scalars are read as text."""

import json
import re
from typing import TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

MAX_DEPTH = 8
MAX_CHARACTERS = 100_000
_QUOTED = r"""\"[^\"]{1,80}\"|'[^']{1,80}'"""
_KEY = re.compile(rf"(?P<key>{_QUOTED}|[^\s#\"'\[\]{{}},&*!|>%@`-][^:#]{{0,79}}?)[ \t]*:(?:[ \t]+(?P<rest>.*))?")
_BLOCK = re.compile(r"(?P<style>[|>])(?P<chomp>[+-]?)[0-9]?[+-]?(?:[ \t]+#.*)?")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_FLOW_TEXT = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,\[\]{}\n]*)\s*""")
_FLOW_KEY = re.compile(r"""\s*(?P<key>"[^"]{1,80}"|'[^']{1,80}'|[^\s:,{}\[\]"'][^:,{}\[\]]{0,79}?)\s*:""")
_SPACE = re.compile(r"\s*")
_TAG = re.compile(r"!\S*[ \t]+")


def read_yaml(text: str) -> tuple[dict[str, Value], list[str]]:
    """Return the fields of a mapping, and the lines that could not be read."""
    if len(text) > MAX_CHARACTERS:
        return {}, [text[:80]]
    reader = _Reader(text)
    return reader.mapping(0, 0), reader.unreadable


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = text.expandtabs(4).split("\n")
        self.at = 0
        self.unreadable: list[str] = []

    def peek(self) -> tuple[int, str] | None:
        """Return the indentation and the text of the next line that is not empty, without reading it."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and not line.lstrip().startswith("#"):
                return len(line) - len(line.lstrip()), line.strip()
            self.at += 1
        return None

    def mapping(self, indent: int, depth: int) -> dict[str, Value]:
        """Read the lines with this indentation as a mapping."""
        fields: dict[str, Value] = {}
        while (line := self.peek()) and line[0] >= indent:
            found = _KEY.fullmatch(line[1])
            self.at += 1
            if line[0] > indent or found is None:
                self.unreadable.append(line[1])
                continue
            fields[scalar(found["key"])] = self.value(found["rest"] or "", indent, depth + 1)
        return fields

    def value(self, rest: str, indent: int, depth: int) -> Value:
        """Read the value that begins with the rest of a line of this indentation."""
        rest = _TAG.sub("", rest.strip(), count=1)
        if rest.startswith("#"):
            rest = ""
        if block := _BLOCK.fullmatch(rest):
            return self.block_text(block["style"], indent)
        if rest[:1] in {"[", "{"}:
            return self.flow(rest, indent, depth)
        if rest[:1] in {'"', "'"}:
            return self.quoted(rest, indent)
        if rest:
            return self.plain(_COMMENT.sub("", rest), indent)
        line = self.peek()
        if line is None or depth > MAX_DEPTH:
            return ""
        if line[1].startswith("- ") or line[1] == "-":
            return self.list_items(line[0], depth) if line[0] >= indent else ""
        return self.nested(line, indent, depth)

    def nested(self, line: tuple[int, str], indent: int, depth: int) -> Value:
        """Read the mapping or the text on the more indented lines below a key."""
        if line[0] <= indent:
            return ""
        return self.mapping(line[0], depth) if _KEY.fullmatch(line[1]) else self.plain("", indent)

    def list_items(self, indent: int, depth: int) -> list[Value]:
        """Read the lines with this indentation as a list."""
        found: list[Value] = []
        while (line := self.peek()) and line[0] == indent and (line[1].startswith("- ") or line[1] == "-"):
            item = line[1][1:].strip()
            if _KEY.fullmatch(item) and depth < MAX_DEPTH:
                inside = indent + len(line[1]) - len(item)
                self.lines[self.at] = " " * inside + item
                found.append(self.mapping(inside, depth + 1))
            else:
                self.at += 1
                found.append(self.value(item, indent, depth + 1))
        return found

    def continued(self, indent: int) -> str:
        """Return the next line if it is more indented and so continues a text, else nothing."""
        line = self.peek()
        if line is None or line[0] <= indent:
            return ""
        self.at += 1
        return line[1]

    def plain(self, text: str, indent: int) -> str:
        """Read a text without quotation marks, which more indented lines continue."""
        parts = [text.strip()]
        while more := self.continued(indent):
            parts.append(_COMMENT.sub("", more))
        text = " ".join(filter(None, parts))
        return "" if text in {"~", "null", "Null", "NULL"} else text

    def quoted(self, text: str, indent: int) -> str:
        """Read a text in quotation marks, which may end on a later line."""
        mark = text[0]
        end = re.compile(r'"(?:[^"\\]|\\.)*"' if mark == '"' else r"'(?:[^']|'')*'", re.DOTALL)
        while not (found := end.match(text)) and (more := self.continued(indent)):
            text = f"{text} {more}"
        return scalar(found[0] if found else text)

    def flow(self, text: str, indent: int, depth: int) -> Value:
        """Read a list or mapping in brackets, which may end on a later line."""
        while text.count("[") + text.count("{") > text.count("]") + text.count("}"):
            more = self.continued(indent) or self._closing_line()
            if not more:
                break
            text = f"{text}\n{more}"
        value, _end = read_flow(text, 0, depth)
        return value

    def _closing_line(self) -> str:
        """Return the next line if it only closes brackets."""
        line = self.peek()
        if line is None or line[1][0] not in "]}":
            return ""
        self.at += 1
        return line[1]

    def block_text(self, style: str, indent: int) -> str:
        """Read the indented lines below `|` or `>` as one text."""
        lines: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            lines.append(line)
            self.at += 1
        inside = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        text = "\n".join(line[inside:].rstrip() for line in lines).strip("\n")
        return text if style == "|" else re.sub(r"(?<!\n)\n(?!\n)", " ", text)


def read_flow(text: str, at: int, depth: int) -> tuple[Value, int]:
    """Read a value in a list or mapping in brackets; return it and where it ends."""
    start = skip_space(text, at)
    if depth > MAX_DEPTH or text[start : start + 1] not in {"[", "{"}:
        found = _FLOW_TEXT.match(text, at)
        return (scalar(found[0].strip()), found.end()) if found else ("", len(text))
    return read_flow_list(text, start, depth) if text[start] == "[" else read_flow_mapping(text, start, depth)


def read_flow_list(text: str, at: int, depth: int) -> tuple[list[Value], int]:
    """Read a list in brackets; a missing bracket at its end is ignored."""
    items: list[Value] = []
    at += 1
    while at < len(text):
        value, at = read_flow(text, at, depth + 1)
        if value:
            items.append(value)
        at = skip_space(text, at)
        if text[at : at + 1] != ",":
            return items, at + 1
        at += 1
    return items, at


def read_flow_mapping(text: str, at: int, depth: int) -> tuple[dict[str, Value], int]:
    """Read a mapping in braces; a missing brace at its end is ignored."""
    fields: dict[str, Value] = {}
    at += 1
    while (found := _FLOW_KEY.match(text, at)) is not None:
        value, at = read_flow(text, found.end(), depth + 1)
        fields[scalar(found["key"])] = value
        at = skip_space(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    return fields, at + 1


def skip_space(text: str, at: int) -> int:
    """Return where the space that begins here ends."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def scalar(text: str) -> str:
    """Return a text without its quotation marks and escapes."""
    text = text.strip()
    if text[:1] == '"':
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            return text.strip('"').replace('\\"', '"')
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text
