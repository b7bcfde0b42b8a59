"""`manage.py version`: print the versions of Rejoinder, Python, Django and the database."""

from typing import Any

from django.core.management.base import BaseCommand

from server.versions import versions


class Command(BaseCommand):
    help = "Prints the versions of Rejoinder, Python, Django and the database, and the commit in a git checkout."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\n".join(versions()))
