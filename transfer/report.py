"""Reports of imports and exports: what was written, what was omitted and why, as counts and sentences."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accounts.profiles.names import tidy_line

MAX_EXAMPLES = 5
ORDER = ("essay", "page", "comment", "author", "tag", "redirect", "picture")
MAX_LENGTH = 80
MAX_KINDS = 100
_PLURAL = re.compile(r"\(([^()]*)\)")


class Unreadable(Exception):
    """The file cannot be imported; the argument says where and why in one line."""

    is_partly_imported = False


@dataclass
class Remark:
    """Something for the owner to know, with how often it happened and the first examples."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


class Report:
    def __init__(self, source: str) -> None:
        self.source = source
        self.counts: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()
        self.omitted: dict[str, Remark] = {}
        self.remarks: dict[str, Remark] = {}
        self.changes: set[str] = set()
        """The kinds of remarks about texts that were imported in another form."""
        self._of_essay: Report | None = None

    @property
    def has_changes(self) -> bool:
        """Whether anything was or would be imported or exported."""
        return bool(self.counts.total())

    @contextmanager
    def for_essay(self) -> Iterator["Report"]:
        """Give a report that also gets what is omitted or changed in the block, for the author of one essay."""
        self._of_essay = Report(self.source)
        try:
            yield self._of_essay
        finally:
            self._of_essay = None

    def omit(self, kind: str, example: str = "", count: int = 1, *, place: str = "") -> None:
        """Count something that was not imported; `kind` is written as pluralize() takes it.

        `place` is where it was, for reports about several texts.
        """
        _add(self.omitted, kind, f"{example} in {place}".strip() if place else example, count)
        if self._of_essay:
            self._of_essay.omit(kind, example, count)

    def change(self, kind: str, example: str = "", *, place: str = "") -> None:
        """Count something in a text that was imported in another form, as `omit` does."""
        self.remark(kind, f"{example} in {place}".strip() if place else example)
        self.changes.add(tidy_line(kind))
        if self._of_essay:
            self._of_essay.change(kind, example)

    def remark(self, kind: str, example: str = "", count: int = 1) -> None:
        """Count something that the owner should know; `kind` is written as pluralize() takes it."""
        _add(self.remarks, kind, example, count)

    def lines(self, *, is_dry_run: bool = False, has_losses: bool = True) -> Iterator[str]:
        """Yield the lines of the report for people, in the past or, for a dry run, the conditional."""
        if self.has_changes:
            yield f"Would be imported from {self.source}:" if is_dry_run else f"Imported from {self.source}:"
            yield from count_lines(self.counts)
        else:
            yield f"Nothing new in {self.source}."
        if self.unchanged.total():
            yield "Already here, left unchanged:"
            yield from count_lines(self.unchanged)
        if self.omitted and has_losses:
            yield "Not imported:"
            yield from _remark_lines(self.omitted)
        remarks = {kind: each for kind, each in self.remarks.items() if has_losses or kind not in self.changes}
        if remarks:
            yield "Please note:"
            yield from _remark_lines(remarks)
        if is_dry_run:
            yield "This was a dry run. Nothing was changed."

    def as_dict(self) -> dict[str, Any]:
        """Return the lines of the report by section, as JSON; remarks come with their examples."""
        return {
            "counts": [line.strip() for line in count_lines(self.counts)],
            "unchanged": [line.strip() for line in count_lines(self.unchanged)],
            "omitted": _remark_rows(self.omitted),
            "remarks": _remark_rows(self.remarks),
        }

    def losses(self) -> list[str]:
        """Return one line for each kind of what was left out or changed, with examples."""
        rows = [*_remark_rows(self.omitted), *_remark_rows(self.remarks)]
        return [f"{line}: {', '.join(examples)}" if examples else line for line, examples in rows]

    def omissions(self) -> Iterator[str]:
        """Yield the lines about what was left out, with examples."""
        yield from _remark_lines(self.omitted)


def pluralize(number: int, kind: str) -> str:
    """Return `1 essay` or `2 essays` from `essay(s)`, and likewise from `repl(y|ies) (has|have)`."""

    def ending(match: re.Match[str]) -> str:
        singular, bar, plural = match[1].partition("|")
        return (singular if bar else "") if number == 1 else (plural if bar else singular)

    return f"{number:,} {_PLURAL.sub(ending, kind)}"


def _add(remarks: dict[str, Remark], kind: str, example: str, count: int) -> None:
    """Count a remark; text from the file is tidied, because a terminal shows it."""
    kind, example = tidy_line(kind), tidy_line(example)
    if kind not in remarks and len(remarks) >= MAX_KINDS:
        kind, example = "other item(s)", f"{kind} {example}"
    remark = remarks.setdefault(kind, Remark())
    remark.count += count
    if example and len(remark.examples) <= MAX_EXAMPLES and example not in remark.examples:
        remark.examples.append(example if len(example) <= MAX_LENGTH else f"{example[: MAX_LENGTH - 1]}…")


def count_lines(counts: Counter[str]) -> Iterator[str]:
    """Yield a line for each kind, the important ones first."""
    ranks = {kind: next((at for at, word in enumerate(ORDER) if kind.startswith(word)), len(ORDER)) for kind in counts}
    yield from (f"  {pluralize(counts[kind], kind)}" for kind in sorted(counts, key=ranks.__getitem__) if counts[kind])


def _remark_rows(remarks: dict[str, Remark]) -> list[tuple[str, list[str]]]:
    """Return each kind of remark with its examples."""
    return [
        (
            pluralize(remark.count, kind),
            [*remark.examples[:MAX_EXAMPLES], *(["…"] if len(remark.examples) > MAX_EXAMPLES else [])],
        )
        for kind, remark in remarks.items()
    ]


def _remark_lines(remarks: dict[str, Remark]) -> Iterator[str]:
    """Yield a line for each kind of remark, followed by its examples."""
    for kind, remark in remarks.items():
        yield f"  {pluralize(remark.count, kind)}"
        yield from (f"    {example}" for example in remark.examples[:MAX_EXAMPLES])
        if len(remark.examples) > MAX_EXAMPLES:
            yield "    …"
