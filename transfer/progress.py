"""How far a running import, export or backup is, in a file of this host: a check on SQLite locks the database."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from transfer import files

INTERVAL = 1.0


@contextmanager
def recorded(token: str, counts: Counter[str]) -> Iterator[None]:
    """Write the counts to a file every second until the block ends."""
    path, is_over = _path(token), threading.Event()
    _write(path, counts)

    def repeat() -> None:
        while not is_over.wait(INTERVAL):
            _write(path, counts)

    writer = threading.Thread(target=repeat, name="progress", daemon=True)
    writer.start()
    try:
        yield
    finally:
        is_over.set()
        writer.join()
        path.unlink(missing_ok=True)


def counter(token: str) -> Counter[str]:
    """Return the counts so far; none if the job runs on another host."""
    with suppress(OSError, ValueError):
        return Counter(json.loads(_path(token).read_text()))
    return Counter()


def _path(token: str) -> Path:
    return files.folder() / f"{token}.progress"


def _write(path: Path, counts: Mapping[str, int]) -> None:
    """Replace the file at once, so that no one reads half of it."""
    draft = path.with_suffix(".new")
    with suppress(OSError):  # a full disk is reported by the job itself
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(dict(counts)))
        draft.replace(path)
