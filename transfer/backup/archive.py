"""The file of a backup: a zip archive whose comment is a checksum of everything before it."""

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self, TypedDict, cast

from transfer import scratch

FORMAT = 1
MANIFEST = "manifest.json"
_START = b"PK\x03\x04"
_LABEL = b"sha256:"
_DIGEST_BYTES = 64
_CHUNK = 1024 * 1024


class Table(TypedDict):
    """A table's number of rows, and the last key that its database gave out."""

    rows: int
    last: int | None


class Manifest(TypedDict, total=False):
    """What a backup says about itself. `key` is the fingerprint of SECRET_KEY, `files` are checksums by name."""

    format: int
    version: str
    made: str
    database: str
    key: str
    settings: dict[str, str]
    secrets: list[str]
    migrations: list[tuple[str, str]]
    tables: dict[str, Table]
    files: dict[str, str]


class Damaged(Exception):
    """The file is no backup, or not as it was written; the argument says so in one line."""


class Writer:
    """Writes a new archive, mode 0600, to a temporary name; `finish` moves it into place."""

    def __init__(self, path: Path, siblings: str = "") -> None:
        """`siblings` is a pattern for the names of other backups in the folder, whose unfinished files are removed."""
        self.path = path
        self.siblings = f"{siblings}|{re.escape(path.name)}" if siblings else re.escape(path.name)
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self.checksums: dict[str, str] = {}

    def __enter__(self) -> Self:
        scratch.remove_abandoned(self.path.parent, rf"\.(?:{self.siblings})\.\d+\.part")
        self._file = self._create()
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        return self

    def _create(self) -> IO[bytes]:
        """Create the file and lock it, again if another process took it for an abandoned one before it was locked."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        while True:
            file = os.fdopen(os.open(self.part, flags, 0o600), "w+b")
            if scratch.lock(file.fileno()):
                return file
            file.close()

    def __exit__(self, *_error: object) -> None:
        self.part.unlink(missing_ok=True)  # first: closing writes what is left, which fails again on a full disk
        self._zip.fp = None  # or it would write to the closed file when it is removed
        with suppress(OSError):
            self._file.close()

    @contextmanager
    def member(self, name: str, *, is_compressed: bool = True) -> Iterator["_Hashing"]:
        """Add a file; write its bytes inside this block."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if is_compressed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            hashing = _Hashing(file)
            yield hashing
        self.checksums[name] = hashing.digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the checksum of the whole file, and move the file into place."""
        text = json.dumps({"format": FORMAT, **manifest, "files": self.checksums}, ensure_ascii=False, indent=1)
        self._zip.writestr(MANIFEST, text)
        self._zip.comment = _LABEL + b"0" * _DIGEST_BYTES
        self._zip.close()
        digest = _digest(self._file).encode()
        self._file.seek(-_DIGEST_BYTES, os.SEEK_END)
        self._file.write(digest)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.part.replace(self.path)


class _Hashing:
    """A file that also computes the checksum of what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write and count the bytes."""
        self.digest.update(data)
        return self._file.write(data)


class Reader:
    """Reads an archive after checking that it is whole. Raises Damaged."""

    def __init__(self, path: Path) -> None:
        check(path)
        self._zip = zipfile.ZipFile(path)
        self.manifest = cast("Manifest", json.loads(self._zip.read(MANIFEST)))
        if self.manifest["format"] > FORMAT:
            raise Damaged("it was made by a newer version of Rejoinder: install that version first")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def names(self, folder: str) -> list[str]:
        """Return the names of all files in a folder of the archive."""
        return [name for name in self.manifest["files"] if name.startswith(f"{folder}/")]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file of the archive."""
        with self._zip.open(name) as file:
            yield file

    def checksum(self, name: str) -> str:
        """Read a file of the archive and return its checksum, which the manifest has too."""
        digest = hashlib.sha256()
        with self.open(name) as file:
            while data := file.read(_CHUNK):
                digest.update(data)
        return digest.hexdigest()


def check(path: Path) -> None:
    """Read the whole file and raise Damaged if a bit differs from what was written."""
    with path.open("rb") as file:
        if file.read(4) != _START:
            raise Damaged("this is not a backup")
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - _DIGEST_BYTES - len(_LABEL), 0))
        if file.read(len(_LABEL)) != _LABEL:
            raise Damaged("the file is incomplete or damaged, or not a backup")
        if file.read(_DIGEST_BYTES).decode("ascii", "replace") != _digest(file):
            raise Damaged("the file is damaged: it has changed since it was made")


def is_backup(path: Path) -> bool:
    """Return whether a file begins and ends as a backup does, which may be damaged in between."""
    with path.open("rb") as file:
        is_zip = file.read(4) == _START
        file.seek(max(file.seek(0, os.SEEK_END) - _DIGEST_BYTES - len(_LABEL), 0))
        return is_zip and bool(re.fullmatch(_LABEL + rb"[0-9a-f]{64}", file.read()))


def _digest(file: IO[bytes]) -> str:
    """Return the checksum of everything before the place of the checksum itself."""
    remaining = file.seek(0, os.SEEK_END) - _DIGEST_BYTES
    file.seek(0)
    digest = hashlib.sha256()
    while remaining:
        data = file.read(min(_CHUNK, remaining))
        digest.update(data)
        remaining -= len(data)
    return digest.hexdigest()
