"""Everything that is wrong, by asking the database for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from comments.checking.shape import COLUMNS, Node, faults, is_shown, miscounts
from comments.models import Comment, Discussion, Status, TreeNumber

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
    words = "Essay {}: stored count is {} comments in {} threads, actual count is {} in {}."
    return Problem(Kind.COUNTS, essay, words.format(essay, *stored, *counted))


def lost_tree_numbers() -> Iterator[Problem]:
    is_known = Exists(TreeNumber.objects.filter(pk=OuterRef("tree_id")))
    for tree in Comment.objects.exclude(is_known).order_by("tree_id").values_list("tree_id", flat=True).distinct():
        yield Problem(Kind.TREE_NUMBER, tree, f"Thread {tree}: its number is missing from TreeNumber.")


def wrong_words() -> Iterator[Problem]:
    # Joined and grouped: PostgreSQL may walk the whole table anew for each row of a subquery.
    wrong = Comment.objects.annotate(newest=Max("wordings")).exclude(wording=F("newest"), wording__isnull=False)
    wrong = wrong.exclude(status=Status.TRASH, wording=None, newest=None)  # gone for good, its place is kept
    for pk, wording, newest in wrong.order_by("pk").values_list("pk", "wording_id", "newest").iterator(AT_A_TIME):
        told = "has no text" if newest is None else f"shows version {wording}, but its newest is {newest}"
        yield Problem(Kind.WORDS, pk, f"Comment {pk}: {told}.")


def wrong_likes() -> Iterator[Problem]:
    # Joined and grouped, as above.
    told = "{} {}: stored count is {} likes, actual count is {}."
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
        yield Problem(
            Kind.REPORTS, pk, f"Comment {pk}: stored count is {stored} open reports, actual count is {counted}."
        )
