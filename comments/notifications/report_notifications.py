"""Notices about reports and appeals: to moderators about new ones, to the people who made them about the outcome."""

from collections.abc import Iterator
from typing import Any

from comments.models import Appeal, Comment, Notice, Subscription
from comments.notifications import outbox
from server.jobs.tasks import job

Kind = Notice.Kind


@job()
def notify(comment_pk: int) -> None:
    """Create and send the notices about a comment's reports and appeal, but none about the comment itself."""
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        state = appeal_state(comment)
        outbox.insert_notices(list(build_notices(comment, state)))
        dropped = Notice.objects.filter(comment=comment, state=Notice.State.DROPPED, kind__in=kinds_for(comment, state))
        if dropped.exists():
            outbox.requeue_dropped(dropped)
    outbox.send()


def appeal_state(comment: Comment) -> str:
    """Return the state of the comment's appeal, or an empty string."""
    return str(Appeal.objects.filter(comment=comment).values_list("state", flat=True).first() or "")


def kinds_for(comment: Comment, appeal: str) -> list[Kind]:
    """Return the kinds of notices that its reports and the state of its appeal (or an empty string) call for."""
    found = [Kind.REPORTED if comment.reports else Kind.OUTCOME]
    return [*found, Kind.APPEALED if appeal == "open" else Kind.ANSWERED] if appeal else found


def build_notices(comment: Comment, appeal: str) -> Iterator[Notice]:
    """Build notices to moderators of open reports and appeals, and of outcomes to those who asked to be told."""
    if comment.reports and comment.is_approved:
        yield from outbox.moderator_notices(Kind.REPORTED, comment)
    elif not comment.reports:
        yield from build_subscriber_notices(Subscription.Kind.REPORT, comment)
    if appeal == "open":
        yield from outbox.moderator_notices(Kind.APPEALED, comment)
    elif appeal:
        yield from build_subscriber_notices(Subscription.Kind.APPEAL, comment)


def build_subscriber_notices(kind: Subscription.Kind, comment: Comment) -> Iterator[Notice]:
    """Build notices to the people who asked for the outcome of a report or appeal."""
    subscriptions: Any = Subscription.objects.active().filter(kind=kind, comment=comment).select_related("address")
    return (outbox.notice_for(subscription, comment=comment) for subscription in subscriptions)
