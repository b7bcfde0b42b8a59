"""`manage.py check_threads [--repair]`: is every thread whole, is every stored count right?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from comments import checking
from comments.models import Comment


class Command(BaseCommand):
    help = "Verifies every thread's shape and every stored count; ends with 1 when something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put right what is wrong, then verify again")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = self.tell()
        if found and repair:
            checking.repair()
            self.stdout.write(f"Repaired {found}; verifying again.")
            found = self.tell()
        if found:
            raise CommandError(f"{found} wrong." if repair else f"{found} wrong; --repair puts that right.")
        comments, threads = Comment.objects.count(), Comment.objects.roots().count()
        self.stdout.write(f"{comments} comments in {threads} threads: all is well.")

    def tell(self) -> int:
        """A line for each problem; how many there are."""
        found = 0
        for problem in checking.problems():
            found += 1
            self.stdout.write(str(problem))
        return found
