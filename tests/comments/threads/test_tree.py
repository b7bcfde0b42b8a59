"""The shape of a thread for any tree and statuses, compared with the simplest implementation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.threads.tree import Move, Row, Shown, Step, outline, visible

THEN = "2026-11-24 00:00:00+00"
STATUSES = ("approved", "pending", "spam", "trash")


@dataclass
class Said:
    """A comment of a tree that stores only parents."""

    pk: int
    status: str
    parent: "Said | None" = None
    is_mine: bool = False
    replies: list["Said"] = field(default_factory=list)


@dataclass
class Talk:
    roots: list[Said] = field(default_factory=list)
    everybody: list[Said] = field(default_factory=list)

    def say(self, status: str, to: int | None = None, is_mine: bool = False) -> None:
        """Add a comment; `to` counts back from the newest, None or too far makes a new root."""
        parent = self.everybody[-1 - to] if to is not None and to < len(self.everybody) else None
        said = Said(len(self.everybody) + 1, status, parent, is_mine)
        (parent.replies if parent else self.roots).append(said)
        self.everybody.append(said)

    @property
    def mine(self) -> frozenset[int]:
        return frozenset(said.pk for said in self.everybody if said.is_mine and said.status == "pending")

    def rows(self) -> list[Row]:
        """Return the comments as nested sets in reading order."""
        rows = []
        for tree, root in enumerate(self.roots, 1):
            left: dict[int, tuple[int, int]] = {}
            number = 0
            walk = [(root, 0, False)]
            order, rights = [], {}
            while walk:
                said, level, is_done = walk.pop()
                number += 1
                if is_done:
                    rights[said.pk] = number
                    continue
                left[said.pk] = (number, level)
                order.append(said)
                walk.append((said, level, True))
                walk += [(reply, level + 1, False) for reply in reversed(said.replies)]
            rows += [row(said, tree, *left[said.pk], rights[said.pk]) for said in order]
        return rows


def row(said: Said, tree: int, left: int, level: int, right: int) -> Row:
    parent = said.parent.pk if said.parent else None
    return Row(said.pk, parent, tree, left, right, level, said.status, "", THEN, 1, f"Guest {said.pk}", THEN, None)


talks = st.lists(st.tuples(st.sampled_from(STATUSES), st.none() | st.integers(0, 8), st.booleans()), max_size=40).map(
    lambda moves: told(moves)
)


def told(moves: Sequence[tuple[str, int | None, bool]]) -> Talk:
    talk = Talk()
    for status, to, is_mine in moves:
        talk.say(status, to, is_mine)
    return talk


# The simplest implementation


def readable(said: Said) -> bool:
    """Return whether it is approved, or pending and the reader's own."""
    return said.status == "approved" or (said.status == "pending" and said.is_mine)


def stands(said: Said) -> bool:
    return readable(said) or any(stands(reply) for reply in said.replies)


def approved_below(said: Said) -> int:
    return sum((reply.status == "approved") + approved_below(reply) for reply in said.replies)


def in_reading_order(talk: Talk) -> list[Said]:
    def with_replies(said: Said) -> list[Said]:
        return [said, *(deeper for reply in said.replies for deeper in with_replies(reply))]

    return [said for root in talk.roots for said in with_replies(root) if stands(said)]


@dataclass
class Drawn:
    """What the steps put on the page: nested lists of comments."""

    step: Step | None = None
    inside: list["Drawn"] = field(default_factory=list)
    has_list: bool = False
    replies: int = 0


def drawn(steps: Sequence[Step]) -> Drawn:
    """Parse the steps as tags; raise an error if they are not nested."""
    page = Drawn(has_list=True)
    open_, lists = [page], [page]
    for step in steps:
        match step.move:
            case Move.COMMENT:
                assert lists[-1] is open_[-1], "a comment outside of a list"
                comment = Drawn(step)
                open_[-1].inside.append(comment)
                open_.append(comment)
            case Move.REPLIES:
                assert not open_[-1].has_list, "a second list of replies"
                assert open_[-1].step
                assert open_[-1].step.row == step.row
                open_[-1].has_list, open_[-1].replies = True, step.replies
                lists.append(open_[-1])
            case Move.END_REPLIES:
                assert lists.pop() is open_[-1], "a list ends that is not open"
            case Move.END_COMMENT:
                ended = open_.pop()
                assert ended.step
                assert ended.step.row == step.row
                assert lists[-1] is not ended, "a comment ends before its list"
    assert open_ == lists == [page]
    return page


def depths(page: Drawn, level: int = 0) -> dict[int, int]:
    found = {}
    for comment in page.inside:
        assert comment.step
        found[comment.step.row.pk] = level
        found |= depths(comment, level + 1)
    return found


def everything(page: Drawn) -> list[Drawn]:
    return [found for comment in page.inside for found in (comment, *everything(comment))]


# Properties


@given(talks)
def test_readable_comments_are_shown_in_reading_order(talk: Talk) -> None:
    shown = [row.pk for row, _ in visible(talk.rows(), talk.mine)]
    assert shown == [said.pk for said in in_reading_order(talk)]


@given(talks, st.integers(1, 7))
def test_comments_come_in_the_same_order_at_any_depth(talk: Talk, depth: int) -> None:
    steps = outline(talk.rows(), depth, talk.mine)
    shown = [step.row.pk for step in steps if step.move is Move.COMMENT]
    assert shown == [said.pk for said in in_reading_order(talk)]


