"""Keeps a process running beside the site, and waits longer each time it dies soon."""

import logging
import signal
import subprocess
import threading
from collections.abc import Sequence
from time import monotonic

logger = logging.getLogger("rejoinder.serve")

LONGEST_PAUSE = 30.0
SOON = 60.0
STOP_WITHIN = 8  # under the ten seconds that container managers wait


class Pause:
    """How long to wait before the next try: not at all after the first death, then 1, 2, 4 … 30 seconds."""

    def __init__(self) -> None:
        self.deaths = 0
        self.last = float("-inf")

    def after_death(self) -> float:
        now = monotonic()
        self.deaths = self.deaths + 1 if now - self.last < SOON else 0
        self.last = now
        return min(2.0 ** (self.deaths - 1), LONGEST_PAUSE) if self.deaths else 0.0


class Keeper(threading.Thread):
    """Keeps one process running.

    The thread lives as long as this process: Linux ties a child to the thread that started it. Whoever forks holds
    `births`, or a child would inherit the pipe on which another thread waits for its own, and keep it open.
    """

    births = threading.Lock()

    def __init__(self, command: Sequence[str], name: str) -> None:
        """`name` is what stands in the log for it."""
        super().__init__(name=f"keeper of the {name}", daemon=True)
        self.command = command
        self.what = name
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        pause = Pause()
        while True:
            with self.births:
                if self.stopping.is_set():
                    return
                # In a session of its own, or a terminal's Ctrl-C would reach it beside our own signal.
                self.process = subprocess.Popen(self.command, start_new_session=True)
            status = self.process.wait()
            if self.stopping.is_set():
                return
            seconds = pause.after_death()
            logger.error("The %s ended by itself (%d); the next one starts in %d s.", self.what, status, seconds)
            self.stopping.wait(seconds)

    def tell_to_stop(self) -> None:
        with self.births:
            self.stopping.set()
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        self.tell_to_stop()
        if self.process is not None:
            try:
                self.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
