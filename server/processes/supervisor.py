"""Runs a process next to the site and restarts it with growing delays when it dies."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from time import monotonic

from server.processes import signals

logger = logging.getLogger("rejoinder.serve")

MAX_DELAY = 30.0
SOON_AFTER = 60.0
STOP_TIMEOUT = 8  # under the ten seconds that container managers wait


class RestartDelay:
    """The delay before the next restart: none after the first death, then 1, 2, 4 … 30 seconds."""

    def __init__(self) -> None:
        self.deaths = 0
        self.last = float("-inf")

    def after_death(self) -> float:
        """Count a death, and return the seconds to wait before the restart."""
        now = monotonic()
        self.deaths = self.deaths + 1 if now - self.last < SOON_AFTER else 0
        self.last = now
        return min(2.0 ** (self.deaths - 1), MAX_DELAY) if self.deaths else 0.0


class Supervisor(threading.Thread):
    """Keeps one process running: forked from this one where Granian forks too, so everything is loaded already.

    The thread lives as long as this process: Linux ties a child to the thread that started it.
    """

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        """`name` appears in the log and the process table."""
        super().__init__(name=f"keeper of the {name}", daemon=True)
        self.process_name = name
        self.work = work
        self.has_started, self.stopping = threading.Event(), threading.Event()
        self.process: BaseProcess | None = None

    def run(self) -> None:
        """Start the process, and restart it whenever it ends before request_stop()."""
        pause = RestartDelay()
        while True:
            with signals.fork_guard():
                if self.stopping.is_set():
                    return
                arguments = (self.process_name, self.work)
                process = multiprocessing.Process(target=run_supervised, args=arguments, name=self.process_name)
                process.start()
                self.process = process
            self.has_started.set()
            process.join()
            if self.stopping.is_set():
                return
            seconds = pause.after_death()
            message = "The %s stopped unexpectedly (exit status %s). Restarting in %d s."
            logger.error(message, self.process_name, process.exitcode, seconds)
            self.stopping.wait(seconds)

    def request_stop(self) -> None:
        """Send SIGTERM to the process and do not restart it."""
        with signals.fork_lock:
            self.stopping.set()
            if self.process is not None:
                self.process.terminate()

    def stop(self, seconds: float = STOP_TIMEOUT) -> None:
        """Stop the process and wait for it; kill it after this many seconds."""
        self.request_stop()
        if self.process is not None:
            self.process.join(seconds)
            self.process.kill()


def run_supervised(name: str, work: Callable[[], object]) -> None:
    """Set up a supervised process (its name, session and signals), and do its work."""
    signals.die_with_parent()
    signals.set_process_name(name)
    os.setsid()  # or a terminal's Ctrl-C would reach it in addition to our own signal
    for number in (*signals.STOP_SIGNALS, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.STOP_SIGNALS)
    work()
