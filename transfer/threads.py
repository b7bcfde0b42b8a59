"""Comments from elsewhere → our trees: whole threads in batches, or one by one under threads that are here already.

What is in memory of every comment is a few numbers; its words are read when its batch is stored.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice

from django.db.models import OuterRef, Subquery

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Discussion, Status, TreeNumber, Wording
from comments.transitions import transition

REMOVED = {Status.SPAM, Status.TRASH}
BATCH = 500
NONE = -1  # answers nothing
ABSENT = -2  # answers what is not in the file
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_THERE = "repl(y|ies) to a comment missing from the file (starts its own thread|start their own threads)"
MOVED_UP = "repl(y|ies) to a comment that was not imported moved up one level"
RING = "loop(s) of comments that reply to each other (was|were) broken"


@dataclass(slots=True)
class Said:
    """One comment as its own site kept it."""

    commenter: int
    status: Status
    text: str
    html: str
    created: datetime

    @property
    def removed_by(self) -> str:
        return Comment.Remover.MODERATOR if self.status in REMOVED else Comment.Remover.NOBODY

    @property
    def wording(self) -> Wording:
        return Wording(
            text=self.text, html=self.html, format=Wording.Format.HTML, created=self.created, reasons=self.reasons
        )

    @property
    def reasons(self) -> list[dict[str, str]]:
        return [{"code": "imported"}] if self.status == Status.PENDING else []


Read = Callable[[Sequence[int]], Sequence[Said]]
"""The comments with these numbers, with their words."""


@dataclass
class Outline:
    """The comments of one essay without their words, numbered from 0 in the order of the file."""

    names: list[str] = field(default_factory=list)
    """Their keys in the file."""
    # Quoted: Python 3.11 cannot subscript array while it runs.
    parents: "array[int]" = field(default_factory=lambda: array("q"))
    """The number of the one that each answers, or NONE, or ABSENT."""
    created: "array[float]" = field(default_factory=lambda: array("d"))
    is_approved: bytearray = field(default_factory=bytearray)
    is_gone: bytearray = field(default_factory=bytearray)
    """Whether it is left out."""
    pks: "array[int]" = field(default_factory=lambda: array("q"))
    """Of those that are here already; 0 of the others."""

    @property
    def new(self) -> list[int]:
        """What is to be stored, oldest first."""
        found = (number for number in range(len(self.names)) if not self.pks[number] and not self.is_gone[number])
        return sorted(found, key=lambda number: (self.created[number], len(self.names[number]), self.names[number]))

    def at(self, number: int) -> datetime:
        return EPOCH + timedelta(seconds=self.created[number])


def settle(outline: Outline) -> list[tuple[str, int]]:
    """Let every parent be a comment that is brought or here. Return what was wrong, and the number it was wrong at."""
    parents, is_gone = array("q", outline.parents), outline.is_gone
    problems: list[tuple[str, int]] = []
    for number, parent in enumerate(parents):
        if is_gone[number]:
            continue
        passed = {number}
        while parent >= 0 and is_gone[parent] and parent not in passed:
            passed.add(parent)
            parent = outline.parents[parent]
        if parent == ABSENT or (parent >= 0 and is_gone[parent]):
            problems.append((NOT_THERE, number))
            parent = NONE
        elif len(passed) > 1:
            problems.append((MOVED_UP, number))
        parents[number] = parent
    for number in rings([NONE if is_gone[each] else parent for each, parent in enumerate(parents)], outline.names):
        problems.append((RING, number))
        parents[number] = NONE
    outline.parents = parents
    return problems


def rings(parents: Sequence[int], names: Sequence[str]) -> list[int]:
    """One number of each ring, that of the shortest and first name: without its parent there is none left."""
    found: list[int] = []
    is_done = bytearray(len(parents))
    for start in range(len(parents)):
        path: dict[int, None] = {}
        number = start
        while number >= 0 and not is_done[number] and number not in path:
            path[number] = None
            number = parents[number]
        if number in path:
            ring = [*path][[*path].index(number) :]
            found.append(min(ring, key=lambda each: (len(names[each]), names[each])))
        for each in path:
            is_done[each] = 1
    return found


class Family:
    """Which new comments answer which, in the order of time."""

    def __init__(self, outline: Outline, new: Iterable[int]) -> None:
        self.first = array("q", [NONE]) * len(outline.names)
        self.next = array("q", [NONE]) * len(outline.names)
        for number in reversed([*new]):
            if (parent := outline.parents[number]) >= 0:
                self.next[number], self.first[parent] = self.first[parent], number

    def from_root(self, root: int) -> Iterator[int]:
        """A comment, then what answers it, each with its own replies after it."""
        waiting = [root]
        while waiting:
            number = waiting.pop()
            yield number
            if number != root and self.next[number] >= 0:
                waiting.append(self.next[number])
            if self.first[number] >= 0:
                waiting.append(self.first[number])


def batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    waiting = iter(numbers)
    while some := list(islice(waiting, BATCH)):
        yield some


def put(essay: Essay, outline: Outline, read: Read) -> Iterator[list[tuple[int, Comment]]]:
    """Store the new comments of a settled outline, oldest first; yield each batch by its numbers."""
    new = outline.new
    family = Family(outline, new)
    under_known = [number for number in new if outline.parents[number] >= 0 and outline.pks[outline.parents[number]]]
    yield from plant(essay, outline, [number for number in new if outline.parents[number] == NONE], family, read)
    for number in under_known:
        yield from grow(essay, outline, number, family, read)


class Numbering:
    """The places of new threads' comments in their trees."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        count = len(outline.names)
        self.tree, self.level, self.left, self.right, self.readable = (array("q", [0]) * count for _ in range(5))
        self.order: list[int] = []  # in which they are read

    def thread(self, root: int, tree: int, family: Family) -> int:
        """Number a thread in one walk, without recursion; return how many of it are approved."""
        open_: list[int] = []
        count = approved = 0
        for number in family.from_root(root):
            while open_ and open_[-1] != self.outline.parents[number]:
                count += 1
                self.right[open_.pop()] = count
            count += 1
            self.tree[number], self.level[number], self.left[number] = tree, len(open_), count
            approved += self.outline.is_approved[number]
            self.order.append(number)
            open_.append(number)
        while open_:
            count += 1
            self.right[open_.pop()] = count
        return approved


