"""Periodic job that makes missing renditions of pictures."""

from datetime import timedelta

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from blog.images import renditions
from blog.models import Image
from server.jobs.tasks import UNFINISHED, every, job

GRACE_PERIOD = timedelta(hours=1)  # the upload's own job is done by then
BATCH_SIZE = 200


@every(hours=1)
@job()
def render_missing() -> None:
    """Enqueue a job for each picture without renditions, whose own job was lost or which is older than renditions."""
    if DBTaskResult.objects.filter(task_path=renditions.render.module_path, status__in=UNFINISHED).exists():
        return
    for pk in Image.objects.unrendered(timezone.now() - GRACE_PERIOD).values_list("pk", flat=True)[:BATCH_SIZE]:
        renditions.render.using(priority=renditions.LOWEST_PRIORITY).enqueue(pk)
