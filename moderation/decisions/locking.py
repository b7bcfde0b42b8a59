"""What all decisions share: the comment is locked, and is still what the moderator looked at."""

from comments.models import Comment, Decision, Status
from comments.models.decision import REMOVED
from comments.transitions import transition


class AlreadyDecided(Exception):
    """Somebody else was there first; the argument is how the comment stands."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


class Reworded(AlreadyDecided):
    """Its writer has changed the words since they were looked at."""


def check(fresh: Comment, *, seen: str | None, words: int | None) -> None:
    """Raises AlreadyDecided or Reworded where it is not what whoever decides has looked at."""
    if seen not in {None, fresh.status} or fresh.wording_id is None:
        raise AlreadyDecided(fresh)
    if words not in {None, fresh.wording_id}:
        raise Reworded(fresh)


def lock(pk: int) -> tuple[Comment, Comment]:
    """The root of a comment's thread, and the comment, as they are once nobody else can change them."""
    root, fresh = Comment.objects.lock_thread(pk)
    if root is None or fresh is None:
        raise Comment.DoesNotExist(f"There is no comment {pk}.")
    return root, fresh


def decide_locked(root: Comment, comment: Comment, after: Status, decision: Decision) -> Decision:
    """Change the status of a locked comment by a moderator's decision, which is recorded with it."""
    removed_by = Comment.Remover.MODERATOR if after in REMOVED else Comment.Remover.NOBODY
    if decision.undoes:
        removed_by = Comment.Remover(decision.undoes.removed_by)
    transition(comment, after, root=root, decision=decision, removed_by=removed_by)
    return decision
