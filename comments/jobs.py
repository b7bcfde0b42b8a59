"""What the clock does for discussions."""

from datetime import timedelta

from django.utils import timezone

from comments import notices
from comments.models import Like, Wording
from server.jobs import every, job

NETWORKS_KEPT = timedelta(days=30)


@every(minutes=1)
@job()
def send_due() -> None:
    """What was put off, or left by a worker that died."""
    notices.send()


@every(days=1)
@job()
def forget_networks() -> None:
    for model in (Wording, Like):
        old = model._default_manager.filter(created__lt=timezone.now() - NETWORKS_KEPT).exclude(network="")
        old.update(network="")
