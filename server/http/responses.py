"""Buffers responses: short ones in memory, long ones in files, so that no thread waits for a slow reader."""

import io
import os
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import IO, Any

MAX_IN_MEMORY = 1024 * 1024
CHUNK_SIZE = 64 * 1024
MAX_OPEN_FILES = 64

# Granian opens a file shortly after it gets the name, so the latest temporary files are not closed yet.
_recent: deque[IO[bytes]] = deque(maxlen=MAX_OPEN_FILES)
_lock = threading.Lock()


class FileBody:
    """A long response body in a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:  # noqa: PTH123 - may be a number of a descriptor
            yield from iter(lambda: file.read(CHUNK_SIZE), b"")


class FileWrapper:
    """The wsgi.file_wrapper of PEP 3333."""

    def __init__(self, file: Any, size: int = CHUNK_SIZE) -> None:
        self.file, self.size = file, size

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(self.size), b"")

    def close(self) -> None:
        self.file.close()

    @property
    def path(self) -> str:
        """Return the path of a large file that is sent as a whole, else an empty string."""
        raw = getattr(self.file, "file", self.file)
        if not isinstance(raw, io.BufferedReader) or not isinstance(raw.name, str) or raw.tell():
            return ""
        return raw.name if os.fstat(raw.fileno()).st_size > MAX_IN_MEMORY else ""


def buffer_response(parts: Iterable[bytes]) -> list[bytes] | FileBody:
    """Return the body in memory, or in a file if it is long, and close the original one."""
    if isinstance(parts, list | FileBody):
        return parts
    try:
        if isinstance(parts, FileWrapper) and parts.path:
            return FileBody(os.path.abspath(parts.path))  # noqa: PTH100
        return _read_all(iter(parts))
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _read_all(parts: Iterator[bytes]) -> list[bytes] | FileBody:
    """Return the parts as one, or in a file if they are longer than MAX_IN_MEMORY."""
    start: list[bytes] = []
    size = 0
    for part in parts:
        start.append(part)
        size += len(part)
        if size > MAX_IN_MEMORY:
            return _write_to_file(b"".join(start), parts)
    return [b"".join(start)]


def _write_to_file(start: bytes, rest: Iterator[bytes]) -> FileBody:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is no longer among the recent ones
    file.write(start)
    file.writelines(rest)
    file.flush()
    file.seek(0)
    with _lock:
        _recent.append(file)
    return FileBody(f"/dev/fd/{file.fileno()}")
