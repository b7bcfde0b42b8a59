"""Repairs faulty threads, counts and wordings: each under the locks of all writers, from the rows read again."""

from collections import defaultdict
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

import pagecache
from blog.models import Essay
from comments.checking.problems import Kind, problems
from comments.models import Comment, Discussion, Like, TreeNumber, Wording


def repair() -> None:
    """Repair every problem; trees are rebuilt from the parent keys, replies in order of time."""
    wrong: defaultdict[Kind, dict[int, None]] = defaultdict(dict)  # in order, each key once
    for problem in problems():
        wrong[problem.kind][problem.key] = None
    for kind, repair_row in REPAIRS.items():
        for key in wrong[kind]:
            repair_row(key)


@transaction.atomic
def repair_thread(tree: int) -> None:
    """Rebuild a thread from the parent keys, together with threads that its comments are mixed up with."""
    trees = connected_trees(tree)
    list(Comment.objects.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
    nodes = list(Comment.objects.filter(tree_id__in=trees).order_by("pk"))
    before = {node.pk: tree_fields(node) for node in nodes}
    essays = {node.essay_id for node in nodes}
    replies: defaultdict[int | None, list[Comment]] = defaultdict(list)
    for node in nodes:
        node.readable = 0
        replies[node.parent_id].append(node)
    unseen = {node.pk: node for node in nodes}
    for root in replies[None]:
        renumber(root, replies, unseen)
    while unseen:  # a cycle of replies: its first comment becomes a root
        root = unseen[min(unseen)]
        replies[root.parent_id].remove(root)
        root.parent_id, root.tree_id = None, TreeNumber.objects.create().pk
        renumber(root, replies, unseen)
    changed = [node for node in nodes if tree_fields(node) != before[node.pk]]
    fields = ("parent", "tree_id", "lft", "rght", "level", "essay", "readable")
    Comment.objects.bulk_update(changed, fields, batch_size=500)
    repair_counts(*essays)


def connected_trees(tree: int) -> set[int]:
    """Return the numbers of this thread and of all threads with parents or replies of its comments."""
    trees: set[int] = set()
    more = {tree}
    while more:
        trees |= more
        replies = Comment.objects.filter(tree_id__in=trees, parent__isnull=False).order_by()
        parents = replies.values_list("parent__tree_id", flat=True).distinct()
        children = Comment.objects.filter(parent__tree_id__in=trees).order_by().values_list("tree_id", flat=True)
        more = {*parents, *children.distinct()} - trees
    return trees


def tree_fields(node: Comment) -> tuple[int | None, ...]:
    """Return the values that a repair of the thread may change."""
    return node.parent_id, node.tree_id, node.lft, node.rght, node.level, node.essay_id, node.readable


def renumber(root: Comment, replies: dict[int | None, list[Comment]], unseen: dict[int, Comment]) -> None:
    """Renumber a thread depth first and count its approved comments; comments reached are removed from `unseen`."""
    root.level = number = 0
    path = [root]  # a comment stays here until its replies, pushed after it, are done
    while path:
        node = path[-1]
        number += 1
        if unseen.pop(node.pk, None) is None:
            node.rght = number
            path.pop()
            continue
        node.lft, node.tree_id, node.essay_id = number, root.tree_id, root.essay_id
        root.readable += node.is_approved
        for reply in reversed(replies[node.pk]):
            reply.level = node.level + 1
            path.append(reply)


@transaction.atomic
def repair_tree_number(tree: int) -> None:
    """Insert the missing TreeNumber of a thread, so that no new thread gets the same `tree_id`."""
    if not Comment.objects.filter(tree_id=tree).exists():
        return  # the thread has been repaired
    TreeNumber.objects.get_or_create(pk=tree)
    if connection.vendor == "postgresql":  # inserting a row with a key does not advance the sequence
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT CASE WHEN nextval(name) < %s THEN setval(name, %s) END "
                "FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name) AS sequence",
                [tree, tree, TreeNumber._meta.db_table],
            )


@transaction.atomic
def repair_wording(pk: int) -> None:
    """Make a comment show the newest version of its text, or an empty one if there is none."""
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is None:
        return
    newest = Wording.objects.filter(comment=comment).order_by("-pk").first()
    newest = newest or Wording.objects.create(comment=comment)  # a lost text stays lost; the comment keeps its place
    Comment.objects.filter(wording=newest).update(wording=None)  # another comment that shows it is repaired separately
    Comment.objects.filter(pk=pk).update(wording=newest, changed=timezone.now())
    pagecache.invalidate(comment.essay.cache_key, "comments")


@transaction.atomic
def repair_comment_likes(pk: int) -> None:
    """Count a comment's likes again."""
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is not None:
        Comment.objects.filter(pk=pk).update(likes=Like.objects.for_target(comment).count())
        pagecache.invalidate(comment.essay.cache_key)


@transaction.atomic
def repair_essay_likes(pk: int) -> None:
    """Count an essay's likes again."""
    essay = Essay(pk=pk)
    Discussion.objects.lock(essay)
    Discussion.objects.filter(pk=pk).update(likes=Like.objects.for_target(essay).count())
    pagecache.invalidate(essay.cache_key)


@transaction.atomic
def repair_reports(pk: int) -> None:
    """Count a comment's open reports again."""
    _root, comment = Comment.objects.lock_thread(pk)
    if comment is not None:
        comment.reported.recount(comment)


@transaction.atomic
def repair_counts(*essays: int) -> None:
    """Count these essays' comments and threads again. Writers change the counts last, so their lock is enough."""
    for key in sorted(essays):
        Discussion.objects.lock(Essay(pk=key))
        rows = Comment.objects.filter(essay=key)
        counts = {"comment_count": rows.approved().count(), "threads": rows.shown_roots().count()}
        Discussion.objects.filter(pk=key).update(**counts)
    pagecache.invalidate(*(Essay(pk=key).cache_key for key in sorted(essays)), "comments")


REPAIRS: dict[Kind, Callable[[int], None]] = {
    Kind.THREAD: repair_thread,
    Kind.TREE_NUMBER: repair_tree_number,
    Kind.WORDING: repair_wording,
    Kind.COUNTS: repair_counts,
    Kind.LIKES_OF_COMMENT: repair_comment_likes,
    Kind.LIKES_OF_ESSAY: repair_essay_likes,
    Kind.REPORTS: repair_reports,
}
