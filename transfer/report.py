"""What an import made, what it left out and why, in words and counted."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from accounts.profiles.names import tidy_line

EXAMPLES = 5
ORDER = ("essay", "page", "comment", "author", "tag", "redirect", "picture")
ONE_NAME = 80
MOST = 100
_ENDINGS = re.compile(r"\(([^()]*)\)")


class Unreadable(Exception):
    """The file cannot be imported; the argument says where and why in one line."""


@dataclass
class Remark:
    """Something the owner should know: said once, with how often and the first few of where."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


class Report:
    def __init__(self, source: str) -> None:
        self.source = source
        self.made: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        self.left_out: dict[str, Remark] = {}
        self.remarks: dict[str, Remark] = {}

    @property
    def has_changes(self) -> bool:
        return bool(self.made.total())

    def leave_out(self, what: str, example: str = "", count: int = 1) -> None:
        _add(self.left_out, what, example, count)

    def remark(self, what: str, example: str = "", count: int = 1) -> None:
        _add(self.remarks, what, example, count)

    def lines(self, *, is_trial: bool = False) -> Iterator[str]:
        """For people to read. What is counted is named for one and for many, as `counted` takes it."""
        if self.has_changes:
            yield f"Would be imported from {self.source}:" if is_trial else f"Imported from {self.source}:"
            yield from _numbers(self.made)
        else:
            yield f"Nothing new in {self.source}."
        if self.known.total():
            yield "Already here, left unchanged:"
            yield from _numbers(self.known)
        if self.left_out:
            yield "Not imported:"
            yield from _listed(self.left_out)
        if self.remarks:
            yield "Please note:"
            yield from _listed(self.remarks)
        if is_trial:
            yield "This was a dry run. Nothing was changed."

    def numbers(self) -> Iterator[str]:
        """What was made, a line each."""
        return _numbers(self.made)


def counted(number: int, what: str) -> str:
    """`1 essay`, `2 essays` from `essay(s)`; `1 repl(y|ies) (has|have)` likewise."""

    def ending(match: re.Match[str]) -> str:
        one, bar, many = match[1].partition("|")
        return (one if bar else "") if number == 1 else (many if bar else one)

    return f"{number:,} {_ENDINGS.sub(ending, what)}"


def _add(remarks: dict[str, Remark], what: str, example: str, count: int) -> None:
    """Words of the file itself are tidied: they are printed to somebody's terminal."""
    what, example = tidy_line(what), tidy_line(example)
    if what not in remarks and len(remarks) >= MOST:
        what, example = "other item(s)", f"{what} {example}"
    remark = remarks.setdefault(what, Remark())
    remark.count += count
    if example and len(remark.examples) <= EXAMPLES and example not in remark.examples:
        remark.examples.append(example if len(example) <= ONE_NAME else f"{example[: ONE_NAME - 1]}…")


def _numbers(counts: Counter[str]) -> Iterator[str]:
    for what in sorted(
        counts, key=lambda what: next((at for at, word in enumerate(ORDER) if what.startswith(word)), len(ORDER))
    ):
        if counts[what]:
            yield f"  {counted(counts[what], what)}"


def _listed(remarks: dict[str, Remark]) -> Iterator[str]:
    for what, remark in remarks.items():
        yield f"  {counted(remark.count, what)}"
        yield from (f"    {example}" for example in remark.examples[:EXAMPLES])
        if len(remark.examples) > EXAMPLES:
            yield "    …"
