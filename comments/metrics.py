"""Metrics of comments and their emails."""

from collections.abc import Iterator

from django.db.models import Min

from comments.models import Comment, Notice, Status
from server.metrics import Gauge, register_gauges
from server.metrics.gauges import age


@register_gauges
def comment_gauges() -> Iterator[Gauge]:
    """Yield the comments and emails that wait, and the emails that failed."""
    pending = Comment.objects.filter(status=Status.PENDING).count()
    yield Gauge("pending_comments", "Comments awaiting moderation.", pending)
    due = Notice.objects.due().order_by()
    yield Gauge("emails", "Emails that are due, or could not be sent.", due.count(), {"state": "waiting"})
    yield Gauge("emails", "", Notice.objects.failed().count(), {"state": "failed"})
    oldest = due.aggregate(Min("due"))["due__min"]
    yield Gauge("oldest_waiting_email_seconds", "Time since the oldest of these emails was due.", age(oldest))
