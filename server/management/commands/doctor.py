"""`manage.py doctor`: list what is wrong with this installation, and exit with 1 on errors, 2 without a database."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import connection

from server.doctor import Finding, Severity, findings, live_findings
from server.versions import versions


class Command(BaseCommand):
    help = "Checks this installation and lists what needs fixing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--live",
            action="store_true",
            help="also test the mail server (by sending an email), DNS, Redis, the bucket and the site at SITE_URL",
        )
        parser.add_argument(
            "--to", default="", metavar="EMAIL", help="recipient of the test email (default: the owner)"
        )

    def handle(self, *args: Any, live: bool, to: str, **options: Any) -> None:
        self.stdout.write(", ".join(versions()))
        if to:
            check_recipient(to, live)
        found, is_hanging = live_findings(to, is_command=True) if live else (findings(), False)
        for finding in found:
            self.stdout.write(f"{finding.severity.name.lower():8}{finding}")
        if not found:
            self.stdout.write("No problems found.")
        status = exit_status(found)
        if is_hanging:  # perhaps in threads that a normal exit would wait for
            self.stdout.flush()
            os._exit(status)
        if status:
            sys.exit(status)


def check_recipient(address: str, is_live: bool) -> None:
    """Raise CommandError if no test email can be sent to the address."""
    if not is_live:
        raise CommandError("--to is the recipient of the test email, so it needs --live.")
    try:
        validate_email(address)
    except ValidationError:
        raise CommandError(f"{address} is not an email address.") from None


def exit_status(found: list[Finding]) -> int:
    """Return 2 if the checks could not connect to the database, 1 if they found errors, else 0."""
    if connection.connection is None:
        return 2
    return int(any(finding.severity is Severity.ERROR for finding in found))
