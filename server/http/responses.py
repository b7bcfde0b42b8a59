"""Buffers responses: short ones in memory, long ones in files, so that no thread waits for a slow reader."""

import io
import os
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import IO, Any

WHOLE = 1024 * 1024
PIECE = 64 * 1024
KEPT = 64

# Granian opens a file shortly after it gets the name, so the latest temporary files are not closed yet.
_recent: deque[IO[bytes]] = deque(maxlen=KEPT)
_lock = threading.Lock()


class Answer:
    """A long response body in a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:  # noqa: PTH123 - may be a number of a descriptor
            yield from iter(lambda: file.read(PIECE), b"")


class FileWrapper:
    """The wsgi.file_wrapper of PEP 3333."""

    def __init__(self, file: Any, size: int = PIECE) -> None:
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
        return raw.name if os.fstat(raw.fileno()).st_size > WHOLE else ""


def give(parts: Iterable[bytes]) -> list[bytes] | Answer:
    if isinstance(parts, list | Answer):
        return parts
    try:
        if isinstance(parts, FileWrapper) and parts.path:
            return Answer(os.path.abspath(parts.path))  # noqa: PTH100
        return _buffer(iter(parts))
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _buffer(parts: Iterator[bytes]) -> list[bytes] | Answer:
    start: list[bytes] = []
    size = 0
    for part in parts:
        start.append(part)
        size += len(part)
        if size > WHOLE:
            return _spool(b"".join(start), parts)
    return [b"".join(start)]


def _spool(start: bytes, rest: Iterator[bytes]) -> Answer:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is no longer among the recent ones
    file.write(start)
    file.writelines(rest)
    file.flush()
    file.seek(0)
    with _lock:
        _recent.append(file)
    return Answer(f"/dev/fd/{file.fileno()}")
