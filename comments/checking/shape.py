"""Faults in the tree of one thread and in its stored counts, found without queries."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from comments.models import Status


class Node(NamedTuple):
    """The columns of a comment that the checks need."""

    pk: int
    parent: int | None
    tree: int
    left: int
    right: int
    level: int
    essay: int
    status: str
    readable: int
    stored_comments: int | None  # as stored in the essay's discussion; None: it has no row
    stored_threads: int | None


COLUMNS = (
    "pk", "parent_id", "tree_id", "lft", "rght", "level", "essay_id", "status", "readable",
    "essay__discussion__comment_count", "essay__discussion__threads",
)  # fmt: skip


def structure_faults(nodes: Sequence[Node]) -> Iterator[str]:
    """Describe the faults in the tree of one thread, given its nodes in order of `lft`."""
    roots = sum(node.parent is None for node in nodes)
    if roots != 1:
        yield f"it has {roots} roots"
    edges = sorted(edge for node in nodes for edge in (node.left, node.right))
    off = next(((number, edge) for number, edge in enumerate(edges, 1) if number != edge), None)
    if off:
        yield f"its lft and rght are not 1 to {len(edges)}: found {off[1]} instead of {off[0]}"
    else:
        yield from nesting_faults(nodes)
    by_pk = {node.pk: node for node in nodes}
    for node in nodes:
        parent = by_pk.get(node.parent) if node.parent else None
        if node.parent and parent is None:
            yield f"comment {node.pk} replies to {node.parent}, which is in another thread"
        elif parent and parent.essay != node.essay:
            yield f"comment {node.pk} belongs to essay {node.essay}, its parent to essay {parent.essay}"
        level = parent.level + 1 if parent else 0
        if node.level != level and (parent or not node.parent):
            yield f"comment {node.pk} is on level {node.level} instead of {level}"


def nesting_faults(nodes: Sequence[Node]) -> Iterator[str]:
    """Describe the comments that are not nested in their parent. Every number from 1 to 2n must occur once."""
    ancestors: list[Node] = []
    for node in nodes:
        while ancestors and ancestors[-1].right < node.left:
            ancestors.pop()
        outer = ancestors[-1].pk if ancestors else None
        if node.left > node.right:
            yield f"comment {node.pk} has lft {node.left} after rght {node.right}"
        elif ancestors and node.right > ancestors[-1].right:
            yield f"comment {node.pk} ({node.left} to {node.right}) extends beyond {outer} (to {ancestors[-1].right})"
        elif node.parent != outer:
            yield f"comment {node.pk} replies to {node.parent} but is inside {outer}"
        ancestors.append(node)


def count_faults(nodes: Sequence[Node]) -> Iterator[str]:
    """Describe wrong counts of approved comments: the root stores that of the thread, replies store 0."""
    approved = sum(node.status == Status.APPROVED for node in nodes)
    for node in nodes:
        readable = 0 if node.parent else approved
        if node.readable != readable:
            yield f"comment {node.pk} stores {node.readable} approved comments instead of {readable}"
