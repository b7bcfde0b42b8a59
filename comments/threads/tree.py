"""Shape of a page of threads: nesting, and which threads are open. Pure: no queries, no recursion, no HTML."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

MAX_COMMENTS = 400  # on one page


class Row(NamedTuple):
    """The columns that determine a thread's shape; texts are only read for comments whose markup is not cached."""

    pk: int
    parent: int | None
    tree: int
    left: int
    right: int
    level: int
    status: str
    removed_by: str
    changed: str  # with commenter_changed, part of the cache key
    commenter: int
    name: str
    commenter_changed: str
    user: int | None
    likes: int = 0
    is_liked: bool = False  # by the viewer
    is_editable: bool = False  # by the viewer
    is_muted: bool = False  # by the viewer's account
    record: Any = None  # of the moderator's decision that its tombstone shows

    @property
    def is_removed(self) -> bool:
        """Removed by a person; one that only the filter marked as spam is pending to its author."""
        return self.status == "trash" or (self.status == "spam" and bool(self.removed_by))


class Shown(Enum):
    """How much of a comment is shown in the thread."""

    WHOLE = auto()
    HELD = auto()  # only its author sees it
    GONE = auto()  # a tombstone, because readable replies remain


class Move(Enum):
    COMMENT = auto()  # <li> and the comment itself
    REPLIES = auto()  # opens the list of replies
    END_REPLIES = auto()
    MORE = auto()  # link to replies that are not on this page
    CONTINUE = auto()  # link to the rest of a branch that is cut off below the last level
    END_COMMENT = auto()


@dataclass(slots=True)
class Step:
    move: Move
    row: Row
    shown: Shown
    is_deeper: bool = False  # below the last level, or its parent is on another page: names the parent's author
    replies: int = 0  # on REPLIES: number of readable comments below, at any depth


def visible(rows: Sequence[Row], mine: frozenset[int] = frozenset()) -> list[tuple[Row, Shown]]:
    """The rows that are shown: approved ones, the viewer's own pending ones, and ancestors of these.

    `rows` in reading order (tree, left); `mine`: primary keys of pending comments to show.
    """
    kept: list[tuple[Row, Shown]] = []
    after: Row | None = None  # the next shown row, the first possible descendant
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
    """Turn rows into steps: comments, and openings and closings of reply lists. Deeper replies stay at the last level.

    `more`: primary keys of comments with replies that are not among the rows; `cut_after`: the last shown comment of a
    branch that is cut off below the last level. A row belongs to the nearest earlier row that encloses it; one without
    such a row, root or not, is at the first level.
    """
    deepest = max(1, depth) - 1
    walk: list[Step] = []
    open_: list[Branch] = []  # comments whose replies may still follow, outermost first
    above: list[Row] = []  # all ancestors of the row, outermost first
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
    """Where a tree is cut off below the last level: the comment at that level, and the last shown one below it."""
    last = next((row for row, _shown in reversed(visible(rows, mine)) if row.tree == tree), None)
    if last is None:
        return None
    above = [row for row in rows if row.tree == tree and row.left <= last.left and last.right <= row.right]
    return (above[max(1, depth) - 1], last) if len(above) >= max(1, depth) else None


def flat_outline(rows: Sequence[Row]) -> list[Step]:
    """Steps for approved rows outside of their threads, without nesting; each names the author it answers."""
    walk: list[Step] = []
    for row in rows:
        walk.append(Step(Move.COMMENT, row, Shown.WHOLE, is_deeper=row.parent is not None))
        walk.append(Step(Move.END_COMMENT, row, Shown.WHOLE))
    return walk


@dataclass(slots=True)
class Branch:
    """An open comment and, once it has one, its list of replies."""

    row: Row
    shown: Shown
    opened: Step | None = None
    before: int = 0

    def open(self, walk: list[Step], readable: int) -> None:
        """Begin the list of replies before the first reply; `readable` approved comments came before."""
        if self.opened is None:
            self.opened, self.before = Step(Move.REPLIES, self.row, self.shown), readable
            walk.append(self.opened)

    def close(self, walk: list[Step], readable: int, more: Container[int], cut_after: int | None) -> None:
        """End the comment and its list of replies, with a link to replies on another page if there are any."""
        if self.opened is not None:
            self.opened.replies = readable - self.before
            walk.append(Step(Move.END_REPLIES, self.row, self.shown))
        if self.row.pk == cut_after:
            walk.append(Step(Move.CONTINUE, self.row, self.shown))
        if self.row.pk in more:
            walk.append(Step(Move.MORE, self.row, self.shown))
        walk.append(Step(Move.END_COMMENT, self.row, self.shown))


@dataclass(frozen=True)
class OpenThreads:
    """The threads of a page, by tree_id."""

    complete: list[int]
    partial: int | None  # too long for a page: only its first MAX_COMMENTS comments are shown
    collapsed: list[int]  # only their first comment is shown


def choose_open_threads(threads: Sequence[tuple[int, int]], first: Sequence[int | None] = ()) -> OpenThreads:
    """Choose which threads are open. `threads`: (tree_id, readable comments) in page order; `first`: trees to prefer.

    All threads after the first that does not fit are collapsed, so that readers see where the open ones end.
    """
    rank = {tree: index for index, tree in enumerate(dict.fromkeys(first))}
    whole, shut = [], []
    begun, left = None, MAX_COMMENTS
    for tree, readable in sorted(threads, key=lambda thread: rank.get(thread[0], len(rank))):
        if readable <= left:
            whole.append(tree)
            left -= readable
        elif left == MAX_COMMENTS:
            begun, left = tree, 0
        else:
            shut.append(tree)
            left = 0
    return OpenThreads(whole, begun, shut)
