"""A Redis server for the length of a run, from Debian's package."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.services.processes import Process, answers, free_port, running


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """The address of a fresh server that keeps nothing on disk."""
    program = shutil.which("redis-server")
    assert program, (
        "redis-server is not installed: bin/test installs it where it may, else install Debian's redis-server"
    )
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rejoinder-redis-") as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with running(Process(command, log=Path(folder) / "redis.log")) as server:
            server.wait_until(lambda: answers(port), f"Redis on port {port}")
            yield f"redis://127.0.0.1:{port}/0"