def plant(
    essay: Essay, outline: Outline, roots: Sequence[int], family: Family, read: Read
) -> Iterator[list[tuple[int, Comment]]]:
    """Whole new threads: numbered here, then stored level by level, since nobody else can be writing in them."""
    places = Numbering(outline)
    trees = array("q")
    for some in batches(roots):
        for root, number in zip(some, TreeNumber.objects.bulk_create(TreeNumber() for _ in some), strict=True):
            trees.append(number.pk)
            places.readable[root] = places.thread(root, number.pk, family)
    places.order.sort(key=places.level.__getitem__)
    for some in batches(places.order):
        yield store(essay, outline, places, some, read(some))
    if trees:
        ours = Comment.objects.under(essay).filter(tree_id__range=(min(trees), max(trees)), wording=None)
        ours.update(wording=Subquery(Wording.objects.filter(comment=OuterRef("pk")).values("pk")[:1]))
    if responses := sum(places.readable):
        Discussion.objects.recount(essay.pk, responses=responses, threads=sum(map(bool, places.readable)))


def store(
    essay: Essay, outline: Outline, places: Numbering, numbers: Sequence[int], saying: Sequence[Said]
) -> list[tuple[int, Comment]]:
    """One batch; level by level in it, since a reply needs the key of what it answers."""
    made: list[tuple[int, Comment]] = []
    wordings: list[Wording] = []
    for _level, pairs in groupby(zip(numbers, saying, strict=True), key=lambda pair: places.level[pair[0]]):
        some = list(pairs)
        rows = Comment.objects.bulk_create([row(essay, outline, places, *pair) for pair in some])
        for (number, said), comment in zip(some, rows, strict=True):
            outline.pks[number] = comment.pk
            wording = said.wording
            wording.comment = comment
            wordings.append(wording)
            made.append((number, comment))
    Wording.objects.bulk_create(wordings)
    return made


def row(essay: Essay, outline: Outline, places: Numbering, number: int, said: Said) -> Comment:
    parent = outline.parents[number]
    return Comment(  # type: ignore[no-untyped-call]
        essay=essay,
        commenter_id=said.commenter,
        parent_id=outline.pks[parent] if parent >= 0 else None,
        status=said.status,
        removed_by=said.removed_by,
        created=said.created,
        changed=said.created,
        tree_id=places.tree[number],
        level=places.level[number],
        lft=places.left[number],
        rght=places.right[number],
        readable=places.readable[number],
    )


def grow(essay: Essay, outline: Outline, first: int, family: Family, read: Read) -> Iterator[list[tuple[int, Comment]]]:
    """A comment and what answers it, under one that is here: readers may be writing there, so one by one."""
    for some in batches(family.from_root(first)):
        made: list[tuple[int, Comment]] = []
        for number, said in zip(some, read(some), strict=True):
            root, above = Comment.objects.lock_thread(outline.pks[outline.parents[number]], essay)
            comment = Comment.objects.insert_comment(
                essay=essay,
                commenter=Commenter(pk=said.commenter),
                parent=above,
                wording=said.wording,
                created=said.created,
                changed=said.created,
            )
            transition(comment, said.status, root=root or comment, removed_by=said.removed_by, notify=False)
            outline.pks[number] = comment.pk
            made.append((number, comment))
        yield made
