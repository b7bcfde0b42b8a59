"""Rows in tree order → what is shown, in what order and nesting. Pure: no queries, no recursion, no HTML."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple


class Row(NamedTuple):
    """What a thread's shape is read from; the words are fetched for those alone whose markup is not kept."""

    pk: int
    parent: int | None
    tree: int
    left: int
    right: int
    level: int
    status: str
    removed_by: str
    changed: str  # with commenter_changed: another value is another state
    commenter: int
    name: str
    commenter_changed: str
    user: int | None
    likes: int = 0
    is_liked: bool = False  # by whoever reads this
    is_editable: bool = False  # by them
    record: Any = None  # of a moderator's decision against it, where its tombstone tells of that

    @property
    def is_removed(self) -> bool:
        """By somebody: what the filter alone put under Spam still waits, as far as its writer is told."""
        return self.status == "trash" or (self.status == "spam" and bool(self.removed_by))


class Shown(Enum):
    """How a comment stands in the thread."""

    WHOLE = auto()
    HELD = auto()  # its own writer alone sees it
    GONE = auto()  # a tombstone: something readable hangs from it


class Move(Enum):
    COMMENT = auto()  # <li> and the comment itself
    REPLIES = auto()  # opens the list of what answers it
    END_REPLIES = auto()
    MORE = auto()  # leads to the replies that are not on this page
    CONTINUE = auto()  # leads to the rest of a branch that is cut off past the last level
    END_COMMENT = auto()


@dataclass(slots=True)
class Step:
    move: Move
    row: Row
    shown: Shown
    is_deeper: bool = False  # past the last level, or what it answers is elsewhere: says whom it answers
    replies: int = 0  # on REPLIES: how many readable comments hang below, at any depth


def visible(rows: Sequence[Row], mine: frozenset[int] = frozenset()) -> list[tuple[Row, Shown]]:
    """The rows that are shown: approved ones, the reader's own held ones, and what such ones hang from.

    `rows` in reading order (tree, left); `mine` are the keys of comments shown though they wait.
    """
    kept: list[tuple[Row, Shown]] = []
    after: Row | None = None  # the next shown row: the first candidate for a descendant
    for row in reversed(rows):
        if row.status == "approved":
            shown = Shown.WHOLE
        elif row.pk in mine:
            shown = Shown.HELD
        elif after is not None and after.tree == row.tree and after.left < row.right:
            shown = Shown.GONE
        else:
            continue
        kept.append((row, shown))
        after = row
    kept.reverse()
    return kept


def outline(
    rows: Sequence[Row],
    depth: int,
    mine: frozenset[int] = frozenset(),
    more: Container[int] = (),
    cut_after: int | None = None,
) -> list[Step]:
    """Rows → comments between opened and closed lists of replies; `depth` levels, deeper ones stay at the last.

    `more`: the keys of comments of which some replies are not among the rows; `cut_after`: the last comment shown of a
    branch that is cut off past the last level. A row hangs from the nearest one before
    that encloses it; one that none encloses, be it a root or not, stands at the first level.
    """
    deepest = max(1, depth) - 1
    walk: list[Step] = []
    open_: list[Branch] = []  # comments whose replies may still follow, outermost first
    above: list[Row] = []  # what the row hangs from, outermost first, however deep
    readable = 0
    for row, shown in visible(rows, mine):
        while above and not (above[-1].tree == row.tree and row.left < above[-1].right):
            above.pop()
        while len(open_) > min(len(above), deepest):
            open_.pop().close(walk, readable, more, cut_after)
        if open_:
            open_[-1].open(walk, readable)
        is_deeper = len(above) > deepest or (row.parent is not None and not above)
        walk.append(Step(Move.COMMENT, row, shown, is_deeper=is_deeper))
        open_.append(Branch(row, shown))
        above.append(row)
        readable += shown is Shown.WHOLE
    while open_:
        open_.pop().close(walk, readable, more, cut_after)
    return walk


def cut_branch(rows: Sequence[Row], depth: int, mine: frozenset[int], tree: int) -> tuple[Row, Row] | None:
    """Where a tree is cut off past the last level: the comment at that level, and the last one shown below it."""
    last = next((row for row, _shown in reversed(visible(rows, mine)) if row.tree == tree), None)
    if last is None:
        return None
    above = [row for row in rows if row.tree == tree and row.left <= last.left and last.right <= row.right]
    return (above[max(1, depth) - 1], last) if len(above) >= max(1, depth) else None


def alone(rows: Sequence[Row]) -> list[Step]:
    """Approved rows taken out of their threads: each stands by itself and says whom it answers."""
    walk: list[Step] = []
    for row in rows:
        walk.append(Step(Move.COMMENT, row, Shown.WHOLE, is_deeper=row.parent is not None))
        walk.append(Step(Move.END_COMMENT, row, Shown.WHOLE))
    return walk


@dataclass(slots=True)
class Branch:
    """A comment that stands open, and its list of replies once there is one."""

    row: Row
    shown: Shown
    opened: Step | None = None
    before: int = 0

    def open(self, walk: list[Step], readable: int) -> None:
        if self.opened is None:
            self.opened, self.before = Step(Move.REPLIES, self.row, self.shown), readable
            walk.append(self.opened)

    def close(self, walk: list[Step], readable: int, more: Container[int], cut_after: int | None) -> None:
        if self.opened is not None:
            self.opened.replies = readable - self.before
            walk.append(Step(Move.END_REPLIES, self.row, self.shown))
        if self.row.pk == cut_after:
            walk.append(Step(Move.CONTINUE, self.row, self.shown))
        if self.row.pk in more:
            walk.append(Step(Move.MORE, self.row, self.shown))
        walk.append(Step(Move.END_COMMENT, self.row, self.shown))
