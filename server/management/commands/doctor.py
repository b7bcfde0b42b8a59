"""`manage.py doctor`: what is not yet right about this installation; ends with 1 when something is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from server.doctor import Gravity, findings


class Command(BaseCommand):
    help = "Says in words what is not yet right about this installation."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings()
        for finding in found:
            self.stdout.write(f"{finding.gravity.name.lower():8}{finding}")
        if not found:
            self.stdout.write("Everything that can be looked at from here is right.")
        if any(finding.gravity is Gravity.ERROR for finding in found):
            sys.exit(1)
