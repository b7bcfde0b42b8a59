"""Completes an essay's corrections that were still to come, after its text has changed."""

from blog.models import Essay
from comments.answers import actions
from server.jobs.tasks import job


@job(retry=True)
def complete_corrections(essay: int) -> None:
    """Give the corrections that are still to come the version that readers see now. Running twice changes nothing."""
    if found := Essay.objects.filter(pk=essay).first():
        actions.complete_corrections(found)
