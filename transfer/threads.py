"""Comments from elsewhere → our trees: whole threads at once, or one by one under threads that are here already."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Discussion, Status, TreeNumber, Wording

REMOVED = {Status.SPAM, Status.TRASH}


@dataclass(slots=True)
class Said:
    """One comment as its own site kept it. `parent` is the key of the one it answers, or nothing."""

    key: str
    parent: str
    commenter: Commenter
    status: Status
    text: str
    html: str
    created: datetime

    @property
    def removed_by(self) -> str:
        return Comment.Remover.MODERATOR if self.status in REMOVED else Comment.Remover.NOBODY

    @property
    def wording(self) -> Wording:
        return Wording(text=self.text, html=self.html, format=Wording.Format.HTML, created=self.created)

    @property
    def reasons(self) -> list[dict[str, str]]:
        return [{"code": "imported"}] if self.status == Status.PENDING else []


def settle(parents: Mapping[str, str], gone: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What each comment answers, so that every parent is one of them; and what was wrong, with the key it was wrong at.

    `gone` are comments that are not brought, and what those answered.
    """
    settled: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for key, parent in parents.items():
        passed = {key}
        while parent in gone and parent not in passed:
            passed.add(parent)
            parent = gone[parent]
        if parent in gone or (parent and parent not in parents):
            problems.append(("repl(y|ies) to what is not in the file (stands by itself|stand by themselves)", key))
            parent = ""
        elif len(passed) > 1:
            problems.append(("repl(y|ies) to what was left out moved up to what that answered", key))
        settled[key] = parent
    for key in rings(settled):
        problems.append(("ring(s) of comments that answer each other (was|were) cut", key))
        settled[key] = ""
    return settled, problems


def rings(parents: Mapping[str, str]) -> list[str]:
    """One key of each ring: without its parent there is none left."""
    found: list[str] = []
    done: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        key = start
        while key and key not in done and key not in path:
            path[key] = None
            key = parents.get(key, "")
        if key in path:
            ring = [*path][[*path].index(key) :]
            found.append(min(ring, key=lambda each: (len(each), each)))
        done.update(path)
    return found


def put(essay: Essay, said: Sequence[Said], known: Mapping[str, int]) -> dict[str, Comment]:
    """Put all that are not `known` (those are here under these numbers) into the essay's discussion, oldest first.

    Parents are settled. Returns the new ones by their keys.
    """
    new = sorted(
        (each for each in said if each.key not in known), key=lambda each: (each.created, len(each.key), each.key)
    )
    replies: dict[str, list[Said]] = defaultdict(list)
    for each in new:
        replies[each.parent].append(each)
    made = plant(essay, replies[""], replies)
    for each in new:
        if each.parent in known:
            made |= grow(essay, each, replies, known[each.parent])
    return made


def in_order(root: Said, replies: Mapping[str, list[Said]]) -> Iterator[Said]:
    """A comment, then what answers it, each with its own replies after it."""
    waiting = [root]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(replies.get(each.key, []))


def plant(essay: Essay, roots: Sequence[Said], replies: Mapping[str, list[Said]]) -> dict[str, Comment]:
    """Whole new threads: numbered here, then stored level by level, since nobody else can be writing in them."""
    made: dict[str, Comment] = {}
    levels: dict[int, list[Comment]] = defaultdict(list)
    responses = threads = 0
    for root, number in zip(roots, TreeNumber.objects.bulk_create(TreeNumber() for _ in roots), strict=True):
        rows = number_thread(essay, root, replies, number.pk, made)
        for row in rows:
            levels[row.level].append(row)
        rows[0].readable = sum(row.is_approved for row in rows)
        responses += rows[0].readable
        threads += bool(rows[0].readable)
    for _, level in sorted(levels.items()):
        Comment.objects.bulk_create(level, batch_size=500)
    saying = [each for root in roots for each in in_order(root, replies)]
    wordings = []
    for each in saying:
        wording = each.wording
        wording.comment, wording.reasons = made[each.key], each.reasons
        wordings.append(wording)
    Wording.objects.bulk_create(wordings, batch_size=500)
    if made:
        trees = [row.tree_id for row in levels[0]]
        ours = Comment.objects.under(essay).filter(tree_id__range=(min(trees), max(trees)), wording=None)
        ours.update(wording=Subquery(Wording.objects.filter(comment=OuterRef("pk")).values("pk")[:1]))
    if responses:
        Discussion.objects.recount(essay.pk, responses=responses, threads=threads)
    return made


def number_thread(
    essay: Essay, root: Said, replies: Mapping[str, list[Said]], tree: int, made: dict[str, Comment]
) -> list[Comment]:
    """The thread's rows in reading order, each with its place in the tree; one walk, no recursion."""
    rows: list[Comment] = []
    open_: list[Comment] = []
    count = 0
    for each in in_order(root, replies):
        parent = made.get(each.parent)
        while open_ and open_[-1] is not parent:
            count += 1
            open_.pop().rght = count
        count += 1
        row = Comment(  # type: ignore[no-untyped-call]
            essay=essay,
            commenter=each.commenter,
            parent=parent,
            status=each.status,
            removed_by=each.removed_by,
            created=each.created,
            changed=each.created,
            tree_id=tree,
            level=len(open_),
            lft=count,
        )
        made[each.key] = row
        rows.append(row)
        open_.append(row)
    while open_:
        count += 1
        open_.pop().rght = count
    return rows


def grow(essay: Essay, first: Said, replies: Mapping[str, list[Said]], parent: int) -> dict[str, Comment]:
    """A comment and what answers it, under one that is here: readers may be writing there, so one by one."""
    made: dict[str, Comment] = {}
    for each in in_order(first, replies):
        above_pk = made[each.parent].pk if each.parent in made else parent
        root, above = Comment.objects.lock_thread(above_pk, essay)
        each.wording.reasons = each.reasons
        comment = Comment.objects.grow(
            essay=essay,
            commenter=each.commenter,
            parent=above,
            root=root,
            status=each.status,
            wording=each.wording,
            removed_by=each.removed_by,
            created=each.created,
            changed=each.created,
        )
        made[each.key] = comment
    return made
