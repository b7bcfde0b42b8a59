"""Locks and checks that all decisions share: the comment must still be what the moderator saw."""

from comments.models import Comment, Decision, Status
from comments.models.decision import REMOVED
from comments.transitions import transition


class AlreadyDecided(Exception):
    """The comment is no longer what the moderator saw; `comment` is its current row."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


class Edited(AlreadyDecided):
    """The commenter has edited the text since the moderator saw it."""


def check_unchanged(fresh: Comment, *, expected_status: str | None, expected_wording: int | None) -> None:
    """Raise AlreadyDecided or Edited unless a locked comment has the status and wording that the moderator saw."""
    if expected_status not in {None, fresh.status} or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    if expected_wording not in {None, fresh.wording_id}:
        raise Edited(fresh)


def lock_comment(pk: int) -> tuple[Comment, Comment]:
    """Lock a comment's thread and return its root and the comment, both read after the lock."""
    root, fresh = Comment.objects.lock_thread(pk)
    if root is None or fresh is None:
        raise Comment.DoesNotExist(f"There is no comment {pk}.")
    return root, fresh


def apply_decision(root: Comment, comment: Comment, after: Status, decision: Decision) -> Decision:
    """Change the status of a locked comment and record a moderator's decision with it."""
    removed_by = Comment.Remover.MODERATOR if after in REMOVED else Comment.Remover.NONE
    if decision.undoes:
        removed_by = Comment.Remover(decision.undoes.removed_by)
    transition(comment, after, root=root, decision=decision, removed_by=removed_by)
    return decision
