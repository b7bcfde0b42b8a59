"""Write all essays and comments to a file for other programs, or as a static copy."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transfer import exporting
from transfer.report import count_lines


class Command(BaseCommand):
    help = "Exports the site: export wordpress FILE.xml, export markdown FILE.zip, or export static FOLDER"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("format", choices=sorted([*exporting.FORMATS, *exporting.FOLDER_FORMATS]))
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            is_folder = options["format"] in exporting.FOLDER_FORMATS
            report = (exporting.write_folder if is_folder else exporting.write)(options["format"], file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}. Nothing was written.") from error
        self.stdout.write(f"Exported to {file}:")
        for line in count_lines(report.counts):
            self.stdout.write(line)
        self.stdout.write(exporting.OMITTED[options["format"]])
        for line in report.omissions():
            self.stdout.write(line)
