"""What came to the queue as one mail an hour or a day, for moderators who want it so."""

from datetime import datetime

from django.db import transaction

from accounts.models import QueueMail, User
from comments.models import Notice


def gather(until: datetime, *, daily: bool) -> None:
    """Owe one mail to each for what was gathered for them before that moment: to those who want one a day, or the rest.

    The rest: also what was gathered for somebody who has come to want it at once.
    """
    parts = Notice.objects.filter(
        state=Notice.State.GATHERED, daily=None, created__lt=until, kind__in=Notice.OF_QUEUE, recipient__isnull=False
    )
    wanted = {"recipient__queue_mail": QueueMail.DAILY}
    parts = parts.filter(**wanted) if daily else parts.exclude(**wanted)
    for recipient, email in parts.order_by("recipient").values_list("recipient", "email").distinct():
        with transaction.atomic():
            sum_ = Notice.objects.create(kind=Notice.Kind.QUEUE, email=email, recipient_id=recipient)
            if not parts.filter(recipient=recipient, email=email).update(daily=sum_):  # another worker was first
                sum_.delete()


@transaction.atomic
def choose(user: User, how: QueueMail) -> None:
    """How somebody hears of the queue from now on."""
    User.objects.filter(pk=user.pk).update(queue_mail=how)
    user.queue_mail = how
    if how == QueueMail.NONE:
        unsent = Notice.objects.filter(recipient=user, kind__in=Notice.OF_QUEUE)
        waiting = (Notice.State.READY, Notice.State.GATHERED)
        unsent.filter(state__in=waiting, daily=None).update(state=Notice.State.DROPPED)
