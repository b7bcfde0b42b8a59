"""Request lines, which LOG_REQUESTS turns on: written together by a thread, so that no reader waits for the log."""

import logging
import sys
import threading
import time
from collections import deque
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from server.logs.current import request_id
from server.logs.formatting import LONGEST_PATH, plain_path, timestamp

logger = logging.getLogger("rejoinder.server")
NAME = "rejoinder.request"


class Answered(NamedTuple):
    """A request that was answered; its duration is in seconds."""

    at: float
    request_id: str
    method: str
    path: str
    status: int
    duration: float
    kind: str


class RequestLines:
    """Collects lines for INTERVAL and writes them; if they cannot be written in time, later ones are left out."""

    INTERVAL = 0.2
    MOST = 20_000  # that wait to be written
    PIECE = 4096  # bytes that a pipe takes as a whole, also if several processes write to it

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self.waiting: deque[Answered] = deque()
        self.left_out = 0
        self.has_lines = threading.Event()
        self.writing, self.starting = threading.Lock(), threading.Lock()
        self.thread: threading.Thread | None = None

    def add(self, environ: WSGIEnvironment, status: int, duration: float, kind: str) -> None:
        """Add the line of a request; without its query, which may hold tokens and search words."""
        if len(self.waiting) >= self.MOST:
            self.left_out += 1
            return
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.waiting.append(Answered(time.time(), request_id(environ), method, path, status, duration, kind))
        if not self.has_lines.is_set():
            self.has_lines.set()
            if self.thread is None:
                self._start()

    def write(self) -> None:
        """Write the lines that wait, whole ones together up to PIECE."""
        with self.writing:
            piece = ""
            while self.waiting:
                line = self.format(self.waiting.popleft())
                if len(piece) + len(line) > self.PIECE:
                    sys.stderr.write(piece)
                    piece = ""
                piece += line
            sys.stderr.write(piece)
            sys.stderr.flush()
        if self.left_out:
            logger.warning("%d request lines were left out because the log was written too slowly.", self.left_out)
            self.left_out = 0

    def format(self, answered: Answered) -> str:
        """Return a line as text or JSON. It is put together by hand, since a cached page takes little longer."""
        at, method = timestamp(answered.at), plain_path(answered.method[:20])
        path = plain_path(answered.path[:LONGEST_PATH])
        milliseconds = round(answered.duration * 1000, 2)
        if self.is_json:
            return (
                f'{{"time": "{at}", "level": "INFO", "logger": "{NAME}", "message": "", '
                f'"request_id": "{answered.request_id}", "method": "{method}", "path": "{path}", '
                f'"status": {answered.status}, "duration_ms": {milliseconds}, "kind": "{answered.kind}"}}\n'
            )
        start = f"{at} INFO {NAME} [{answered.request_id}] {method} {path}"
        return f"{start}: {answered.status} in {milliseconds} ms, {answered.kind}\n"

    def _start(self) -> None:
        """Start the thread at the first request: earlier, it would receive a signal that the process waits for."""
        with self.starting:
            if self.thread is None:
                self.thread = threading.Thread(target=self._write_forever, name="request lines", daemon=True)
                self.thread.start()

    def _write_forever(self) -> None:
        while True:
            self.has_lines.wait()
            time.sleep(self.INTERVAL)
            self.has_lines.clear()
            self.write()
