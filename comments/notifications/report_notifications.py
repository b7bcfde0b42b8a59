"""What is owed when somebody says something against how a comment stands: a reader's report, its writer's appeal."""

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from comments.models import Appeal, Comment, Notice, Subscription
from comments.models.permissions import moderators_of
from comments.notifications import outbox
from server.jobs.tasks import job

Kind = Notice.Kind


@job()
def notify(comment_pk: int) -> None:
    """Create and send the notices about reports and appeals alone: an old comment is no news because it is reported."""
    comment = Comment.objects.select_related("commenter", "essay").filter(pk=comment_pk).first()
    if comment:
        state = appeal_state(comment)
        outbox.owe(list(owed(comment, state)))
        dropped = Notice.objects.filter(comment=comment, state=Notice.State.DROPPED, kind__in=kinds(comment, state))
        outbox.owe_after_all(dropped)
    outbox.send()


def appeal_state(comment: Comment) -> str:
    """Empty where there is no appeal."""
    return str(Appeal.objects.filter(comment=comment).values_list("state", flat=True).first() or "")


def kinds(comment: Comment, appeal: str) -> list[Kind]:
    found = [Kind.REPORTED if comment.reports else Kind.OUTCOME]
    return [*found, Kind.APPEALED if appeal == "open" else Kind.ANSWERED] if appeal else found


def owed(comment: Comment, appeal: str) -> Iterator[Notice]:
    """Those who decide hear of what is open; who reported or appealed, if they asked, of what came of it."""
    staff = User.objects.filter(moderators_of(comment.essay_id))
    if comment.reports and comment.is_approved:
        yield from outbox.to_staff(Kind.REPORTED, comment, staff)
    elif not comment.reports:
        yield from to_who_asked(Subscription.Kind.REPORT, comment)
    if appeal == "open":
        yield from outbox.to_staff(Kind.APPEALED, comment, staff)
    elif appeal:
        yield from to_who_asked(Subscription.Kind.APPEAL, comment)


def to_who_asked(kind: Subscription.Kind, comment: Comment) -> Iterator[Notice]:
    asked: Any = Subscription.objects.active().filter(kind=kind, comment=comment).select_related("address")
    return (outbox.to_reader(subscription, comment=comment) for subscription in asked)
