"""Temporary files and folders that are locked while in use, so that those of killed processes are found and removed."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RANDOM = "[a-z0-9_]+"  # as tempfile.mkdtemp ends a name


@contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Create a folder that is removed at the end, and remove those with this prefix that killed processes left."""
    remove_abandoned(parent, f"{re.escape(prefix)}{RANDOM}")
    path, descriptor = _create_locked(parent, prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _create_locked(parent: Path, prefix: str) -> tuple[Path, int]:
    """Create a folder and lock it; again if another process took it for an abandoned one before it was locked."""
    while True:
        path = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            if lock(descriptor):
                return path, descriptor
            os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Lock a new file or folder until it is closed; return False if it was removed before."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks, on which nothing is ever abandoned either
    return os.fstat(descriptor).st_nlink > 0


def remove_abandoned(parent: Path, pattern: str) -> None:
    """Remove the files and folders whose names match the pattern and that no process holds a lock on."""
    with suppress(OSError):
        for path in list(parent.iterdir()):
            if re.fullmatch(pattern, path.name):
                _remove_unless_locked(path)


def _remove_unless_locked(path: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        finally:
            os.close(descriptor)
