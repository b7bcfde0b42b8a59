"""Posts, replies and decisions in any order: the tree stays whole, every count equals what is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from blog.models import Essay
from comments.checking import problems
from comments.models import Comment, Decision, Discussion
from comments.models.decision import REMOVED
from comments.posting import actions as speaking
from comments.screening.screening import Sender
from comments.threads.pages import ThreadPage
from comments.threads.tree import Shown, visible
from comments.threads.viewer import Viewer
from moderation.decisions import actions, editing
from moderation.decisions import undo as undoing
from moderation.decisions.actions import AlreadyDecided
from tests import make
from tests.conftest import RUNS_ALL

VERBS: dict[str, Callable[..., Decision]] = {
    "approve": actions.approve,
    "unapprove": actions.unapprove,
    "spam": actions.mark_spam,
    "trash": actions.trash,
    "restore": actions.restore,
}
STEPS = st.tuples(
    st.sampled_from(["post", "held post", "reply", "reply", "held reply", "undo", "edit", "answer", "delete", *VERBS]),
    st.integers(0),
)


class Site:
    """The comments and decisions so far, with the expected state."""

    def __init__(self) -> None:
        make.rules(hold_everything=True)
        self.essays = [make.essay(), make.essay()]
        self.moderator = make.moderator()
        self.comments: list[Comment] = []
        self.decisions: list[Decision] = []
        self.statuses: dict[int, list[str]] = {}
        self.emptied: set[int] = set()

    def do(self, what: str, number: int) -> None:
        match what.split():
            case [*held, "post"]:
                self.say(self.essays[number % 2], None, is_held=bool(held))
            case [*held, "reply"] if self.comments:
                above = self.comments[number % len(self.comments)]
                self.say(above.essay, above, is_held=bool(held))
            case ["undo"] if self.decisions:
                self.undo(self.decisions[-1 - number % len(self.decisions)])
            case ["edit"] if self.comments:
                self.edit(self.comments[number % len(self.comments)], f"Other words {number}")
            case ["answer"] if self.comments:
                self.answer(self.comments[number % len(self.comments)])
            case ["delete"] if self.comments:
                self.delete(self.comments[number % len(self.comments)])
            case [verb] if verb in VERBS and self.comments:
                self.decide(verb, self.comments[number % len(self.comments)])

    def say(self, essay: Essay, above: Comment | None, *, is_held: bool) -> None:
        is_refused = above is not None and self.statuses[above.pk][-1] != "approved"
        try:
            comment = speaking.post(
                essay=essay,
                commenter=make.guest(f"Guest {len(self.comments)}"),
                sender=Sender("203.0.113.9"),
                text="Words",
                parent=above.pk if above else None,
                is_trusted=not is_held,
            )
        except speaking.CommentGone:
            assert is_refused
        else:
            assert not is_refused
            self.comments.append(comment)
            self.statuses[comment.pk] = ["pending" if is_held else "approved"]

    def decide(self, verb: str, comment: Comment) -> None:
        past = self.statuses[comment.pk]
        outside = [status for status in past if status not in REMOVED]
        after = {"approve": "approved", "unapprove": "pending", "restore": outside[-1]}.get(verb, verb)
        is_refused = past[-1] == after or comment.pk in self.emptied
        try:
            decision = VERBS[verb](comment, by=self.moderator)
        except AlreadyDecided:
            assert is_refused
        else:
            assert not is_refused
            assert (decision.before, decision.after) == (past[-1], after)
            past.append(after)
            self.decisions.append(decision)

    def edit(self, comment: Comment, text: str) -> None:
        try:
            decision = editing.edit(comment, by=self.moderator, text=text)
        except editing.Unchanged:
            assert self.words(comment) == text
        except AlreadyDecided:
            assert comment.pk in self.emptied
        else:
            assert self.words(comment) == text
            self.statuses[comment.pk].append(self.statuses[comment.pk][-1])
            self.decisions.append(decision)

    def answer(self, comment: Comment) -> None:
        fresh = Comment.objects.get(pk=comment.pk)
        try:
            made = editing.reply(
                fresh, by=self.moderator, sender=Sender("203.0.113.9"), text=f"Answer {len(self.comments)}"
            )
        except AlreadyDecided:
            assert comment.pk in self.emptied
        else:
            if len(made) == 2:
                self.statuses[comment.pk].append("approved")
            answer = made[-1].comment
            assert answer
            self.comments.append(answer)
            self.statuses[answer.pk] = ["trash", "approved"]
            self.decisions += made

    def delete(self, comment: Comment) -> None:
        try:
            decision = editing.delete(comment, by=self.moderator)
        except AlreadyDecided:
            assert comment.pk in self.emptied
            return
        self.decisions.append(decision)
        if Comment.objects.filter(pk=comment.pk).exists():
            self.emptied.add(comment.pk)
            self.statuses[comment.pk].append("trash")
        else:
            del self.statuses[comment.pk]
            self.comments = [other for other in self.comments if other.pk != comment.pk]

    def words(self, comment: Comment) -> str:
        fresh = Comment.objects.select_related("wording").get(pk=comment.pk)
        return fresh.wording.text if fresh.wording else ""

    def undo(self, decision: Decision) -> None:
        of_comment = [other for other in self.decisions if other.comment_number == decision.comment_number]
        try:
            undone = undoing.undo(decision, by=self.moderator)
        except Comment.DoesNotExist:
            assert decision.comment_number not in self.statuses
        except AlreadyDecided:
            assert of_comment[-1] != decision or decision.comment_number in self.emptied
        else:
            assert of_comment[-1] == decision
            past = self.statuses[decision.comment_number]
            if decision.verb == Decision.Verb.UNDO:
                past.append(decision.before)
            else:
                past.pop()
            self.decisions.append(undone)

    def check(self) -> None:
        assert list(problems()) == []
        stored = dict(Comment.objects.values_list("pk", "status"))
        assert stored == {pk: past[-1] for pk, past in self.statuses.items()}
        for essay in self.essays:
            page = ThreadPage(Essay.objects.get(pk=essay.pk), Viewer())
            shown = visible(page.rows()[0])
            whole = [row for row, how in shown if how is Shown.WHOLE]
            assert {row.pk for row in whole} == {
                pk for pk, status in stored.items() if status == "approved" and self.essay_of(pk) == essay
            }
            assert (
                Discussion.objects.comment_counts([essay]).get(essay.pk, 0)
                == page.discussion.comment_count
                == len(whole)
            )
            assert page.discussion.threads == sum(row.parent is None for row, _ in shown)
            assert all(row.parent is None or row.parent in {other.pk for other, _ in shown} for row, _ in shown)
            assert [row.pk for row in whole] == list(
                Comment.objects.on_essay(essay).approved().order_by("tree_id", "lft").values_list("pk", flat=True)
            )

    def essay_of(self, pk: int) -> Any:
        return next(comment.essay for comment in self.comments if comment.pk == pk)


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=settings().max_examples // (1 if RUNS_ALL else 2 if connection.vendor == "sqlite" else 4))
@given(st.lists(STEPS, min_size=3, max_size=30))
def test_any_sequence_of_posts_replies_and_decisions_keeps_the_tree_and_the_counts(
    steps: list[tuple[str, int]],
) -> None:
    with taken_back():
        site = Site()
        for what, number in steps:
            site.do(what, number)
        site.check()
        assert User.objects.count() == 1
