"""`manage.py worker`: does the jobs and keeps the clock; `serve` runs one beside the site."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import autodiscover_modules

from server import database, fence, modes
from server.worker import Worker


class Command(BaseCommand):
    help = "Does the jobs that the site hands on, and the periodic ones."
    # `migrate` and `serve` ask them before: here they would only read every view, at each start after a death.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        database.limit_statements()
        modes.restrict(settings.DATA_DIR)
        worker = Worker()
        fence.once_told(fence.STOPS, worker.stop)
        autodiscover_modules("jobs")
        worker.run()
