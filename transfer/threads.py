"""Import of comments into trees: new threads in batches, replies to existing comments one by one.

Only a few numbers per comment are kept in memory; its text is read when its batch is stored.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from accounts.models import Commenter
from blog.models import Essay
from comments import indexing
from comments.models import Comment, Status, TreeNumber, Wording
from comments.transitions import adjust_counts, transition
from server import bulk

REMOVED = {Status.SPAM, Status.TRASH}
BATCH = 500
COMMENT_COLUMNS = (
    "id", "essay_id", "commenter_id", "parent_id", "wording_id", "status", "removed_by", "created", "changed", "edited",
    "tree_id", "level", "lft", "rght", "readable",
)  # fmt: skip
WORDING_COLUMNS = ("id", "comment_id", "text", "html", "format", "reasons", "created")
NONE = -1  # not a reply
ABSENT = -2  # reply to a comment missing from the file
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARENT_MISSING = "repl(y|ies) to a comment missing from the file (starts its own thread|start their own threads)"
PARENT_OMITTED = "repl(y|ies) to a comment that was not imported moved up one level"
LOOP = "loop(s) of comments that reply to each other (was|were) broken"


@dataclass(slots=True)
class SourceComment:
    """A comment as the old site stored it."""

    commenter: int
    status: Status
    text: str
    html: str
    created: datetime
    format: str = Wording.Format.HTML
    edited: datetime | None = None
    remover: str | None = None
    """Who removed the comment, if the export says it."""
    passage: Any = None
    """What the export says about its passage, as a dict; not checked."""
    answer: Any = None
    """What the export says about the answer of the essay's author, as a dict; not checked."""

    @property
    def removed_by(self) -> str:
        """Who removed the comment, as Comment.removed_by: by default a moderator if it was spam or in the trash."""
        if self.remover is not None:
            return self.remover
        return Comment.Remover.MODERATOR if self.status in REMOVED else Comment.Remover.NONE

    @property
    def reasons(self) -> list[dict[str, str]]:
        """Why the comment is held, if it is."""
        return [{"code": "imported"}] if self.status == Status.PENDING else []

    @property
    def wording(self) -> Wording:
        """The text as an unsaved Wording."""
        return Wording(text=self.text, html=self.html, format=self.format, created=self.created, reasons=self.reasons)


class Stored(NamedTuple):
    """A comment's number and key, after it was stored."""

    number: int
    pk: int
    status: Status


ReadBatch = Callable[[Sequence[int]], Sequence[SourceComment]]
"""Returns the comments with these numbers, with their texts."""


@dataclass
class Outline:
    """The comments of one essay without their texts, numbered from 0 in the order of the file."""

    ids: list[str] = field(default_factory=list)
    """Their ids in the file."""
    # Quoted: Python 3.11 cannot subscript array at run time.
    parents: "array[int]" = field(default_factory=lambda: array("q"))
    """The number of each one's parent, or NONE, or ABSENT."""
    created: "array[float]" = field(default_factory=lambda: array("d"))
    is_approved: bytearray = field(default_factory=bytearray)
    is_omitted: bytearray = field(default_factory=bytearray)
    """Whether it is omitted."""
    pks: "array[int]" = field(default_factory=lambda: array("q"))
    """Keys of the comments imported before, else 0."""

    @property
    def new(self) -> list[int]:
        """The numbers of the comments to store, oldest first."""
        found = (number for number in range(len(self.ids)) if not self.pks[number] and not self.is_omitted[number])
        return sorted(found, key=lambda number: (self.created[number], len(self.ids[number]), self.ids[number]))

    def created_at(self, number: int) -> datetime:
        """Return when a comment was written, by its number."""
        return EPOCH + timedelta(seconds=self.created[number])


def resolve_parents(outline: Outline) -> list[tuple[str, int]]:
    """Give every comment a parent that exists; return the problems with the numbers of their comments."""
    parents, is_omitted = array("q", outline.parents), outline.is_omitted
    problems: list[tuple[str, int]] = []
    for number, parent in enumerate(parents):
        if is_omitted[number]:
            continue
        skipped = {number}
        while parent >= 0 and is_omitted[parent] and parent not in skipped:
            skipped.add(parent)
            parent = outline.parents[parent]
        if parent == ABSENT or (parent >= 0 and is_omitted[parent]):
            problems.append((PARENT_MISSING, number))
            parent = NONE
        elif len(skipped) > 1:
            problems.append((PARENT_OMITTED, number))
        parents[number] = parent
    for number in find_loops([NONE if is_omitted[at] else parent for at, parent in enumerate(parents)], outline.ids):
        problems.append((LOOP, number))
        parents[number] = NONE
    outline.parents = parents
    return problems


