"""`manage.py search rebuild`: indexes all essays, notes and comments again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from search import rebuilding


class Command(BaseCommand):
    help = "Rebuilds the search index. The site can stay online."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["rebuild"], help="index all essays, notes and comments again")

    def handle(self, *args: Any, **options: Any) -> str:
        return f"Indexed {rebuilding.rebuild():,} essays and comments."
