"""Labeled comments from a CSV file, read line by line; unreadable lines are reported and skipped."""

import codecs
import csv
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from comments.spam.features import Submission

MAX_LINE = 1_000_000
REQUIRED_COLUMNS = ("CONTENT", "CLASS")
DELIMITERS = (",", ";", "\t")  # spreadsheets use their locale's
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(Exception):
    """The file is not a table of labeled comments; the argument says why."""


def read_labeled(path: Path, warn: Callable[[str], None]) -> Iterator[tuple[Submission, bool]]:
    """Yield comments and whether they are spam; `warn` gets a message for each bad line. Raises Unreadable."""
    try:
        with path.open(encoding=encoding_of(path), errors="replace", newline="") as file:
            yield from read_rows(file, warn)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    except Unreadable as error:
        raise Unreadable(f"{path.name}: {error}") from error


def encoding_of(path: Path) -> str:
    """Detect the encoding: UTF-8, or what spreadsheets write instead."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in UTF16:
            return "utf-16"
        file.seek(0)
        try:
            while piece := file.read(MAX_LINE):
                decoder.decode(piece)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def read_rows(file: TextIO, warn: Callable[[str], None]) -> Iterator[tuple[Submission, bool]]:
    """Yield the comments of an open file and whether they are spam; `warn` gets a message for each bad line."""
    lines = iter(lambda: file.readline(MAX_LINE), "")
    first = next(lines, "")
    between = max(
        DELIMITERS, key=lambda sign: sum(name.strip('" \r\n').upper() in REQUIRED_COLUMNS for name in first.split(sign))
    )
    reader = csv.reader(chain([first], lines), delimiter=between)
    try:
        columns = [name.strip().upper() for name in next(reader, [])]
    except csv.Error as error:
        raise Unreadable(str(error)) from error
    if missing := [name for name in REQUIRED_COLUMNS if name not in columns]:
        raise Unreadable(_("Add the missing columns to the first line: %(names)s.") % {"names": ", ".join(missing)})
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            warn(_("line %(line)d: %(why)s") % {"line": reader.line_num, "why": error})
            continue
        if row is None:
            return
        if not row:
            continue
        found = dict(zip(columns, row, strict=False))
        if why := problem_with_row(found):
            warn(_("line %(line)d: %(why)s") % {"line": reader.line_num, "why": why})
        else:
            yield Submission(found["CONTENT"], found.get("AUTHOR", "")), found["CLASS"].strip() == "1"


def problem_with_row(row: dict[str, str]) -> str:
    """Say what is wrong with a row, or return an empty string."""
    kind = row.get("CLASS")
    if kind is None:
        return _("too few columns")
    if kind.strip() not in {"0", "1"}:
        return _("CLASS is “%(kind)s”, but must be 1 for spam or 0 for not spam") % {"kind": kind[:20]}
    if not row["CONTENT"].strip("\ufeff \t\r\n"):
        return _("CONTENT is empty")
    return ""
