"""Whether every thread and every stored count is as it should be, and how to put right what is not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.utils import timezone

import pagecache
from blog.models import Essay
from comments.models import Comment, Discussion, Like, Status, TreeNumber, Wording

AT_A_TIME = 2000


class Kind(Enum):
    """What a problem's key is the key of, and so how it is mended."""

    THREAD = auto()
    TREE_NUMBER = auto()
    WORDS = auto()
    COUNTS = auto()
    LIKES_OF_COMMENT = auto()
    LIKES_OF_ESSAY = auto()
    REPORTS = auto()


@dataclass(frozen=True)
class Problem:
    kind: Kind
    key: int
    words: str

    def __str__(self) -> str:
        return self.words


class Node(NamedTuple):
    """A comment as far as its thread's shape and the counts go."""

    pk: int
    parent: int | None
    tree: int
    left: int
    right: int
    level: int
    essay: int
    status: str
    readable: int
    responses: int | None  # what its essay's discussion says of them; None: it has no row
    threads: int | None


COLUMNS = (
    "pk", "parent_id", "tree_id", "lft", "rght", "level", "essay_id", "status", "readable",
    "essay__discussion__responses", "essay__discussion__threads",
)  # fmt: skip


@dataclass
class Tally:
    """What there is to read under an essay, beside what is stored."""

    stored: tuple[int, int]
    responses: int = 0
    threads: int = 0

    @property
    def counted(self) -> tuple[int, int]:
        return self.responses, self.threads


def problems() -> Iterator[Problem]:
    """Everything that is wrong, each with its numbers, while the site goes on: no question spans two moments.

    One pass over the comments, a thread at a time, however many there are.
    """
    yield from wrong_threads_and_counts()
    yield from lost_tree_numbers()
    yield from wrong_words()
    yield from wrong_likes()
    yield from wrong_reports()


def wrong_threads_and_counts() -> Iterator[Problem]:
    rows = Comment.objects.order_by("tree_id").values_list(*COLUMNS).iterator(AT_A_TIME)
    tallies: dict[int, Tally] = {}
    for tree, group in groupby(map(Node._make, rows), key=attrgetter("tree")):
        nodes = sorted(group, key=attrgetter("left", "pk"))
        for words in (*faults(nodes), *miscounts(nodes)):
            yield Problem(Kind.THREAD, tree, f"Thread {tree}: {words}.")
        for node in nodes:
            tally = tallies.get(node.essay) or Tally((node.responses or 0, node.threads or 0))
            tallies[node.essay] = tally
            tally.responses += node.status == Status.APPROVED
            tally.threads += node.parent is None and is_shown(nodes)
    for essay, tally in tallies.items():
        if tally.stored != tally.counted:
            yield miscounted(essay, tally.stored, tally.counted)
    empty = Discussion.objects.exclude(responses=0, threads=0).exclude(essay__comments__isnull=False)
    for discussion in empty.iterator():
        yield miscounted(discussion.pk, (discussion.responses, discussion.threads), (0, 0))


def miscounted(essay: int, stored: tuple[int, int], counted: tuple[int, int]) -> Problem:
    words = "Essay {}: {} responses in {} threads are stored, there are {} in {}."
    return Problem(Kind.COUNTS, essay, words.format(essay, *stored, *counted))


def is_shown(nodes: Sequence[Node]) -> bool:
    return any(node.status == Status.APPROVED for node in nodes)


def faults(nodes: Sequence[Node]) -> Iterator[str]:
    """What is wrong with the shape of one thread, its nodes in order of `lft`."""
    roots = sum(node.parent is None for node in nodes)
    if roots != 1:
        yield f"it has {roots} roots"
    edges = sorted(edge for node in nodes for edge in (node.left, node.right))
    off = next(((number, edge) for number, edge in enumerate(edges, 1) if number != edge), None)
    if off:
        yield f"its lft and rght are not 1 to {len(edges)}: {off[1]} stands where {off[0]} should"
    else:
        yield from misplaced(nodes)
    by_pk = {node.pk: node for node in nodes}
    for node in nodes:
        parent = by_pk.get(node.parent) if node.parent else None
        if node.parent and parent is None:
            yield f"comment {node.pk} answers {node.parent}, which is in another thread"
        elif parent and parent.essay != node.essay:
            yield f"comment {node.pk} is under essay {node.essay}, what it answers under {parent.essay}"
        level = parent.level + 1 if parent else 0
        if node.level != level and (parent or not node.parent):
            yield f"comment {node.pk} is on level {node.level} instead of {level}"


