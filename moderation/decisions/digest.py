"""Digests of the queue for moderators, once an hour or once a day."""

from datetime import datetime

from django.db import transaction

from accounts.models import QueueMail, User
from comments.models import Notice
from comments.notifications import moderator_emails


def build_digests(until: datetime, *, daily: bool) -> None:
    """Create one digest for each moderator from the notices gathered before `until`.

    `daily` chooses the moderators who want one a day. The others get one an hour, also those who are emailed
    immediately: theirs has what exceeded the limit of immediate emails.
    """
    parts = Notice.objects.filter(state=Notice.State.GATHERED, digest=None, kind__in=Notice.QUEUE_KINDS)
    parts = parts.filter(created__lt=until, recipient__isnull=False)
    wanted = moderator_emails.has_frequency(QueueMail.DAILY, lookup="recipient__queue_mail")
    parts = parts.filter(wanted) if daily else parts.exclude(wanted)
    for recipient, email in parts.order_by("recipient").values_list("recipient", "email").distinct():
        with transaction.atomic():
            summary = Notice.objects.create(kind=Notice.Kind.QUEUE, email=email, recipient_id=recipient)
            if not parts.filter(recipient=recipient, email=email).update(digest=summary):  # another worker was first
                summary.delete()


@transaction.atomic
def set_email_frequency(user: User, how: QueueMail) -> None:
    """Change how often a moderator is emailed; for "never", drop what has not been sent yet."""
    User.objects.filter(pk=user.pk).update(queue_mail=how)
    user.queue_mail = how
    if moderator_emails.frequency_for(user) == QueueMail.NONE:
        unsent = Notice.objects.filter(recipient=user, kind__in=Notice.QUEUE_KINDS)
        waiting = (Notice.State.READY, Notice.State.GATHERED)
        unsent.filter(state__in=waiting, digest=None).update(state=Notice.State.DROPPED)
