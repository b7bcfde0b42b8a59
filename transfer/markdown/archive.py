"""A folder or a ZIP file of texts and pictures: bounded, and nothing outside it is ever read."""

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from transfer.report import Unreadable
from transfer.zip_names import readable_name

MAX_FILES = 50_000
MAX_BYTES = 8 * 1024**3  # of all files together, unpacked
MAX_RATIO = 200  # of a file's unpacked to its packed size; text is packed to a twentieth at best
RATIO_COUNTS_FROM = 1024**2  # bytes: repetitive small files are harmless
MAX_DIRECTORY_BYTES = MAX_FILES * 200  # of the list of files at the end of a ZIP file, which is read into memory
MAX_TEXT_BYTES = 5 * 1024**2
CHUNK = 1024**2
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "__MACOSX"})
_END, _END_64 = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


class Archive(ABC):
    """Files by their path inside the archive, with slashes."""

    def __init__(self, names: dict[str, str]) -> None:
        composed = {unicodedata.normalize("NFC", name): stored for name, stored in names.items()}  # macOS decomposes
        self.names = without_common_folder(composed)
        """The name in the storage by path; the folder around all files is left out."""
        self.not_read: list[str] = []
        """Files that are left out although they may be part of the site."""

    def __contains__(self, path: object) -> bool:
        return path in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.names))

    @abstractmethod
    def open(self, path: str) -> IO[bytes]:
        """Open a file to read. Raises OSError."""

    def read(self, path: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Return a file's content; one byte more than the limit if it is longer. Raises OSError."""
        with self.open(path) as source:
            return source.read(limit + 1)


class Folder(Archive):
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        outside: list[str] = []
        super().__init__(dict(self._find_files(outside)))
        self.not_read = outside

    def _find_files(self, outside: list[str]) -> Iterator[tuple[str, str]]:
        """Yield the paths of all files; hidden ones, and links that lead `outside` the folder, are left out.

        Raises OSError if a folder cannot be opened.
        """
        count = 0
        for folder, folders, files in os.walk(self.root, onerror=_raise):
            folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in SKIPPED_FOLDERS)
            for name in sorted(files):
                path = Path(folder, name)
                if name.startswith("."):
                    continue
                relative = path.relative_to(self.root).as_posix()
                if not self._is_inside(path):
                    outside.append(relative)
                    continue
                count += 1
                if count > MAX_FILES:
                    raise Unreadable(f"the folder has more than {MAX_FILES:,} files")
                yield relative.encode(errors="surrogateescape").decode(errors="replace"), relative

    def _is_inside(self, path: Path) -> bool:
        """Return whether a path is a file in this folder, links followed."""
        try:
            found = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return False
        return found.is_file() and found.is_relative_to(self.root)

    def open(self, path: str) -> IO[bytes]:
        file = self.root / self.names[path]
        if not self._is_inside(file):
            raise FileNotFoundError(path)
        return file.open("rb")


def _raise(error: OSError) -> None:
    raise error


class ZipArchive(Archive):
    """A ZIP file, of which every file is read once to check it. Raises Unreadable."""

    def __init__(self, file: Path) -> None:
        try:
            check_directory(file)
            self.packed = zipfile.ZipFile(file)
            infos = [info for info in self.packed.infolist() if not info.is_dir()]
            if any(info.filename.startswith("rows/") for info in infos) and "manifest.json" in self.packed.namelist():
                raise Unreadable("this is a backup, not an export; restore it with: manage.py restore FILE")
            check_bounds(infos)
            names = {
                readable_name(info).replace("\\", "/"): info.filename for info in infos
            }  # as old Windows programs write
            super().__init__({name: stored for name, stored in names.items() if not is_skipped(name)})
            for info in infos:
                self._check_file(info)
        except OSError as error:
            raise Unreadable(error.strerror or "the file cannot be read") from error
        except _DAMAGED as error:
            raise Unreadable("the ZIP file is damaged or incomplete") from error

    def _check_file(self, info: zipfile.ZipInfo) -> None:
        """Unpack a file to compare it with its checksum."""
        with self.packed.open(info) as source:
            while source.read(CHUNK):
                pass

    def open(self, path: str) -> IO[bytes]:
        return self.packed.open(self.names[path])