def misplaced(nodes: Sequence[Node]) -> Iterator[str]:
    """Comments that do not stand in the one they answer. Every number from 1 to 2n is there once."""
    around: list[Node] = []
    for node in nodes:
        while around and around[-1].right < node.left:
            around.pop()
        within = around[-1].pk if around else None
        if node.left > node.right:
            yield f"comment {node.pk} has lft {node.left} after rght {node.right}"
        elif around and node.right > around[-1].right:
            yield f"comment {node.pk} ({node.left} to {node.right}) reaches out of {within} (to {around[-1].right})"
        elif node.parent != within:
            yield f"comment {node.pk} answers {node.parent} and stands in {within}"
        around.append(node)


def miscounts(nodes: Sequence[Node]) -> Iterator[str]:
    approved = sum(node.status == Status.APPROVED for node in nodes)
    for node in nodes:
        readable = 0 if node.parent else approved
        if node.readable != readable:
            yield f"comment {node.pk} says {node.readable} are readable instead of {readable}"


def lost_tree_numbers() -> Iterator[Problem]:
    is_known = Exists(TreeNumber.objects.filter(pk=OuterRef("tree_id")))
    for tree in Comment.objects.exclude(is_known).order_by("tree_id").values_list("tree_id", flat=True).distinct():
        yield Problem(Kind.TREE_NUMBER, tree, f"Thread {tree}: its number is not among those given out.")


def wrong_words() -> Iterator[Problem]:
    # Joined and grouped: PostgreSQL may walk the whole table anew for each row of a subquery.
    wrong = Comment.objects.annotate(newest=Max("wordings")).exclude(wording=F("newest"), wording__isnull=False)
    wrong = wrong.exclude(status=Status.TRASH, wording=None, newest=None)  # gone for good, its place is kept
    for pk, wording, newest in wrong.order_by("pk").values_list("pk", "wording_id", "newest").iterator(AT_A_TIME):
        told = "has no words" if newest is None else f"shows wording {wording}, its newest is {newest}"
        yield Problem(Kind.WORDS, pk, f"Comment {pk}: {told}.")


def wrong_likes() -> Iterator[Problem]:
    # Joined and grouped, as above.
    told = "{} {}: {} likes are stored, there are {}."
    comments = Comment.objects.annotate(counted=Count("liked_by")).exclude(likes=F("counted")).order_by("pk")
    for row in comments.values_list("pk", "likes", "counted").iterator(AT_A_TIME):
        yield Problem(Kind.LIKES_OF_COMMENT, row[0], told.format("Comment", *row))
    essays = Discussion.objects.annotate(counted=Count("essay__likes")).exclude(likes=F("counted")).order_by("pk")
    for row in essays.values_list("pk", "likes", "counted").iterator(AT_A_TIME):
        yield Problem(Kind.LIKES_OF_ESSAY, row[0], told.format("Essay", *row))


def wrong_reports() -> Iterator[Problem]:
    is_open = Q(reported__state="open")
    wrong = Comment.objects.annotate(counted=Count("reported", filter=is_open)).exclude(reports=F("counted"))
    for pk, stored, counted in wrong.order_by("pk").values_list("pk", "reports", "counted").iterator(AT_A_TIME):
        yield Problem(Kind.REPORTS, pk, f"Comment {pk}: {stored} open reports are stored, there are {counted}.")


# Mending: each problem under the locks that every writer takes, from the rows as they are then


def repair() -> None:
    """Put right what problems() names: the shape by who answers whom, in the order in which they came."""
    wrong: defaultdict[Kind, dict[int, None]] = defaultdict(dict)  # in order, each key once
    for problem in problems():
        wrong[problem.kind][problem.key] = None
    for kind, mend in MENDS.items():
        for key in wrong[kind]:
            mend(key)


