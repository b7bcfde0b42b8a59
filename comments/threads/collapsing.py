"""Choice of the threads that a page shows in full: at most 400 comments, requested threads first. Pure: no queries."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_COMMENTS = 400


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