def open_archive(path: Path) -> Archive:
    """Open a folder or a ZIP file. Raises Unreadable."""
    if path.is_dir():
        return Folder(path)
    if is_incomplete(path):
        raise Unreadable("the ZIP file is damaged or incomplete")
    if not zipfile.is_zipfile(path):
        raise Unreadable("this is neither a folder nor a ZIP file")
    return ZipArchive(path)


def is_incomplete(file: Path) -> bool:
    """Return whether a file begins as a ZIP file but has no end, as after an interrupted download."""
    with file.open("rb") as source:
        return source.read(4) == b"PK\3\4" and not zipfile.is_zipfile(file)


def check_directory(file: Path) -> None:
    """Refuse a ZIP file whose list of files is too long, before it is read. Raises Unreadable."""
    with file.open("rb") as source:
        size = source.seek(0, os.SEEK_END)
        source.seek(max(0, size - 66_000))
        tail = source.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + _END.size:
        raise zipfile.BadZipFile
    listed = _END.unpack_from(tail, end)[5]
    end_64 = tail.rfind(b"PK\6\6", 0, end)
    if end_64 >= 0 and len(tail) >= end_64 + _END_64.size:
        listed = max(listed if listed != 0xFFFFFFFF else 0, _END_64.unpack_from(tail, end_64)[8])
    if listed > MAX_DIRECTORY_BYTES:
        raise Unreadable(f"the ZIP file has more than {MAX_FILES:,} files")


def check_bounds(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse a ZIP file with too many or too large files, or with names that lead out of it. Raises Unreadable."""
    if len(infos) > MAX_FILES:
        raise Unreadable(f"the ZIP file has more than {MAX_FILES:,} files")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise Unreadable(f"the files in the ZIP file are larger than {MAX_BYTES // 1024**3} GB together")
    names = set()
    for info in infos:
        name = shown_name(info.filename)
        if not is_safe(info.filename):
            raise Unreadable(f"the ZIP file has a file outside its folder: {name}")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Unreadable(f"the ZIP file has a symbolic link: {name}")
        if info.flag_bits & 1:
            raise Unreadable("the ZIP file is encrypted")
        if info.file_size > max(RATIO_COUNTS_FROM, MAX_RATIO * info.compress_size):
            raise Unreadable(f"a file in the ZIP file unpacks to more than {MAX_RATIO} times its size: {name}")
        if info.filename in names:
            raise Unreadable(f"the ZIP file has two files with the same name: {name}")
        names.add(info.filename)


def is_safe(name: str) -> bool:
    """Return whether a name in a ZIP file is a relative path that stays in its folder, on every system."""
    name = name.replace("\\", "/")
    if not name or "\0" in name or ":" in name.partition("/")[0]:
        return False
    return not name.startswith("/") and ".." not in name.split("/")


def is_skipped(name: str) -> bool:
    """Return whether a file is hidden or in a folder that no site needs."""
    return any(part.startswith(".") or part in SKIPPED_FOLDERS for part in name.split("/"))


def shown_name(name: str) -> str:
    """Return a name for a message: printable and short."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:80])


def without_common_folder(names: dict[str, str]) -> dict[str, str]:
    """Leave out the folder that all files are in, as in the ZIP file of a repository, unless it has a meaning."""
    first = {name.partition("/")[0] for name in names if "/" in name}
    if len(first) != 1 or any("/" not in name for name in names):
        return names
    folder = first.pop()
    if folder in {"content", "media"} or folder.startswith("_"):
        return names
    return {str(PurePosixPath(name).relative_to(folder)): stored for name, stored in names.items()}