@transaction.atomic
def mend_thread(tree: int) -> None:
    trees = tangled_with(tree)
    list(Comment.objects.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
    nodes = list(Comment.objects.filter(tree_id__in=trees).order_by("pk"))
    before = {node.pk: shape(node) for node in nodes}
    essays = {node.essay_id for node in nodes}
    answers: defaultdict[int | None, list[Comment]] = defaultdict(list)
    for node in nodes:
        node.readable = 0
        answers[node.parent_id].append(node)
    unseen = {node.pk: node for node in nodes}
    for root in answers[None]:
        renumber(root, answers, unseen)
    while unseen:  # they answer one another in a ring: the first of them opens a thread of its own
        root = unseen[min(unseen)]
        answers[root.parent_id].remove(root)
        root.parent_id, root.tree_id = None, TreeNumber.objects.create().pk
        renumber(root, answers, unseen)
    changed = [node for node in nodes if shape(node) != before[node.pk]]
    fields = ("parent", "tree_id", "lft", "rght", "level", "essay", "readable")
    Comment.objects.bulk_update(changed, fields, batch_size=500)
    recount(essays)


def tangled_with(tree: int) -> set[int]:
    """The thread's number and those of all threads that hold what answers it or is answered from it."""
    trees: set[int] = set()
    more = {tree}
    while more:
        trees |= more
        above = Comment.objects.filter(tree_id__in=trees, parent__isnull=False).values_list(
            "parent__tree_id", flat=True
        )
        below = Comment.objects.filter(parent__tree_id__in=trees).values_list("tree_id", flat=True)
        more = {*above.order_by().distinct(), *below.order_by().distinct()} - trees
    return trees


def shape(node: Comment) -> tuple[int | None, ...]:
    return node.parent_id, node.tree_id, node.lft, node.rght, node.level, node.essay_id, node.readable


def renumber(root: Comment, answers: dict[int | None, list[Comment]], unseen: dict[int, Comment]) -> None:
    """Number a thread anew, depth first, and count on its root what is readable; `unseen` loses what was reached."""
    root.level = number = 0
    path = [root]  # a comment stands here until its replies, pushed above it, are done
    while path:
        node = path[-1]
        number += 1
        if unseen.pop(node.pk, None) is None:
            node.rght = number
            path.pop()
            continue
        node.lft, node.tree_id, node.essay_id = number, root.tree_id, root.essay_id
        root.readable += node.is_approved
        for reply in reversed(answers[node.pk]):
            reply.level = node.level + 1
            path.append(reply)


@transaction.atomic
def mend_tree_number(tree: int) -> None:
    if not Comment.objects.filter(tree_id=tree).exists():
        return  # the thread was put back where it belongs
    TreeNumber.objects.get_or_create(pk=tree)
    if connection.vendor == "postgresql":  # a row with a key of its own does not move the sequence on
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT CASE WHEN nextval(name) < %s THEN setval(name, %s) END "
                "FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name) AS sequence",
                [tree, tree, TreeNumber._meta.db_table],
            )


@transaction.atomic
def mend_words(pk: int) -> None:
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is None:
        return
    newest = Wording.objects.filter(comment=comment).order_by("-pk").first()
    newest = newest or Wording.objects.create(comment=comment)  # what was lost is lost; its place stays
    Comment.objects.filter(wording=newest).update(wording=None)  # who else shows it has a turn of their own
    Comment.objects.filter(pk=pk).update(wording=newest, changed=timezone.now())
    pagecache.bump(comment.essay.cache_key, "comments")


@transaction.atomic
def mend_counts(essay: int) -> None:
    recount([essay])


@transaction.atomic
def mend_likes_of_comment(pk: int) -> None:
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is not None:
        Comment.objects.filter(pk=pk).update(likes=Like.objects.of(comment).count())
        pagecache.bump(comment.essay.cache_key)


@transaction.atomic
def mend_likes_of_essay(pk: int) -> None:
    essay = Essay(pk=pk)
    Discussion.objects.lock(essay)
    Discussion.objects.filter(pk=pk).update(likes=Like.objects.of(essay).count())
    pagecache.bump(essay.cache_key)


@transaction.atomic
def mend_reports(pk: int) -> None:
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is not None:
        comment.reported.recount(comment)


def recount(essays: Iterable[int]) -> None:
    """Count anew what is stored of these essays' discussions. Writers change it last, so its lock is enough."""
    keys = sorted(essays)
    for key in keys:
        Discussion.objects.lock(Essay(pk=key))
        rows = Comment.objects.filter(essay=key)
        Discussion.objects.filter(pk=key).update(responses=rows.approved().count(), threads=rows.shown_roots().count())
    pagecache.bump(*(Essay(pk=key).cache_key for key in keys), "comments")


MENDS = {
    Kind.THREAD: mend_thread,
    Kind.TREE_NUMBER: mend_tree_number,
    Kind.WORDS: mend_words,
    Kind.COUNTS: mend_counts,
    Kind.LIKES_OF_COMMENT: mend_likes_of_comment,
    Kind.LIKES_OF_ESSAY: mend_likes_of_essay,
    Kind.REPORTS: mend_reports,
}
