"""CPU time of a piece of work: of this process, and of PostgreSQL's processes if it is the database."""

import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection


class Clock:
    def __init__(self) -> None:
        self.server = 0  # the parent of all PostgreSQL processes
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.server = parent(Path(f"/proc/{cursor.fetchone()[0]}"))

    def milliseconds(self, work: Callable[[], object]) -> float:
        server, process = self.server_milliseconds(), time.process_time()
        work()
        process = time.process_time() - process
        return process * 1000 + self.server_milliseconds() - server

    def server_milliseconds(self) -> float:
        """Milliseconds of all PostgreSQL processes so far."""
        if not self.server:
            return 0.0
        used = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if parent(process) == self.server:
                    used += int((process / "schedstat").read_text().split()[0])
            except OSError:  # it has ended
                continue
        return used / 1_000_000


def parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])
