"""Comments with what they are, from a CSV: read line by line, what cannot be read said and left out."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from comments.spam.features import Said

LINE = 1_000_000
NEEDED = ("CONTENT", "CLASS")


class Unreadable(Exception):
    """It is no table of labelled comments; the argument says why."""


def labelled(path: Path, trouble: Callable[[str], None]) -> Iterator[tuple[Said, bool]]:
    """Each comment, and whether it is spam. Raises Unreadable."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from rows(file, trouble)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def rows(file: TextIO, trouble: Callable[[str], None]) -> Iterator[tuple[Said, bool]]:
    reader = csv.reader(iter(lambda: file.readline(LINE), ""))
    try:
        columns = [name.strip().upper() for name in next(reader, [])]
    except csv.Error as error:
        raise Unreadable(str(error)) from error
    if missing := [name for name in NEEDED if name not in columns]:
        raise Unreadable(_("Its first line names no column %(names)s.") % {"names": ", ".join(missing)})
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            trouble(_("line %(line)d: %(why)s") % {"line": reader.line_num, "why": error})
            continue
        if row is None:
            return
        if not row:
            continue
        found = dict(zip(columns, row, strict=False))
        if why := wrong_with(found):
            trouble(_("line %(line)d: %(why)s") % {"line": reader.line_num, "why": why})
        else:
            yield Said(found["CONTENT"], found.get("AUTHOR", "")), found["CLASS"].strip() == "1"


def wrong_with(row: dict[str, str]) -> str:
    kind = row.get("CLASS")
    if kind is None:
        return _("there are too few columns")
    if kind.strip() not in {"0", "1"}:
        return _("CLASS is “%(kind)s”; it is 1 for spam, or 0") % {"kind": kind[:20]}
    if not row["CONTENT"].strip("\ufeff \t\r\n"):
        return _("CONTENT is empty")
    return ""
