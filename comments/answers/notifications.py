"""Emails to a comment's author, if subscribed to replies, about what an author of the essay answered."""

from comments.models import AuthorAnswer, Notice, Subscription
from comments.notifications import outbox
from comments.notifications.messages import author_kinds
from server.jobs.tasks import job


@job()
def notify(comment: int) -> None:
    """Create and send the notices about an answer as it is now; each is sent once, whatever changes afterwards."""
    answer = AuthorAnswer.objects.select_related("comment__commenter").filter(pk=comment).first()
    if answer is not None and answer.comment.is_approved:
        writer, kinds = answer.comment.commenter, author_kinds(answer)
        outbox.requeue_dropped(Notice.objects.filter(comment=comment, kind__in=kinds, state=Notice.State.DROPPED))
        if writer.user_id is None or writer.user_id != answer.by_id:
            subscriptions = Subscription.objects.active().filter(kind=Subscription.Kind.REPLIES, commenter=writer)
            rows = list(subscriptions.select_related("address"))
            outbox.insert_notices(
                [outbox.notice_for(row, kind, comment=answer.comment) for row in rows for kind in kinds]
            )
    outbox.send()
