"""Front matter of Markdown files: YAML, TOML or JSON, or the lines that Pelican puts above a text."""

import json
import re
import tomllib
from dataclasses import dataclass, field

from transfer.fields.yaml import Value, read_yaml

MAX_LINES = 2000
MAX_TOML_CHARACTERS = 20_000  # the standard library needs a time that grows with their square
_FENCED = re.compile(r"\s*(?P<fence>---|\+\+\+)[ \t]*\n(?P<head>(?:.*\n){0,2000}?)(?:(?P=fence)|\.\.\.)[ \t]*(?:\n|\Z)")
_JSON = re.compile(r"\s*(?P<head>\{\n(?:.*\n){0,2000}?\})[ \t]*(?:\n|\Z)")
_LINE = re.compile(r"(?P<name>[A-Za-z][\w -]{0,39}):(?:[ \t]+(?P<value>.*))?")
_ALWAYS = frozenset({"title", "date"})  # one of them is in Pelican's lines


@dataclass
class Head:
    """The fields above a text, by their names in lower case, and the lines that could not be read, or only as text."""

    fields: dict[str, Value] = field(default_factory=dict)
    kind: str = ""  # yaml, toml, json or lines
    unreadable: list[str] = field(default_factory=list)
    as_text: list[str] = field(default_factory=list)


def split(source: str) -> tuple[Head, str]:
    """Return the front matter of a file and the text below it."""
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if found := _FENCED.match(source):
        return read_fenced(found["fence"], found["head"], source.count("\n", 0, found.start("head")) + 1), source[
            found.end() :
        ]
    if (found := _JSON.match(source)) and (head := read_json(found["head"])):
        return head, source[found.end() :]
    return read_lines(source)


def read_fenced(fence: str, text: str, line: int) -> Head:
    """Read front matter between two equal lines; its first line has the number `line`."""
    if fence == "---":
        found = read_yaml(text, line)
        return Head(lower(found.values), "yaml", found.unreadable, found.as_text)
    if len(text) > MAX_TOML_CHARACTERS:
        return Head({}, "toml", [f"more than {MAX_TOML_CHARACTERS:,} characters of TOML"])
    try:
        return Head(lower({name: plain(value) for name, value in tomllib.loads(text).items()}), "toml")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Head({}, "toml", [f"TOML: {error}"])


def read_json(text: str) -> Head | None:
    """Read front matter in JSON, or return None if it is none."""
    try:
        return Head(lower({name: plain(value) for name, value in json.loads(text).items()}), "json")
    except (ValueError, RecursionError):
        return None


def read_lines(source: str) -> tuple[Head, str]:
    """Read lines such as `Title: …` up to the first empty one; indented lines continue the one above."""
    fields: dict[str, Value] = {}
    name = ""
    lines = source.split("\n")
    at = 0
    for line in lines[:MAX_LINES]:
        if not line.strip():
            break
        if name and line.startswith("    "):
            fields[name] = f"{fields[name]}\n{line.strip()}"
        elif found := _LINE.fullmatch(line):
            name = found["name"].lower()
            fields[name] = (found["value"] or "").strip()
        else:
            return Head(), source
        at += 1
    if not _ALWAYS & fields.keys():
        return Head(), source
    return Head(fields, "lines"), "\n".join(lines[at:])


def lower(fields: dict[str, Value]) -> dict[str, Value]:
    """Return the fields with their names in lower case."""
    return {name.lower(): value for name, value in fields.items()}


def plain(value: object) -> Value:
    """Return a value of TOML or JSON as a text, a list or a dictionary of such."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
