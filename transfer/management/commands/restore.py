"""Restore a site from a backup."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from server.running import SiteIsRunning
from transfer import scratch
from transfer.backup import places
from transfer.backup.archive import Damaged
from transfer.backup.filling import OtherVersion
from transfer.backup.restoring import HasContent, Restored, restore
from transfer.management.commands.backup import other_version
from transfer.report import pluralize


class Command(BaseCommand):
    help = "Restores a backup while the site is stopped: a file, or the name of one in BACKUP_FOLDER or BACKUP_BUCKET"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="replace everything that this site has")
        parser.add_argument(
            "--send-waiting",
            action="store_true",
            help="send the emails that were waiting when the backup was made (default: they are canceled, because the "
            "old site may have sent them since)",
        )

    def handle(self, *args: Any, file: Path, replace: bool, send_waiting: bool, **options: Any) -> None:
        with scratch.folder(settings.DATA_DIR, ".restore-") as folder:
            try:
                source = self.find(file, folder)
                restored = restore(source, replaces=replace, sends_waiting=send_waiting)
            except HasContent as error:
                raise CommandError(
                    f"This site has {error}. Nothing was changed. To replace everything, add --replace."
                ) from error
            except SiteIsRunning as error:
                raise CommandError(f"The site is running {error}. Stop it first. Nothing was changed.") from error
            except Damaged as error:
                raise CommandError(f"{file}: {error}. Nothing was changed.") from error
            except OtherVersion as error:
                raise CommandError(f"{other_version(file, error)} Nothing was changed.") from error
            except DatabaseError as error:
                message = " ".join(str(error).split()).rstrip(".")
                raise CommandError(
                    f"{file}: the database rejected the backup: {message}. Nothing was changed."
                ) from error
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror or error}.") from error
        for line in lines(restored):
            self.stdout.write(line)

    def find(self, file: Path, folder: Path) -> Path:
        """Return the file, or fetch the backup of that name from where the site keeps its backups."""
        if not file.exists() and len(file.parts) == 1 and (place := places.configured()):
            return places.fetch(place, file.name, folder)
        return file


def lines(restored: Restored) -> list[str]:
    """Describe what was restored and what is left to do."""
    made = restored.made[:16].replace("T", " ")
    return [
        f"Restored the backup of {made} UTC: {restored.rows:,} rows and {restored.files:,} files.",
        "Everyone has to log in again.",
        *([OTHER_KEY] if restored.has_other_key else []),
        *(
            [
                f"Canceled {pluralize(restored.unsent, 'waiting email(s)')}.",
                "To send waiting emails, restore again with --replace --send-waiting.",
            ]
            if restored.unsent
            else []
        ),
        *([f"Secrets to set again: {', '.join(restored.secrets)}"] if restored.secrets else []),
        *(["Settings of the old site that are not set here:"] if restored.settings else []),
        *(f"  {setting}" for setting in restored.settings),
        "Next: manage.py doctor",
    ]


OTHER_KEY = (
    "SECRET_KEY is not the old site’s. Set the old key. Without it, authenticator apps and recovery codes must be set "
    "up again, and links in emails already sent stop working."
)
