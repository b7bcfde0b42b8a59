"""`manage.py doctor`: list what is wrong with this installation, and exit with 1 on errors, 2 without a database."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from server.doctor import Severity, findings


class Command(BaseCommand):
    help = "Checks this installation and lists what needs fixing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings()
        for finding in found:
            self.stdout.write(f"{finding.severity.name.lower():8}{finding}")
        if not found:
            self.stdout.write("No problems found.")
        try:
            connection.ensure_connection()
        except Error:
            sys.exit(2)
        if any(finding.severity is Severity.ERROR for finding in found):
            sys.exit(1)
