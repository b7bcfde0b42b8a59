"""Permissions of the installation's files, which are closed to other users of the machine."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def restrict(folder: Path) -> None:
    """Close a folder and everything in it to other users."""
    for path, status in _all_in(folder):
        if status.st_mode & OTHERS:
            with suppress(OSError):  # of another user, which the doctor reports, or just deleted
                path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def count_open(folder: Path) -> int:
    """Return how many files and folders other users can access."""
    return sum(bool(status.st_mode & OTHERS) for _, status in _all_in(folder))


def count_foreign(folder: Path) -> int:
    """Return how many files and folders do not belong to the user of this process."""
    return sum(status.st_uid != os.geteuid() for _, status in _all_in(folder))


def _all_in(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the folder and everything in it, except links and their targets."""
    yield folder, folder.stat()
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            with suppress(FileNotFoundError):
                status = path.lstat()
                if not stat.S_ISLNK(status.st_mode):
                    yield path, status
