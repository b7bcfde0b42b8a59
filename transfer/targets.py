"""Where a backup or an export may be written: to a new file, an empty one, or one that it wrote before."""

import stat
from collections.abc import Callable
from pathlib import Path


def check_file(file: Path, is_own: Callable[[Path], bool], kind: str) -> None:
    """Refuse to replace a file unless it is empty or `is_own` recognizes it by its content. Raises OSError."""
    if not file.parent.is_dir():
        raise OSError(f"the folder {file.parent} does not exist")
    if file.is_dir():
        raise OSError("this is a folder: name a file in it")
    try:
        found = file.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or (found.st_size and not is_own(file)):
        raise OSError(f"this file exists and is not {kind}: name another file, or delete this one first")


def check_folder(folder: Path) -> None:
    """Refuse a folder that has files, or whose own folder does not exist. Raises OSError."""
    if not folder.resolve().parent.is_dir():
        raise OSError(f"the folder {folder.resolve().parent} does not exist")
    if folder.is_dir() and any(folder.iterdir()):
        raise OSError("the folder is not empty: name a new folder or an empty one")
