"""Moderators' decisions train the filter; undone decisions and deleted comments are unlearned."""

from pathlib import Path

import pytest
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Decision, Rules, SpamModel
from comments.posting import editing
from comments.screening.screening import Sender
from comments.spam import Filter, Submission, training
from comments.threads.viewer import Viewer
from moderation import jobs
from moderation.decisions import actions, undo
from moderation.insights import learning
from server.jobs import tasks as clock
from tests import make
from tests.comments.spam_training import examples, spam_command, train, write_csv

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SECRET = "zweiglein"
OFFER = f"We offer {SECRET} of the first quality, ask for our list."


@pytest.fixture
def mara() -> User:
    make.rules(hold_first_comment=False)
    return make.moderator("mara", name="Mara")


@pytest.fixture
def essay(mara: User) -> Essay:
    return make.essay()


def likeness(text: str = OFFER) -> float:
    known = training.current_filter(Rules.objects.get())
    assert known
    return known.score(Submission(text, "Anna Karg"))


def decided(essay: Essay, by: User, text: str, verb: str) -> tuple[Comment, Decision]:
    comment = make.comment(essay, text, by=make.guest())
    if verb == "approve":
        actions.unapprove(comment, by=by)
    return comment, {"approve": actions.approve, "spam": actions.mark_spam, "trash": actions.trash}[verb](
        comment, by=by
    )


def said_so() -> set[tuple[int, bool]]:
    return {(lesson.group, lesson.is_spam) for lesson in learning.examples()}


def test_enough_decisions_train_it_without_a_file(essay: Essay, mara: User, tmp_path: Path) -> None:
    for text, is_spam in examples()[10:70]:
        decided(essay, mara, text, "spam" if is_spam == "1" else "approve")
    jobs.learn.call()
    row = SpamModel.objects.get()
    assert (row.decided_spam, row.decided_good, row.spam, row.good) == (30, 30, 0, 0)
    assert training.current_filter(Rules.objects.get())
    assert spam_command("judge", write_csv(tmp_path / "rest.csv", examples()[:10] + examples()[70:]))[0].startswith(
        "AUC 1.00"
    )


@pytest.mark.both
def test_a_decision_is_learned_and_unlearned_after_its_undo(essay: Essay, mara: User, tmp_path: Path) -> None:
    train(tmp_path)
    before, stamp = likeness(), Rules.objects.get().spam_stamp
    _, decision = decided(essay, mara, OFFER, "spam")
    assert likeness() == before  # a job trains it later
    assert learning.learn()
    assert likeness() > max(before + 0.2, 0.6)
    assert not learning.learn()
    undone = undo.undo(decision, by=mara)
    learning.learn()
    assert (likeness(), Rules.objects.get().spam_stamp) == (before, stamp)
    undo.undo(undone, by=mara)
    learning.learn()
    assert likeness() > before


def test_an_approval_teaches_that_a_comment_is_good(essay: Essay, mara: User, tmp_path: Path) -> None:
    train(tmp_path)
    cheap = "Cheap lamps, click and order"
    before = likeness(cheap)
    decided(essay, mara, cheap, "approve")
    learning.learn()
    assert likeness(cheap) < before - 0.2


def test_which_comments_teach_nothing(essay: Essay, mara: User) -> None:
    make.comment(essay, "Published by nobody's hand.")
    decided(essay, mara, "Trash says nothing.", "trash")
    actions.unapprove(decided(essay, mara, "Nor does one that waits again.", "approve")[0], by=mara)
    edited, _ = decided(essay, mara, "Approved in these words.", "approve")
    viewer = Viewer(edited.commenter, "")
    editing.edit(
        edited.pk, by=viewer, text="And in others now.", sender=Sender("203.0.113.9"), rules=Rules.objects.get()
    )
    removed, _ = decided(essay, mara, "Taken away by its writer.", "approve")
    editing.remove(removed.pk, by=Viewer(removed.commenter, ""))
    assert said_so() == set()


def test_a_comment_approved_out_of_spam_is_good(essay: Essay, mara: User) -> None:
    comment, _ = decided(essay, mara, OFFER, "spam")
    assert [is_spam for _, is_spam in said_so()] == [True]
    actions.restore(comment, by=mara)
    assert [is_spam for _, is_spam in said_so()] == [False]


def test_after_an_undo_the_earlier_decision_counts(essay: Essay, mara: User) -> None:
    comment, _ = decided(essay, mara, OFFER, "approve")
    undo.undo(actions.mark_spam(comment, by=mara), by=mara)
    assert [is_spam for _, is_spam in said_so()] == [False]


def test_deleted_comments_are_unlearned(essay: Essay, mara: User, tmp_path: Path) -> None:
    train(tmp_path)
    stamp = Rules.objects.get().spam_stamp
    comment, _ = decided(essay, mara, OFFER, "spam")
    learning.learn()
    row = SpamModel.objects.get()
    assert SECRET.encode() not in bytes(row.weights) + bytes(row.examples)
    Comment.objects.filter(pk=comment.pk).delete()
    learning.learn()
    assert Rules.objects.get().spam_stamp == stamp


def test_a_file_learned_at_the_same_time_is_not_lost(
    essay: Essay, mara: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spam_command("learn", write_csv(tmp_path / "half.csv", examples()[::2]))
    write, files = training.store_fit, [write_csv(tmp_path / "rest.csv", examples()[1::2])]

    def interrupted(*arguments: object) -> bool:
        if files:
            spam_command("learn", files.pop())
        return bool(write(*arguments))  # type: ignore[arg-type]

    monkeypatch.setattr(training, "store_fit", interrupted)
    decided(essay, mara, OFFER, "spam")
    learning.learn()
    row = SpamModel.objects.get()
    assert (row.spam, row.good, row.decided_spam, row.fitted_training_count) == (40, 40, 1, row.training_count)
    whole = Filter.train([*training.stored_examples(row), *learning.examples()])
    assert row.stamp == whole.stamp


def test_it_learns_every_hour() -> None:
    assert jobs.learn.module_path in clock._schedule


def test_learning_needs_few_queries_however_many_decisions_there_are(essay: Essay, mara: User) -> None:
    from django.db import connection

    for text, _ in examples()[:20]:
        decided(essay, mara, text, "spam")
    with CaptureQueriesContext(connection) as asked:
        learning.learn()
    assert len(asked) <= 12
