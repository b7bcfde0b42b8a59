"""`manage.py worker`: does the jobs and keeps the clock; `serve` runs one beside the site."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import autodiscover_modules

from server import database, file_modes
from server.jobs.worker import Worker
from server.processes import signals


class Command(BaseCommand):
    help = "Runs background and scheduled jobs. `serve` starts a worker itself."
    # `migrate` and `serve` ask them before: here they would only read every view, at each start after a death.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        database.limit_statements()
        file_modes.restrict(settings.DATA_DIR)
        worker = Worker()
        signals.once_told(signals.STOPS, worker.stop)
        autodiscover_modules("jobs")
        worker.run()