def find_loops(parents: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return one number per loop of replies, that of the shortest and first id; removing its parent breaks the loop."""
    loops: list[int] = []
    is_done = bytearray(len(parents))
    for start in range(len(parents)):
        path: dict[int, None] = {}
        number = start
        while number >= 0 and not is_done[number] and number not in path:
            path[number] = None
            number = parents[number]
        if number in path:
            loop = [*path][[*path].index(number) :]
            loops.append(min(loop, key=lambda each: (len(names[each]), names[each])))
        for each in path:
            is_done[each] = 1
    return loops


class Replies:
    """The new replies to each comment, oldest first."""

    def __init__(self, outline: Outline, new: Iterable[int]) -> None:
        self.first = array("q", [NONE]) * len(outline.ids)
        self.next = array("q", [NONE]) * len(outline.ids)
        for number in reversed([*new]):
            if (parent := outline.parents[number]) >= 0:
                self.next[number], self.first[parent] = self.first[parent], number

    def from_root(self, root: int) -> Iterator[int]:
        """Yield a comment and its replies, each followed by its own replies."""
        pending = [root]
        while pending:
            number = pending.pop()
            yield number
            if number != root and self.next[number] >= 0:
                pending.append(self.next[number])
            if self.first[number] >= 0:
                pending.append(self.first[number])


def batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    """Yield the numbers in lists of at most BATCH."""
    remaining = iter(numbers)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def store_comments(essay: Essay, outline: Outline, read: ReadBatch) -> Iterator[list[Stored]]:
    """Store the new comments of an outline with resolved parents, and yield them in batches of whole threads."""
    new = outline.new
    replies = Replies(outline, new)
    under_existing = [number for number in new if outline.parents[number] >= 0 and outline.pks[outline.parents[number]]]
    yield from store_threads(essay, outline, new, replies, read)
    for number in under_existing:
        yield from store_replies(essay, outline, number, replies, read)


class TreePositions:
    """The tree positions of the comments in new threads."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        count = len(outline.ids)
        self.tree, self.level, self.left, self.right, self.readable = (array("q", [0]) * count for _ in range(5))

    def number_thread(self, root: int, tree: int, replies: Replies) -> int:
        """Set the tree positions in the thread with number `tree`; return how many of its comments are approved."""
        open_: list[int] = []
        count = approved = 0
        for number in replies.from_root(root):
            while open_ and open_[-1] != self.outline.parents[number]:
                count += 1
                self.right[open_.pop()] = count
            count += 1
            self.tree[number], self.level[number], self.left[number] = tree, len(open_), count
            approved += self.outline.is_approved[number]
            open_.append(number)
        while open_:
            count += 1
            self.right[open_.pop()] = count
        return approved


def store_threads(
    essay: Essay, outline: Outline, new: Sequence[int], replies: Replies, read: ReadBatch
) -> Iterator[list[Stored]]:
    """Store new threads: numbered in memory and then written, since nothing else can write to them yet."""
    positions = TreePositions(outline)
    for batch in batches(number for number in new if outline.parents[number] == NONE):
        for root, tree in zip(batch, bulk.reserve_keys(TreeNumber, len(batch)), strict=True):
            positions.readable[root] = positions.number_thread(root, tree, replies)
    for batch in batches(number for number in new if positions.tree[number]):  # the oldest has the lowest key
        for number, pk in zip(batch, bulk.reserve_keys(Comment, len(batch)), strict=True):
            outline.pks[number] = pk
    for roots, numbers in whole_threads((number for number in new if outline.parents[number] == NONE), replies):
        bulk.Table(TreeNumber, "id").insert((positions.tree[root],) for root in roots)
        stored: list[Stored] = []
        for batch in batches(sorted(numbers, key=outline.pks.__getitem__)):
            stored += store_batch(essay, outline, positions, batch, read(batch))
        readable = [positions.readable[root] for root in roots]
        if any(readable):
            adjust_counts(essay.pk, comments=sum(readable), threads=sum(map(bool, readable)))
        yield stored


def whole_threads(roots: Iterable[int], replies: Replies) -> Iterator[tuple[list[int], list[int]]]:
    """Yield roots with all comments of their threads: of several short threads, or of one long one."""
    some: list[int] = []
    numbers: list[int] = []
    for root in roots:
        some.append(root)
        numbers += replies.from_root(root)
        if len(numbers) >= BATCH:
            yield some, numbers
            some, numbers = [], []
    if some:
        yield some, numbers


def store_batch(
    essay: Essay, outline: Outline, tree: TreePositions, numbers: Sequence[int], sources: Sequence[SourceComment]
) -> list[Stored]:
    """Store comments of new threads, whose keys are reserved, and index those that are approved."""
    keys = [outline.pks[number] for number in numbers]
    wordings = bulk.reserve_keys(Wording, len(keys))
    bulk.Table(Comment, *COMMENT_COLUMNS).insert(
        (
            pk, essay.pk, each.commenter,
            outline.pks[outline.parents[number]] if outline.parents[number] >= 0 else None,
            wording, str(each.status), str(each.removed_by), each.created, each.edited or each.created, each.edited,
            tree.tree[number], tree.level[number], tree.left[number], tree.right[number], tree.readable[number],
        )
        for number, pk, each, wording in zip(numbers, keys, sources, wordings, strict=True)
    )  # fmt: skip
    bulk.Table(Wording, *WORDING_COLUMNS).insert(
        (
            wording, pk, each.text, each.html, str(each.format), each.reasons, each.created,
        )
        for pk, each, wording in zip(keys, sources, wordings, strict=True)
    )  # fmt: skip
    approved = ((pk, each) for pk, each in zip(keys, sources, strict=True) if each.status == Status.APPROVED)
    indexing.add_new(essay, ((pk, each.commenter, each.created, each.html) for pk, each in approved))
    return [Stored(number, pk, each.status) for number, pk, each in zip(numbers, keys, sources, strict=True)]


def store_replies(
    essay: Essay, outline: Outline, first: int, replies: Replies, read: ReadBatch
) -> Iterator[list[Stored]]:
    """Store a comment and its replies under an existing one, one by one, because readers may be posting there."""
    for batch in batches(replies.from_root(first)):
        stored: list[Stored] = []
        for number, source in zip(batch, read(batch), strict=True):
            root, parent = Comment.objects.lock_thread(outline.pks[outline.parents[number]], essay)
            comment = Comment.objects.insert_comment(
                essay=essay,
                commenter=Commenter(pk=source.commenter),
                parent=parent,
                wording=source.wording,
                created=source.created,
                changed=source.edited or source.created,
                edited=source.edited,
            )
            transition(comment, source.status, root=root or comment, removed_by=source.removed_by, notify=False)
            outline.pks[number] = comment.pk
            stored.append(Stored(number, comment.pk, source.status))
        yield stored
