"""`manage.py dev`: the development server, which restarts when a file changes, and the job worker."""

import atexit
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import CommandError, execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.utils import autoreload
from whitenoise.runserver_nostatic.management.commands import runserver

from server.management.commands.serve import demo_lines
from server.processes import signals
from server.processes.supervisor import Supervisor

COMMANDS = {"job worker": "worker", "demo identity provider": "demo_provider"}


class Command(runserver.Command):
    help = "Runs a development server that restarts when a Python file or a template changes. Needs DEBUG=1."
    default_port = str(settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This server is for development. Set DEBUG=1, or run: manage.py serve")
        super().handle(*args, **options)

    def get_handler(self, *args: Any, **options: Any) -> Any:
        """Return Django's application without the page cache, so that every change is visible at the next request."""
        return get_wsgi_application()

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Start the supervised commands, then the server."""
        # Django only clears its template loaders; comments' templates are compiled once per process.
        autoreload.file_changed.disconnect(dispatch_uid="template_loaders_file_changed")
        signals.guard_children()
        for name, command in COMMANDS.items():
            supervisor = Supervisor(name, partial(execute_from_command_line, [sys.argv[0], command]))
            supervisor.start()
            supervisor.has_started.wait()
            atexit.register(supervisor.stop)  # a restart exits this process and starts it again
        self.stdout.write("\n".join(demo_lines(f"http://{self.addr}:{self.port}")))
        super().inner_run(*args, **options)
