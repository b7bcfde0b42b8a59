"""A Redis server for one test run, from Debian's package."""

import contextlib
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.services.processes import Process, free_port, is_listening


class Redis:
    """A server without persistence that can be stopped, started again and suspended."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, (
            "redis-server is not installed: bin/test installs it where it may, else install Debian's redis-server"
        )
        command: list[str | Path] = [
            program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            self.folder,
        ]
        self.process = Process(command, log=self.folder / "redis.log")
        self.process.wait_until(lambda: is_listening(self.port), f"Redis on port {self.port}")

    def stop(self) -> None:
        self.process.stop()

    def suspend(self) -> None:
        """Keep the port and the connections open, and answer nothing."""
        self.process.popen.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.popen.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def redis() -> Iterator[Redis]:
    with tempfile.TemporaryDirectory(prefix="rejoinder-redis-") as folder:
        server = Redis(Path(folder))
        try:
            yield server
        finally:
            server.resume()
            server.stop()
