"""Write the whole site to one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transfer.backup import checking, places
from transfer.backup.archive import Damaged
from transfer.backup.filling import OtherVersion
from transfer.backup.making import Made, NotMigrated, make


class Command(BaseCommand):
    help = (
        "Backs up the site to a file while it runs: backup FILE. Without FILE, to BACKUP_FOLDER or BACKUP_BUCKET. "
        "backup --check FILE checks that a backup can be restored. It does not change the site."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument(
            "--keep",
            metavar="7d4w6m",
            help="keep the newest backup of each of the last 7 days, 4 weeks and 6 months, and delete the others in "
            "BACKUP_FOLDER or BACKUP_BUCKET",
        )
        parser.add_argument("--check", action="store_true", help="check that the file is a backup that can be restored")

    def handle(self, *args: Any, file: Path | None, keep: str | None, check: bool, **options: Any) -> None:
        if check:
            self.check_file(file)
            return
        if keep is not None:
            try:
                places.parse_keep(keep)
            except ValueError:
                raise CommandError("Write --keep as days, weeks and months, such as 7d4w6m.") from None
            if file:
                raise CommandError("--keep works only in BACKUP_FOLDER or BACKUP_BUCKET. Leave out FILE.")
        try:
            made = self.write(file)
        except NotMigrated:
            raise CommandError("The database needs migrating. Run: manage.py migrate") from None
        except places.NoFolder as error:
            raise CommandError(f"{error.problem} Nothing was written. {error.remedy}") from None
        except OSError as error:
            raise CommandError(
                f"{file or places.describe()}: {error.strerror or error}. Nothing was written."
            ) from error
        self.stdout.write(f"{made.rows:,} rows and {made.files:,} files, {made.bytes / 1_000_000:,.1f} MB.")
        for name in made.missing:
            self.stdout.write(f"Not in the backup, because the file is missing: {name}")
        if keep is not None:
            self.thin(keep)
        self.stdout.write("Not in the backup: SECRET_KEY and other secrets. Keep them in another safe place.")

    def write(self, file: Path | None) -> Made:
        if file:
            made = make(file)
            self.stdout.write(f"Backed up to {file}:")
            return made
        place = places.configured()
        if place is None:
            raise CommandError("Name a file (backup FILE), or set BACKUP_FOLDER or BACKUP_BUCKET.")
        name, made = places.add(place)
        self.stdout.write(f"Backed up to {places.describe()}/{name}:")
        return made

    def thin(self, keep: str) -> None:
        if place := places.configured():
            try:
                deleted = places.thin(place, keep)
            except OSError as error:
                raise CommandError(
                    f"The backup was made, but old ones could not be deleted: {error.strerror or error}."
                ) from error
            for name in deleted:
                self.stdout.write(f"Deleted {name}.")

    def check_file(self, file: Path | None) -> None:
        if file is None:
            raise CommandError("Name the file to check: backup --check FILE")
        try:
            manifest = checking.check(file)
        except Damaged as error:
            raise CommandError(f"{file}: {error}.") from error
        except OtherVersion as error:
            raise CommandError(other_version(file, error)) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}.") from error
        count = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(f"{file} can be restored: {count:,} rows and all files are intact.")


def other_version(file: Path, error: OtherVersion) -> str:
    """Say that a backup comes from a version that this one does not know."""
    return f"{file}: this backup was made by version {error}. Install that version, or a newer one, to restore it."
