"""Checks a backup by restoring it into a scratch database and reading all of it again."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from transfer import databases, scratch
from transfer.backup import rows
from transfer.backup.archive import Damaged, Manifest, Reader
from transfer.backup.filling import check_version, fill
from transfer.backup.making import MEDIA, ROWS


def check(path: Path) -> Manifest:
    """Restore a backup into a scratch database, compare every row and file, and return its manifest.

    Raises Damaged, OtherVersion, or an OSError.
    """
    with Reader(path) as backup, scratch.folder(settings.DATA_DIR, ".check-") as folder:
        check_version(backup)
        with databases.new_sqlite(folder / "scratch.sqlite3"):
            apps = fill(backup)
            for label in backup.manifest["tables"]:
                with backup.open(f"{ROWS}/{label}.jsonl") as source:
                    first = source.readline()
                    found = _Lines()
                    rows.write(apps.get_model(label), json.loads(first), DEFAULT_DB_ALIAS, found)
                    if found.sum != sum_of([first]) + sum_of(source):
                        raise Damaged(f"rows of {label} are different after restoring")
        for name in backup.names(MEDIA):
            if backup.checksum(name) != backup.manifest["files"][name]:
                raise Damaged(f"the file {name} in it is damaged")
        return backup.manifest


class _Lines:
    """Counts the lines that are written to it, whatever their order: databases sort text differently."""

    def __init__(self) -> None:
        self.sum = 0

    def write(self, data: bytes) -> int:
        self.sum += sum_of([data])
        return len(data)


def sum_of(lines: Iterable[bytes]) -> int:
    """Return a checksum of lines in any order."""
    return sum(int.from_bytes(hashlib.sha256(line).digest()) for line in lines)
