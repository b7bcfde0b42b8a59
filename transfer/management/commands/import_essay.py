"""Create a draft from one document."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from transfer.document import MAX_BYTES, import_document
from transfer.report import Unreadable


class Command(BaseCommand):
    help = "Creates a draft from a .docx, .html or .md file: import_essay FILE [--author USERNAME] [--dry-run]"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--author", default="", metavar="USERNAME", help="username of the author")
        parser.add_argument("--dry-run", action="store_true", help="list what would be imported; change nothing")

    def handle(self, *args: Any, file: Path, author: str, dry_run: bool, **options: Any) -> None:
        by = User.objects.filter(username=author).first() if author else None
        if author and by is None:
            raise CommandError(f"--author {author}: no account has this username. Nothing was changed.")
        try:
            with file.open("rb") as source:
                data = source.read(MAX_BYTES + 1)
            essay, report = import_document(file.name, data, by=by, folder=file.parent, is_dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}. Nothing was changed.") from error
        except Unreadable as error:
            raise CommandError(f"{file}: {error}. Nothing was changed.") from error
        for line in report.lines(is_dry_run=dry_run):
            self.stdout.write(line)
        if not dry_run:
            self.stdout.write(f"Created the draft “{essay}”: /admin/blog/essay/{essay.pk}/change/")
