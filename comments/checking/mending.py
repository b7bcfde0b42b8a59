"""Puts right what is wrong: each problem under the locks that every writer takes, from the rows as they are then."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

import pagecache
from blog.models import Essay
from comments.checking.finding import Kind, problems
from comments.models import Comment, Discussion, Like, TreeNumber, Wording


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
