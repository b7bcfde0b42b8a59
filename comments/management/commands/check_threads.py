"""`manage.py check_threads [--repair]`: checks every thread and every stored count."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from comments import checking
from comments.models import Comment


class Command(BaseCommand):
    help = "Checks every thread and every stored count. Exits with status 1 if it finds a problem."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="fix the problems, then check again")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = self.report()
        if found and repair:
            checking.repair()
            self.stdout.write(f"Fixed {count_text(found)}. Checking again.")
            found = self.report()
        if found:
            raise CommandError(f"Found {count_text(found)}.{'' if repair else ' Use --repair to fix them.'}")
        comments, threads = Comment.objects.count(), Comment.objects.roots().count()
        self.stdout.write(f"{comments} comments in {threads} threads checked. No problems found.")

    def report(self) -> int:
        """Print each problem, and return how many there are."""
        found = 0
        for problem in checking.problems():
            found += 1
            self.stdout.write(str(problem))
        return found


def count_text(problems: int) -> str:
    """Return “1 problem” or “2 problems”."""
    return "1 problem" if problems == 1 else f"{problems} problems"
