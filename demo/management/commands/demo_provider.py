"""`manage.py demo_provider`: imitates X, Facebook, WordPress.com and an OpenID Connect server on loopback."""

import signal
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

TAKEN = 2
ENDS = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = (
        "Imitates X, Facebook, WordPress.com and an OpenID Connect server for the demo. Stop it with Ctrl-C or SIGTERM."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = urlsplit(settings.DEMO_PROVIDER_URL).port
        parser.add_argument("--port", type=int, default=port, help="default: the site’s port plus 1")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        # Blocked in every thread, so that only sigwait gets them: a handler runs only when the main thread next wakes.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            from demo.identity_provider.server import serve
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        try:
            with serve(port) as demo:
                self.stdout.write(f"The demo identity provider is running at {demo.base}.")
                self.stdout.flush()
                signal.sigwait(ENDS)
        except OSError as error:
            message = f"The demo identity provider cannot listen on port {port}: {error.strerror}."
            raise CommandError(message, returncode=TAKEN) from error
