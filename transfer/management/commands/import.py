"""Import essays and comments from another site."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from transfer import importing
from transfer.report import Unreadable


class Command(BaseCommand):
    help = "Imports essays and comments from another site: import wordpress FILE, or import markdown FILE"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("format", choices=sorted(importing.FORMATS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="list what would be imported; change nothing")
        parser.add_argument(
            "--media", type=Path, metavar="FOLDER", help="folder with the old site’s uploads (default: download them)"
        )
        parser.add_argument(
            "--author",
            action="append",
            default=[],
            metavar="OLD=USERNAME",
            help="credit essays by OLD on the old site to the account USERNAME here; can be repeated",
        )

        parser.add_argument(
            "--link-quotations",
            action="store_true",
            help="show a WordPress comment that begins with a sentence of its essay as a comment on that sentence",
        )

    def handle(
        self, *args: Any, file: Path, dry_run: bool, media: Path | None, author: list[str], **options: Any
    ) -> None:
        if media and not os.path.isdir(media):  # noqa: PTH112 – Path.is_dir() raises where it may not look
            raise CommandError(f"{media} is not a folder that this user can open. Nothing was changed.")
        try:
            report = importing.import_file(
                options["format"],
                file,
                folder=media,
                credited=dict(map(parse_author, author)),
                is_dry_run=dry_run,
                links_quotations=options["link_quotations"],
            )
        except Unreadable as error:
            rest = "A part was imported; the next import adds the rest." if error.is_partly_imported else ""
            raise CommandError(f"{file}: {error}. {rest or 'Nothing was changed.'}") from error
        for line in report.lines(is_dry_run=dry_run):
            self.stdout.write(line)


def parse_author(pair: str) -> tuple[str, User]:
    """Parse OLD=USERNAME into the old username and a user. Raises CommandError."""
    old, _, login = pair.partition("=")
    user = User.objects.filter(username=login).first()
    if not old or user is None:
        raise CommandError(
            f"--author {pair}: no account has the username {login!r}. Write OLD=USERNAME. Nothing was changed."
        )
    return old.casefold(), user
