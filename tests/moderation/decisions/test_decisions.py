"""What a moderator's decision changes, what it leaves unchanged, and its undo."""

from typing import Any

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from blog import actions as writing
from comments.checking import problems
from comments.models import Comment, Decision, Discussion, Status
from moderation.decisions import actions, undo
from moderation.decisions.actions import AlreadyDecided
from pagecache.models import Generation
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> User:
    make.rules()
    return make.moderator("mara", name="Mara")


def now(comment: Comment) -> Comment:
    found: Comment = Comment.objects.get(pk=comment.pk)
    return found


def generation(key: str) -> int:
    return Generation.objects.filter(key=key).values_list("number", flat=True).first() or 0


def test_every_decision_is_recorded_with_the_status_before_and_after(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    decision = actions.approve(comment, by=mara, note="A good point.")
    found = Decision.objects.get()
    assert found == decision
    assert (found.comment, found.moderator, found.verb, found.note) == (comment, mara, "approve", "A good point.")
    assert (found.before, found.after) == ("pending", "approved")
    assert now(comment).status == comment.status == Status.APPROVED


def test_counts_include_only_readable_comments(mara: User) -> None:
    essay = make.essay()
    root = make.comment(essay, status="pending")

    def counts() -> tuple[int, int]:
        return Discussion.objects.values_list("comment_count", "threads").get(essay=essay)

    actions.approve(root, by=mara)
    reply = make.comment(essay, to=root)
    assert counts() == (2, 1)
    actions.trash(root, by=mara)
    assert counts() == (1, 1)
    actions.mark_spam(reply, by=mara)
    assert counts() == (0, 0)
    actions.restore(reply, by=mara)
    assert counts() == (1, 1)
    assert not list(problems())


def test_a_reply_under_a_removed_comment_can_be_decided(mara: User) -> None:
    essay = make.essay()
    root = make.comment(essay)
    reply = make.comment(essay, to=root, status="pending")
    actions.trash(root, by=mara)
    actions.approve(reply, by=mara)
    assert now(root).readable == 1
    assert now(reply).is_approved
    actions.restore(root, by=mara)
    assert now(root).readable == 2


@pytest.mark.parametrize("verb", [actions.approve, actions.unapprove, actions.mark_spam, actions.trash])
def test_a_comment_that_already_has_the_status_is_not_changed(mara: User, verb: Any) -> None:
    after = {actions.approve: "approved", actions.unapprove: "pending", actions.mark_spam: "spam"}.get(verb, "trash")
    comment = make.comment(make.essay(), status=after)
    decisions = Decision.objects.count()
    with pytest.raises(AlreadyDecided):
        verb(comment, by=mara)
    assert Decision.objects.count() == decisions


def test_a_decision_made_since_the_comment_was_shown_is_kept(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    actions.trash(comment, by=mara, expected_status="pending")
    with pytest.raises(AlreadyDecided) as refused:
        actions.approve(comment, by=make.moderator(), expected_status="pending")
    assert refused.value.comment.status == now(comment).status == Status.TRASH
    assert Decision.objects.count() == 1


def test_a_deleted_comment_cannot_be_decided(mara: User) -> None:
    comment = make.comment(make.essay(), status="trash")
    writing.delete(comment.essay)
    for verb in (actions.approve, actions.restore):
        with pytest.raises(Comment.DoesNotExist):
            verb(comment, by=mara)


@pytest.mark.parametrize("before", ["pending", "approved"])
@pytest.mark.parametrize("way", [["spam"], ["trash"], ["spam", "trash"], ["trash", "spam", "trash"]])
def test_restoring_returns_to_the_status_before_removal(mara: User, before: str, way: list[str]) -> None:
    comment = make.comment(make.essay(), status=before)
    for verb in way:
        {"spam": actions.mark_spam, "trash": actions.trash}[verb](comment, by=mara)
    assert now(comment).removed_by == Comment.Remover.MODERATOR
    actions.restore(comment, by=mara)
    assert now(comment).status == before
    assert now(comment).removed_by == Comment.Remover.NONE


def test_a_comment_that_arrived_as_spam_is_pending_after_restoring(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    Comment.objects.update(status=Status.SPAM)
    actions.restore(comment, by=mara)
    assert now(comment).status == Status.PENDING


def test_restoring_ignores_an_undone_approval(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    Comment.objects.update(status=Status.SPAM)
    undo.undo(actions.approve(comment, by=mara), by=mara)
    assert now(comment).status == Status.SPAM
    actions.restore(comment, by=mara)
    assert now(comment).status == Status.PENDING


def test_a_comment_removed_by_its_author_after_approval_is_approved_after_restoring(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    actions.approve(comment, by=mara)
    Comment.objects.update(status=Status.TRASH, removed_by=Comment.Remover.AUTHOR)
    actions.restore(comment, by=mara)
    assert now(comment).status == Status.APPROVED


@pytest.mark.parametrize("before", ["pending", "approved", "spam", "trash"])
@pytest.mark.parametrize(
    "verb", [actions.approve, actions.unapprove, actions.mark_spam, actions.trash, actions.restore]
)
def test_an_undo_and_its_undo_restore_everything(mara: User, before: str, verb: Any) -> None:
    essay = make.essay()
    comment = make.comment(essay, status="pending")
    make.comment(essay)
    Comment.objects.filter(pk=comment.pk).update(status=before, removed_by="author" if before == "trash" else "")
    if before == "approved":
        Comment.objects.filter(pk=comment.pk).update(readable=1)
        Discussion.objects.update(comment_count=2, threads=2)

    def state() -> list[Any]:
        comments = Comment.objects.order_by("pk").values_list("status", "removed_by", "readable")
        return [*comments, *Discussion.objects.values_list("comment_count", "threads")]

    first = state()
    try:
        decision = verb(comment, by=mara)
    except AlreadyDecided:
        assert state() == first
        return
    second = state()
    undone = undo.undo(decision, by=mara)
    assert state() == first
    redone = undo.undo(undone, by=mara)
    assert state() == second
    undo.undo(redone, by=mara)
    assert state() == first
    assert not list(problems())


def test_only_the_newest_decision_can_be_undone(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    approved = actions.approve(comment, by=mara)
    trashed = actions.trash(comment, by=make.moderator())
    with pytest.raises(AlreadyDecided) as refused:
        undo.undo(approved, by=mara)
    assert refused.value.comment.status == Status.TRASH
    undo.undo(trashed, by=mara)
    with pytest.raises(AlreadyDecided):
        undo.undo(trashed, by=mara)


def test_a_decision_is_not_undone_after_the_author_removed_the_comment(mara: User) -> None:
    comment = make.comment(make.essay(), status="pending")
    approved = actions.approve(comment, by=mara)
    Comment.objects.update(status=Status.TRASH, removed_by=Comment.Remover.AUTHOR)
    with pytest.raises(AlreadyDecided):
        undo.undo(approved, by=mara)


def test_only_visible_changes_invalidate_cached_pages(mara: User) -> None:
    essay = make.essay()
    alone, above = make.comment(essay, status="pending"), make.comment(essay)
    make.comment(essay, to=above)
    actions.trash(above, by=mara)
    before = generation(essay.cache_key)
    actions.mark_spam(alone, by=mara)
    assert generation(essay.cache_key) == before
    actions.restore(alone, by=mara)
    actions.approve(alone, by=mara)
    assert generation(essay.cache_key) > before
    before = generation(essay.cache_key)
    actions.mark_spam(above, by=mara)  # its tombstone is visible
    assert generation(essay.cache_key) > before


def test_authors_are_notified_of_new_comments_and_not_of_restored_ones(mara: User) -> None:
    essay = make.essay()
    held, published = make.comment(essay, status="pending"), make.comment(essay, by=make.guest("Trusted"))
    Decision.objects.all().delete()  # like a comment published when posted, or imported
    before = DBTaskResult.objects.count()
    actions.approve(held, by=mara)
    assert DBTaskResult.objects.count() == before + 1
    undo.undo(actions.trash(published, by=mara), by=mara)
    assert DBTaskResult.objects.count() == before + 1


def test_decisions_in_the_admin_are_read_only(mara: User, client: Client) -> None:
    decision = actions.approve(make.comment(make.essay(), status="pending"), by=mara, note="A good point.")
    for person in (mara, make.owner()):
        client.force_login(person)
        assert "A good point." in client.get("/admin/comments/decision/").content.decode()
        assert client.get(f"/admin/comments/decision/{decision.pk}/change/").status_code == 200
        assert client.post(f"/admin/comments/decision/{decision.pk}/change/", {"why": "x"}).status_code == 403
        assert client.post(f"/admin/comments/decision/{decision.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.get("/admin/comments/decision/add/").status_code == 403
