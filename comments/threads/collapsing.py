"""Which of a page's threads stand open: 400 comments at most, first those that somebody came for. Pure: no queries."""

from collections.abc import Sequence
from dataclasses import dataclass

AT_MOST = 400


@dataclass(frozen=True)
class Opening:
    """The threads of a page, by tree."""

    whole: list[int]
    begun: int | None  # too long for a page: its first AT_MOST comments stand here
    shut: list[int]  # their first comment alone


def opening(threads: Sequence[tuple[int, int]], first: Sequence[int | None] = ()) -> Opening:
    """`threads`: (tree, how many comments can be read in it), as they stand; `first`: trees that open before
    others, the most wanted in front.

    From the first one on that does not fit all are shut, so that a reader sees where the open ones end.
    """
    rank = {tree: place for place, tree in enumerate(dict.fromkeys(first))}
    whole, shut = [], []
    begun, room = None, AT_MOST
    for tree, readable in sorted(threads, key=lambda thread: rank.get(thread[0], len(rank))):
        if readable <= room:
            whole.append(tree)
            room -= readable
        elif room == AT_MOST:
            begun, room = tree, 0
        else:
            shut.append(tree)
            room = 0
    return Opening(whole, begun, shut)
