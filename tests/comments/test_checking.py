"""`manage.py check_threads` finds and repairs every kind of inconsistent row."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from blog.models import Essay
from comments import checking
from comments.models import Comment, Discussion, TreeNumber, Wording
from tests import make
from tests.lists import one_in_on_both_databases

pytestmark = pytest.mark.django_db


class Talk:
    """
    Two essays. Under the first a thread of `root` with `first` (answered by `deep`) and `second`, and another one;
    a thread under the second.
    """

    def __init__(self) -> None:
        make.rules()
        self.essay, self.elsewhere = make.essay(), make.essay()
        self.root, self.first, self.deep, self.other = make.create_thread(self.essay, None, 0, 1, None)
        self.second = make.comment(self.essay, to=self.root, status="pending")
        (self.foreign,) = make.create_thread(self.elsewhere, None)

    def set(self, comment: Comment, **fields: Any) -> Any:
        return Comment.objects.filter(pk=comment.pk).update(**fields)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def rows() -> list[Any]:
    names = ("pk", "parent", "tree_id", "lft", "rght", "level", "essay", "readable", "wording")
    counts = list(Discussion.objects.order_by("pk").values_list("pk", "comment_count", "threads"))
    return [*Comment.objects.order_by("pk").values_list(*names), *counts, *TreeNumber.objects.order_by("pk")]


def check(*arguments: str) -> str:
    """Run the command and return its output; it raises if it would exit with 1."""
    out = StringIO()
    try:
        call_command("check_threads", *arguments, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}FAILED: {error}"
    return out.getvalue()


CORRUPTIONS: list[tuple[Callable[[Talk], Any], str]] = [
    (lambda t: t.set(t.deep, lft=F("lft") + 1), "lft and rght are not 1 to 8: found 4 instead of 3"),
    (lambda t: t.set(t.root, rght=F("rght") + 2), "are not 1 to 8: found 10 instead of 8"),
    (lambda t: t.set(t.root, lft=0), "are not 1 to 8: found 0 instead of 1"),
    (lambda t: t.set(t.deep, lft=4, rght=3), "has lft 4 after rght 3"),
    (lambda t: (t.set(t.deep, lft=3, rght=5), t.set(t.first, rght=4)), "extends beyond"),
    (lambda t: t.set(t.deep, level=5), "is on level 5 instead of 2"),
    (lambda t: t.set(t.other, level=1), "is on level 1 instead of 0"),
    (lambda t: t.set(t.second, readable=2), "stores 2 approved comments instead of 0"),
    (lambda t: t.set(t.root, readable=0), "stores 0 approved comments instead of 3"),
    (lambda t: t.set(t.deep, essay=t.elsewhere), "its parent to essay"),
    (lambda t: t.set(t.deep, tree_id=t.other.tree_id), "which is in another thread"),
    (lambda t: t.set(t.first, tree_id=t.foreign.tree_id), "which is in another thread"),
    (lambda t: t.set(t.first, tree_id=999), "it has 0 roots"),
    (lambda t: TreeNumber.objects.filter(pk=t.root.tree_id).delete(), "its number is missing from TreeNumber"),
    (lambda t: t.set(t.other, wording=None), "shows version None, but its newest is"),
    (
        lambda t: (t.set(t.other, wording=None), t.set(t.deep, wording=t.other.wording_id)),
        "shows version None, but its newest is",
    ),
    (
        lambda t: Discussion.objects.filter(pk=t.essay.pk).update(comment_count=7),
        "stored count is 7 comments in 2 threads",
    ),
    (lambda t: Discussion.objects.filter(pk=t.essay.pk).update(threads=0), "actual count is 4 in 2"),
    (lambda t: Discussion.objects.filter(pk=t.elsewhere.pk).delete(), "stored count is 0 comments in 0 threads"),
]


@pytest.mark.parametrize(("corrupt", "told"), one_in_on_both_databases(4, CORRUPTIONS))
def test_every_problem_is_reported_in_one_line_and_repaired(
    talk: Talk, corrupt: Callable[[Talk], Any], told: str
) -> None:
    before = rows()
    assert "6 comments in 3 threads checked. No problems found." in check()
    corrupt(talk)
    assert rows() != before
    assert told in (said := check())
    assert "FAILED" in said
    assert "No problems found" in check("--repair")
    assert rows() == before


def test_a_reply_with_a_changed_parent_is_moved_under_it(talk: Talk) -> None:
    talk.set(talk.deep, parent=talk.second)
    assert f"comment {talk.deep.pk} replies to {talk.second.pk} but is inside {talk.first.pk}" in check()
    assert "No problems found" in check("--repair")
    order = Comment.objects.filter(tree_id=talk.root.tree_id).order_by("lft").values_list("pk", flat=True)
    assert list(order) == [talk.root.pk, talk.first.pk, talk.second.pk, talk.deep.pk]


def test_comments_in_a_parent_cycle_become_a_thread(talk: Talk) -> None:
    talk.set(talk.first, parent=talk.deep)
    assert "FAILED" in check()
    assert "7 comments" not in check("--repair")
    assert "6 comments in 4 threads checked. No problems found." in check()
    first, deep = Comment.objects.filter(pk__in=[talk.first.pk, talk.deep.pk]).order_by("pk")
    assert (first.parent, deep.parent) == (None, first)


def test_a_count_on_an_essay_without_comments_is_reported_and_repaired(talk: Talk) -> None:
    empty = make.essay()
    Discussion.objects.create(essay=empty, comment_count=3, threads=1)
    assert f"Essay {empty.pk}: stored count is 3 comments in 1 threads, actual count is 0 in 0." in check()
    assert "No problems found" in check("--repair")


def test_an_outdated_wording_is_replaced_by_the_newest(talk: Talk) -> None:
    newer = Wording.objects.create(comment=talk.deep, text="New", html="<p>New</p>")
    assert f"shows version {talk.deep.wording_id}, but its newest is {newer.pk}" in check()
    assert "No problems found" in check("--repair")
    talk.deep.refresh_from_db()
    assert talk.deep.wording == newer


def test_a_comment_without_wording_stays_in_its_thread(talk: Talk) -> None:
    Wording.objects.filter(comment=talk.first).delete()
    assert f"Comment {talk.first.pk}: has no text." in check()
    assert "No problems found" in check("--repair")


def test_a_restored_tree_number_is_not_assigned_again(talk: Talk) -> None:
    ahead = TreeNumber.objects.latest("pk").pk + 1
    talk.set(talk.other, tree_id=ahead)
    assert "No problems found" in check("--repair")
    assert make.comment(talk.essay).tree_id > ahead


def test_several_problems_are_repaired_together(talk: Talk) -> None:
    talk.set(talk.first, lft=9, level=7, essay=talk.elsewhere)
    talk.set(talk.other, readable=0)
    Discussion.objects.update(comment_count=1, threads=5)
    assert "No problems found" in check("--repair")
    found = dict(Discussion.objects.values_list("pk", "comment_count"))
    assert found == {talk.essay.pk: 4, talk.elsewhere.pk: 1}


def test_checking_needs_few_queries_for_any_number_of_comments(
    talk: Talk, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(7):
        assert list(checking.problems()) == []
    assert Essay.objects.count() == 2


def test_bulk_inserted_threads_equal_threads_posted_one_by_one() -> None:
    above = (None, 0, 0, None, 1, 4, 0, 3)
    places = ("lft", "rght", "level", "status", "readable", "wording__text", "wording__html", "wording__network")
    one_by_one: list[Comment] = []
    there = make.essay()
    for parent in above:
        one_by_one.append(make.comment(there, "Words", to=None if parent is None else one_by_one[parent]))
    at_once = make.create_thread(here := make.essay(), *above)
    Wording.objects.update(text="Words", html="<p>Words</p>")
    found = [list(Comment.objects.on_essay(essay).order_by("pk").values_list(*places)) for essay in (there, here)]
    assert found[0] == found[1]
    for made in (one_by_one, at_once):
        assert [row.parent and made.index(row.parent) for row in made] == list(above)
        assert [row.tree_id == made[0].tree_id for row in made] == [row not in (made[3], made[7]) for row in made]
    assert [(d.comment_count, d.threads) for d in Discussion.objects.all()] == [(8, 2)] * 2
    assert "No problems found" in check()
