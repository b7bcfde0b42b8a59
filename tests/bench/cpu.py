"""CPU of a piece of work: of this process, and of PostgreSQL's processes where it is the database."""

import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection


class Clock:
    def __init__(self) -> None:
        self.server = 0  # the process from which PostgreSQL's others are made
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.server = parent(Path(f"/proc/{cursor.fetchone()[0]}"))

    def milliseconds(self, work: Callable[[], object]) -> float:
        server, own = self.servers(), time.process_time()
        work()
        own = time.process_time() - own
        return own * 1000 + self.servers() - server

    def servers(self) -> float:
        """Milliseconds of all of PostgreSQL so far."""
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
