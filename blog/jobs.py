"""What the clock does for essays: pictures get the forms that nobody has asked for yet."""

from datetime import timedelta

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from blog.images import renditions
from blog.models import Image
from server.jobs.tasks import UNFINISHED, every, job

SOON = timedelta(hours=1)  # by then the job that came with it is done
AT_ONCE = 200


@every(hours=1)
@job()
def render_forgotten() -> None:
    """Those that are older than the forms are, and those whose job was lost; each is a job of its own."""
    if DBTaskResult.objects.filter(task_path=renditions.render.module_path, status__in=UNFINISHED).exists():
        return
    for pk in Image.objects.unrendered(timezone.now() - SOON).values_list("pk", flat=True)[:AT_ONCE]:
        renditions.render.using(priority=renditions.AFTER_EVERYTHING_ELSE).enqueue(pk)
