"""Two simultaneous moderators on a real database of the tested kind: no decision is made twice, none deadlocks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from comments.checking import problems
from comments.models import Comment, Decision
from moderation.decisions import actions, undo
from moderation.decisions.actions import AlreadyDecided
from tests import make
from tests.services.concurrency import run_concurrently
from tests.services.site import Installation

ROUNDS = 10


@pytest.fixture(autouse=True)
def _rules(connected_installation: Installation) -> None:
    make.rules()


@pytest.mark.parametrize(
    "verbs", [(actions.approve, actions.approve), (actions.approve, actions.trash)], ids=["the same", "opposite"]
)
def test_of_two_simultaneous_decisions_one_fails_with_already_decided(
    connected_installation: Installation, verbs: tuple[Any, Any]
) -> None:
    people = make.moderator(), make.moderator()
    essay = make.essay()
    root = make.comment(essay)
    for round_ in range(ROUNDS):
        comment = make.comment(essay, to=root, status="pending", by=make.guest(f"Guest {round_}"))
        jobs = [
            partial(verb, comment, by=by, expected_status="pending") for verb, by in zip(verbs, people, strict=True)
        ]
        results = run_concurrently(connected_installation, *jobs)
        assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "Decision"], results
        decision = Decision.objects.get(comment=comment)
        assert Comment.objects.get(pk=comment.pk).status == decision.after
    assert not list(problems())


def test_a_simultaneous_undo_and_decision_are_serialized(connected_installation: Installation) -> None:
    mara, jo = make.moderator(), make.moderator()
    essay = make.essay()
    for _ in range(ROUNDS):
        comment = make.comment(essay, status="pending")
        approved = actions.approve(comment, by=mara)
        stale = Decision.objects.get(pk=approved.pk)
        undone, trashed = run_concurrently(
            connected_installation,
            partial(undo.undo, stale, by=mara),
            partial(actions.trash, comment, by=jo, expected_status="approved"),
        )
        done = [result for result in (undone, trashed) if isinstance(result, Decision)]
        assert len(done) == 1, (undone, trashed)
        assert Comment.objects.get(pk=comment.pk).status == done[0].after
    assert not list(problems())


def test_two_moderators_deciding_about_the_same_comments_do_not_deadlock(connected_installation: Installation) -> None:
    essays = [make.essay(), make.essay()]
    roots = [make.comment(essay) for essay in essays for _ in range(3)]
    held = [make.comment(root.essay, to=root, status="pending") for root in roots for _ in range(3)]

    def decide(verb: Callable[..., Decision], by: User, order: list[Comment]) -> list[Any]:
        done: list[Any] = []
        for comment in order:
            try:
                done.append(verb(comment, by=by, expected_status="pending"))
            except AlreadyDecided as late:
                done.append(late)
        return done

    mara, jo = make.moderator(), make.moderator()
    results = run_concurrently(
        connected_installation,
        lambda: decide(actions.approve, mara, held),
        lambda: decide(actions.mark_spam, jo, held[::-1]),
        lambda: [make.comment(root.essay, to=root, status="pending") for root in roots],
    )
    assert all(isinstance(result, list) for result in results), results
    assert Decision.objects.filter(comment__in=held).count() == len(held)
    assert not list(problems())
