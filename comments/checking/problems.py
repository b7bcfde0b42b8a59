"""Finds faulty threads, counts and wordings in the database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from comments.checking.shape import COLUMNS, Node, count_faults, structure_faults
from comments.models import Comment, Discussion, Status, TreeNumber

BATCH = 2000


class Kind(Enum):
    """What kind of row a problem's key refers to, and so how to repair it."""

    THREAD = auto()
    TREE_NUMBER = auto()
    WORDING = auto()
    COUNTS = auto()
    LIKES_OF_COMMENT = auto()
    LIKES_OF_ESSAY = auto()
    REPORTS = auto()


@dataclass(frozen=True)
class Problem:
    kind: Kind
    key: int
    description: str

    def __str__(self) -> str:
        return self.description


def problems() -> Iterator[Problem]:
    """Find every problem while the site keeps running: each check is one query, so it sees one consistent state.

    Reads the comments once, thread by thread, in bounded memory.
    """
    yield from threads_and_counts_problems()
    yield from tree_number_problems()
    yield from wording_problems()
    yield from like_problems()
    yield from report_problems()


def threads_and_counts_problems() -> Iterator[Problem]:
    """Find faulty trees, and essays whose stored counts of comments and threads are wrong."""
    rows = Comment.objects.order_by("tree_id").values_list(*COLUMNS).iterator(BATCH)
    stored: dict[int, tuple[int, int]] = {}
    comments, threads = Counter[int](), Counter[int]()
    for tree, group in groupby(map(Node._make, rows), key=attrgetter("tree")):
        nodes = sorted(group, key=attrgetter("left", "pk"))
        for fault in (*structure_faults(nodes), *count_faults(nodes)):
            yield Problem(Kind.THREAD, tree, f"Thread {tree}: {fault}.")
        is_shown = any(node.status == Status.APPROVED for node in nodes)
        for node in nodes:
            stored.setdefault(node.essay, (node.stored_comments or 0, node.stored_threads or 0))
            comments[node.essay] += node.status == Status.APPROVED
            threads[node.essay] += node.parent is None and is_shown
    for essay, counts in stored.items():
        if counts != (comments[essay], threads[essay]):
            yield describe_count_problem(essay, counts, (comments[essay], threads[essay]))
    empty = Discussion.objects.exclude(comment_count=0, threads=0).exclude(essay__comments__isnull=False)
    for discussion in empty.iterator():
        yield describe_count_problem(discussion.pk, (discussion.comment_count, discussion.threads), (0, 0))


def describe_count_problem(essay: int, stored: tuple[int, int], counted: tuple[int, int]) -> Problem:
    """Describe an essay's wrong counts, given as numbers of comments and of threads."""
    message = "Essay {}: stored count is {} comments in {} threads, actual count is {} in {}."
    return Problem(Kind.COUNTS, essay, message.format(essay, *stored, *counted))


def tree_number_problems() -> Iterator[Problem]:
    """Find threads without a row in TreeNumber, which reserves their `tree_id`."""
    has_number = Exists(TreeNumber.objects.filter(pk=OuterRef("tree_id")))
    for tree in Comment.objects.exclude(has_number).order_by("tree_id").values_list("tree_id", flat=True).distinct():
        yield Problem(Kind.TREE_NUMBER, tree, f"Thread {tree}: its number is missing from TreeNumber.")


def wording_problems() -> Iterator[Problem]:
    """Find comments without a text, or that do not show their newest version."""
    # Joined and grouped: PostgreSQL may read the whole table again for each row of a subquery.
    wrong = Comment.objects.annotate(newest=Max("wordings")).exclude(wording=F("newest"), wording__isnull=False)
    wrong = wrong.exclude(status=Status.TRASH, wording=None, newest=None)  # deleted for good, its row stays
    for pk, wording, newest in wrong.order_by("pk").values_list("pk", "wording_id", "newest").iterator(BATCH):
        fault = "has no text" if newest is None else f"shows version {wording}, but its newest is {newest}"
        yield Problem(Kind.WORDING, pk, f"Comment {pk}: {fault}.")


def like_problems() -> Iterator[Problem]:
    """Find comments and essays whose stored count of likes is wrong."""
    # Joined and grouped, as above.
    message = "{} {}: stored count is {} likes, actual count is {}."
    comments = Comment.objects.annotate(counted=Count("liked_by")).exclude(likes=F("counted")).order_by("pk")
    for row in comments.values_list("pk", "likes", "counted").iterator(BATCH):
        yield Problem(Kind.LIKES_OF_COMMENT, row[0], message.format("Comment", *row))
    essays = Discussion.objects.annotate(counted=Count("essay__likes")).exclude(likes=F("counted")).order_by("pk")
    for row in essays.values_list("pk", "likes", "counted").iterator(BATCH):
        yield Problem(Kind.LIKES_OF_ESSAY, row[0], message.format("Essay", *row))


def report_problems() -> Iterator[Problem]:
    """Find comments whose stored count of open reports is wrong."""
    is_open = Q(reported__state="open")
    wrong = Comment.objects.annotate(counted=Count("reported", filter=is_open)).exclude(reports=F("counted"))
    for pk, stored, counted in wrong.order_by("pk").values_list("pk", "reports", "counted").iterator(BATCH):
        message = f"Comment {pk}: stored count is {stored} open reports, actual count is {counted}."
        yield Problem(Kind.REPORTS, pk, message)
