"""Corrections that are sent to Akismet when moderators disagree with it."""

from comments.models import Comment, Decision, Status, Wording
from comments.spam import akismet
from server.http import fetch
from server.jobs.tasks import job


def enqueue(comment: Comment, *, before: str, after: str) -> None:
    """Enqueue a correction if a decision disagrees with the service, or an undo reverses a correction.

    Call inside the decision's transaction, where Akismet is set up.
    """
    if after == Status.TRASH or not before or not after:
        return
    is_called = akismet.is_called_spam(Wording.objects.filter(pk=comment.wording_id or 0).first())
    is_spam_now = is_spam(after, is_called=is_called)
    if before == Status.TRASH:
        before = before_trash(comment)
    if is_spam(before, is_called=is_called) != is_spam_now:
        correct.enqueue(comment.pk, is_spam_now)


def is_spam(status: str, *, is_called: bool) -> bool:
    """Whether a comment of this status is spam: as moderators decided, else as the service said."""
    return {Status.SPAM: True, Status.APPROVED: False}.get(Status(status), is_called)


def before_trash(comment: Comment) -> str:
    """Return the status before the comment was moved to the trash, which the service is not told about."""
    decided = Decision.objects.filter(comment=comment, after=Status.TRASH, before__in=Status.values)
    newest = decided.exclude(before=Status.TRASH).order_by("-pk").values_list("before", flat=True).first()
    return str(newest or Status.TRASH)


@job(retry=True)
def correct(pk: int, is_spam_now: bool) -> None:
    """Send one correction, unless the comment has been decided differently since: then another job sends that."""
    comment = akismet.comment_for_api(pk)
    if comment is None or not akismet.is_on():
        return
    if is_spam(comment.status, is_called=akismet.is_called_spam(comment.wording)) != is_spam_now:
        return
    try:
        akismet.call_api("submit-spam" if is_spam_now else "submit-ham", akismet.api_fields(comment))
    except fetch.PermanentFetchError:
        return
