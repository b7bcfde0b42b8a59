"""The check of new and edited comments by Akismet: a job that may hold a comment after it was posted."""

from django.db import transaction

from comments.models import Block, Comment, Decision, Status, Wording
from comments.spam import akismet
from comments.transitions import transition
from server.http import fetch
from server.jobs.tasks import job

CHECKED = (Status.APPROVED, Status.PENDING)


def enqueue(comment: Comment) -> None:
    """Have a comment checked, where Akismet is set up. Call in the transaction that wrote it."""
    if comment.status in CHECKED:
        check.enqueue(comment.pk)


@job(retry=True)
def check(pk: int) -> None:
    """Ask the service about a comment, unless a moderator has decided about it or its author is trusted."""
    comment = akismet.comment_for_api(pk)
    if comment is None or not akismet.is_on() or comment.status not in CHECKED or is_decided(comment):
        return
    if is_trusted(comment):
        return
    try:
        if akismet.check_comment(comment):
            hold_for_moderation(comment)
    except fetch.PermanentFetchError:
        return  # asking again would not help; the doctor reports a key that is not accepted


@transaction.atomic
def hold_for_moderation(comment: Comment) -> None:
    """Make a comment that the service calls spam pending, unless it was decided about or edited since."""
    root, fresh = Comment.objects.lock_thread(comment.pk)
    if root is None or fresh is None or fresh.wording_id != comment.wording_id:
        return
    if fresh.status not in CHECKED or is_decided(fresh):
        return
    wording = Wording.objects.get(pk=fresh.wording_id or 0)
    if akismet.is_called_spam(wording):
        return
    Wording.objects.filter(pk=wording.pk).update(reasons=[*wording.reasons, {"code": akismet.CODE}])
    if fresh.is_approved:
        transition(fresh, Status.PENDING, root=root)


def is_decided(comment: Comment) -> bool:
    """Whether a moderator has decided about this text."""
    since = comment.wording.created if comment.wording else comment.created
    return Decision.objects.filter(comment=comment, moderator__isnull=False, created__gte=since).exists()


def is_trusted(comment: Comment) -> bool:
    """Return whether comments by this person or from this network are always published."""
    address = comment.wording.network.partition("/")[0] if comment.wording else ""
    block: Block | None = Block.objects.matching(comment.commenter, address).first()
    return block is not None and block.kind == Block.Kind.TRUST
