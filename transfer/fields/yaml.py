"""Front matter in YAML: mappings, lists and texts, read from PyYAML's parser. Nothing in it becomes an object.

All scalars are texts, so that `title: on`, `tags: [1.10]` and `date: 2020-01-02` mean what was typed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

MAX_DEPTH = 8
MAX_CHARACTERS = 100_000
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml it is slower
_FIELD = re.compile(r"(?P<name>[A-Za-z_][\w .-]{0,79}?)[ \t]*:[ \t]+(?P<text>[^\s|>\[{&*!].*)")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass
class Fields:
    """The fields of a mapping, and the lines that could not be read, or only as text, with the reason."""

    values: dict[str, Value] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    as_text: list[str] = field(default_factory=list)


class NotRead(Exception):
    """YAML that is invalid or not read; with the line, from 0, and the problem."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


def read_yaml(text: str, first_line: int = 1) -> Fields:
    """Return the fields of a mapping; `first_line` is the number of the first line in its file.

    If the text is invalid as a whole, its fields are read one by one, so that a mistake costs only its own field.
    """
    if len(text) > MAX_CHARACTERS:
        return Fields(unreadable=[f"more than {MAX_CHARACTERS:,} characters"])
    try:
        return Fields(read_mapping(text))
    except NotRead:
        found = Fields()
    for number, part in split_fields(text):
        try:
            found.values |= read_mapping(part)
        except NotRead as error:
            line = f"line {first_line + number + error.line}"
            if typed := _FIELD.fullmatch(part.strip()):
                found.values[typed["name"]] = typed["text"].strip()
                found.as_text.append(f"{line}: {part.strip()}")
            else:
                found.unreadable.append(f"{line}: {error}: {part.strip()}")
    return found


def split_fields(text: str) -> Iterator[tuple[int, str]]:
    """Yield the fields of a mapping with the number of their first line: each with the indented lines below it."""
    lines: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        if lines and line.strip() and line[0] not in " \t-]}#":
            yield start, "\n".join(lines)
            lines = []
        if not lines:
            start = number
        lines.append(line)
    yield start, "\n".join(lines)


def read_mapping(text: str) -> dict[str, Value]:
    """Return the fields of a mapping. Raises NotRead."""
    try:
        events = yaml.parse(text, Loader=_Loader)
        found = next((read_value(event, events, 0) for event in events if isinstance(event, yaml.NodeEvent)), {})
        if any(isinstance(event, yaml.NodeEvent) for event in events):
            raise NotRead(0, "only one document is allowed")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotRead(mark.line if mark else 0, f"invalid YAML ({error.problem or error.context})") from error
    except yaml.reader.ReaderError as error:
        raise NotRead(text.count("\n", 0, error.position), "invalid character") from error
    except (yaml.YAMLError, ValueError) as error:
        raise NotRead(0, "invalid YAML") from error
    if isinstance(found, dict):
        return found
    if found:
        raise NotRead(0, "this is not “name: value”")
    return {}


def read_value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Value:
    """Return the value that begins with an event. Raises NotRead for an alias, which could repeat without a limit."""
    line = line_of(event)
    if isinstance(event, yaml.AliasEvent):
        raise NotRead(line, "aliases (*name) are not read")
    if isinstance(event, yaml.ScalarEvent):
        return "" if not event.style and event.value in _NULLS else str(event.value).rstrip("\n")
    if depth > MAX_DEPTH:
        raise NotRead(line, f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(event, yaml.SequenceStartEvent):
        return [read_value(item, events, depth + 1) for item in until_end(events)]
    found: dict[str, Value] = {}
    for key in until_end(events):
        if not isinstance(key, yaml.ScalarEvent):
            raise NotRead(line_of(key), "a name is not a text")
        found[str(key.value)] = read_value(next(events), events, depth + 1)
    return found


def line_of(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


def until_end(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield the events in a list or a mapping; the caller reads those inside each of them."""
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            return
        yield event
