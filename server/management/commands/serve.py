"""`manage.py serve`: the site and the job worker."""

import logging
import os
import sys
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from server import file_modes, running, static_files
from server.doctor import findings
from server.http import health
from server.processes import serve, signals

DEMO = ("owner", "author", "moderator")


class Command(BaseCommand):
    help = "Runs the site and the job worker until SIGTERM or Ctrl-C. SIGHUP restarts them without a pause."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default: PORT or 8000)")
        parser.add_argument("--no-demo-provider", action="store_true", help="do not start the demo identity provider")
        processes = "number of server processes (default: WEB_CONCURRENCY)"
        parser.add_argument("--processes", type=int, default=settings.WEB_CONCURRENCY, help=processes)

    def handle(self, *args: Any, host: str, port: int, processes: int, no_demo_provider: bool, **options: Any) -> None:
        signals.die_with_parent()
        if not 1 <= processes <= settings.MAX_PROCESSES:
            raise CommandError(f"--processes must be a whole number from 1 to {settings.MAX_PROCESSES}.", returncode=2)
        if port != settings.PORT:  # the settings make the site's address from it
            os.environ["PORT"] = str(port)
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        file_modes.restrict(settings.DATA_DIR)
        running.hold_or_stop()
        self.check_migrations()
        if not static_files.are_collected():
            self.stdout.write("Collecting static files.")
            static_files.collect()
        commands = {"job worker": "worker"}
        if settings.DEMO_PROVIDER_URL and not no_demo_provider:
            commands["demo identity provider"] = "demo_provider"
        serve.close_connections()
        try:
            status = serve.serve(
                host, port, processes=processes, commands=commands, on_ready=lambda: self.greet(host, port)
            )
        except serve.CannotListen as error:
            raise CommandError(str(error), returncode=2) from None
        logging.shutdown()
        self.stdout.flush()
        os._exit(status)  # taking all modules apart would cost half a second of a restart

    def check_migrations(self) -> None:
        """Stop if migrations are pending; under DEBUG only say so."""
        pending = health.pending_migrations()
        if not pending:
            return
        names = ", ".join(pending[:3]) + (" …" if len(pending) > 3 else "")
        message = f"The database needs migrating ({len(pending)} pending: {names}). Run: manage.py migrate"
        if not settings.DEBUG:
            raise CommandError(message)
        self.stderr.write(message)

    def greeting(self, host: str, port: int) -> list[str]:
        """Return the lines to print once the site runs: its URL, and demo logins or the doctor's findings."""
        here = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        if settings.DEBUG:
            return [f"Rejoinder is running at {here} (press Ctrl-C to stop it).", *demo_lines(here)]
        where = here if here == settings.SITE_URL else f"{settings.SITE_URL}, listening on {here}"
        found = findings(is_served=False)
        notices = ["Needs attention:", *(f"- {each}" for each in found)] if found else []
        return [f"Rejoinder is running at {where}.", *notices]

    def greet(self, host: str, port: int) -> None:
        """Print the greeting, once the site is ready: the findings take a tenth of a second."""
        with signals.fork_lock:  # no process may be forked with our connections
            lines = self.greeting(host, port)
            serve.close_connections()
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def demo_lines(here: str) -> list[str]:
    """Return lines with the demo's logins and where emails are written, for the site at the URL `here`."""
    lines = []
    with suppress(Error):
        people = get_user_model()._default_manager.filter(username__in=DEMO).values_list("username", flat=True)
        if names := sorted(people, key=DEMO.index):
            lines.append(f"Log in at {here}/accounts/login/ as {', '.join(names)} (password: demo).")
    if folder := getattr(settings, "EMAIL_FILE_PATH", ""):
        lines.append(f"Emails are written to {folder}.")
    return lines
