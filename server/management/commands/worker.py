"""`manage.py worker`: runs jobs and the schedule; `serve` starts one too."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import autodiscover_modules

from server import database, file_modes, running
from server.jobs.worker import Worker
from server.processes import signals


class Command(BaseCommand):
    help = "Runs background and scheduled jobs. `serve` already includes a worker."
    # `migrate` and `serve` run them before: here they would only import every view at each restart.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        database.limit_statements()
        file_modes.restrict(settings.DATA_DIR)
        running.hold_or_stop()
        worker = Worker()
        signals.on_first_signal(signals.STOP_SIGNALS, worker.stop)
        signals.guard_children()
        autodiscover_modules("jobs")
        worker.run()
