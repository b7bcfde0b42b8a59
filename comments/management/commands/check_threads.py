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
            self.stdout.write(f"Fixed {counted(found)}. Checking again.")
            found = self.report()
        if found:
            raise CommandError(
                f"Found {counted(found)}." if repair else f"Found {counted(found)}. Use --repair to fix them."
            )
        comments, threads = Comment.objects.count(), Comment.objects.roots().count()
        self.stdout.write(f"{comments} comments in {threads} threads checked. No problems found.")

    def report(self) -> int:
        """Print each problem, and return how many there are."""
        found = 0
        for problem in checking.problems():
            found += 1
            self.stdout.write(str(problem))
        return found


def counted(problems: int) -> str:
    return "1 problem" if problems == 1 else f"{problems} problems"