@given(talks)
def test_a_tombstone_is_shown_exactly_where_readable_replies_are_below(talk: Talk) -> None:
    shown = {row.pk: how for row, how in visible(talk.rows(), talk.mine)}
    for said in talk.everybody:
        if said.status == "approved":
            assert shown[said.pk] is Shown.WHOLE
        elif readable(said):
            assert shown[said.pk] is Shown.HELD
        elif stands(said):
            assert shown[said.pk] is Shown.GONE
        else:
            assert said.pk not in shown


@given(talks, st.integers(1, 7))
def test_lists_and_comments_nest(talk: Talk, depth: int) -> None:
    page = drawn(outline(talk.rows(), depth, talk.mine))
    for comment in everything(page):
        assert comment.has_list == bool(comment.inside), "an empty list of replies"


@given(talks, st.integers(1, 7))
def test_levels_are_shown_as_they_are_up_to_the_last(talk: Talk, depth: int) -> None:
    levels = depths(drawn(outline(talk.rows(), depth, talk.mine)))
    for row in talk.rows():
        if row.pk in levels:
            assert levels[row.pk] == min(row.level, depth - 1)


@given(talks, st.integers(1, 7))
def test_a_comment_is_in_its_parents_list_unless_it_is_too_deep(talk: Talk, depth: int) -> None:
    page = drawn(outline(talk.rows(), depth, talk.mine))
    for comment in everything(page):
        assert comment.step
        for reply in comment.inside:
            assert reply.step
            assert reply.step.is_deeper or reply.step.row.parent == comment.step.row.pk


@given(talks, st.integers(1, 7))
def test_a_comment_past_the_last_level_is_marked(talk: Talk, depth: int) -> None:
    for step in outline(talk.rows(), depth, talk.mine):
        if step.move is Move.COMMENT:
            assert step.is_deeper == (step.row.level > depth - 1)


@given(talks)
def test_a_list_counts_the_approved_comments_below(talk: Talk) -> None:
    page = drawn(outline(talk.rows(), 50, talk.mine))
    by_key = {said.pk: said for said in talk.everybody}
    for comment in everything(page):
        assert comment.step
        assert comment.replies == approved_below(by_key[comment.step.row.pk]) * comment.has_list


@given(talks, st.integers(1, 4))
def test_at_the_last_level_a_list_counts_its_own_comments(talk: Talk, depth: int) -> None:
    page = drawn(outline(talk.rows(), depth, talk.mine))
    for comment in everything(page):
        inside = [found.step for found in everything(comment) if found.step]
        assert comment.replies == sum(step.shown is Shown.WHOLE for step in inside) * comment.has_list


@given(talks)
def test_an_unknown_visitor_sees_no_pending_comments(talk: Talk) -> None:
    shown = [how for _, how in visible(talk.rows())]
    assert Shown.HELD not in shown


def test_no_comments_show_nothing() -> None:
    assert outline([], 5) == []


def test_a_depth_of_zero_means_one() -> None:
    talk = told([("approved", None, False), ("approved", 0, False)])
    assert depths(drawn(outline(talk.rows(), 0))) == {1: 0, 2: 0}


# Size


def chain(length: int, status: str = "approved") -> list[Row]:
    """A chain of replies, built without the tree above, which would be too slow."""
    return [
        Row(n, n - 1 or None, 1, n, 2 * length - n + 1, n - 1, status, "", THEN, 1, "A", THEN, None)
        for n in range(1, length + 1)
    ]


def test_a_chain_of_ten_thousand_needs_no_recursion() -> None:
    rows = chain(10_000)
    for depth in (5, 10_000, 20_000):
        steps = outline(rows, depth)
        assert sum(step.move is Move.COMMENT for step in steps) == 10_000
        opened = [step for step in steps if step.move is Move.REPLIES]
        assert [step.replies for step in opened] == [9_999 - n for n in range(len(opened))]


def test_one_readable_comment_keeps_ten_thousand_tombstones() -> None:
    rows = chain(10_000, "trash")
    rows[-1] = rows[-1]._replace(status="approved")
    shown = [how for _, how in visible(rows)]
    assert shown == [Shown.GONE] * 9_999 + [Shown.WHOLE]
    assert visible(rows[:-1]) == []


@pytest.mark.parametrize("kind", ["chain", "fan", "roots"])
def test_ten_times_as_many_comments_take_about_ten_times_as_long(kind: str) -> None:
    def rows(count: int) -> list[Row]:
        if kind == "chain":
            return chain(count)
        if kind == "roots":
            return [Row(n, None, n, 1, 2, 0, "approved", "", THEN, 1, "A", THEN, None) for n in range(1, count + 1)]
        root = Row(1, None, 1, 1, 2 * count, 0, "trash", "", THEN, 1, "A", THEN, None)
        replies = [
            Row(n, 1, 1, 2 * n - 2, 2 * n - 1, 1, STATUSES[n % 4], "", THEN, 1, "A", THEN, None)
            for n in range(2, count + 1)
        ]
        return [root, *replies]

    def seconds(count: int) -> float:
        made = rows(count)
        best = float("inf")
        for _ in range(3):
            start = process_time()
            outline(made, 5)
            best = min(best, process_time() - start)
        return best

    assert seconds(20_000) < 40 * max(seconds(2_000), 0.001)
