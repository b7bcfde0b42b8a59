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

LONGEST_PAUSE = 30.0
SOON = 60.0
STOP_WITHIN = 8  # under the ten seconds that container managers wait


class Pause:
    """The delay before the next restart: none after the first death, then 1, 2, 4 … 30 seconds."""

    def __init__(self) -> None:
        self.deaths = 0
        self.last = float("-inf")

    def after_death(self) -> float:
        now = monotonic()
        self.deaths = self.deaths + 1 if now - self.last < SOON else 0
        self.last = now
        return min(2.0 ** (self.deaths - 1), LONGEST_PAUSE) if self.deaths else 0.0


class Keeper(threading.Thread):
    """Keeps one process running: forked from this one where Granian forks too, so everything is loaded already.

    The thread lives as long as this process: Linux ties a child to the thread that started it.
    """

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        """`name` appears in the log and the process table."""
        super().__init__(name=f"keeper of the {name}", daemon=True)
        self.what = name
        self.work = work
        self.born, self.stopping = threading.Event(), threading.Event()
        self.process: BaseProcess | None = None

    def run(self) -> None:
        pause = Pause()
        while True:
            with signals.birth():
                if self.stopping.is_set():
                    return
                process = multiprocessing.Process(target=live, args=(self.what, self.work), name=self.what)
                process.start()
                self.process = process
            self.born.set()
            process.join()
            if self.stopping.is_set():
                return
            seconds = pause.after_death()
            logger.error(
                "The %s stopped unexpectedly (exit status %s). It restarts in %d s.",
                self.what,
                process.exitcode,
                seconds,
            )
            self.stopping.wait(seconds)

    def tell_to_stop(self) -> None:
        with signals.births:
            self.stopping.set()
            if self.process is not None:
                self.process.terminate()

    def stop(self) -> None:
        self.tell_to_stop()
        if self.process is not None:
            self.process.join(STOP_WITHIN)
            self.process.kill()


def live(name: str, work: Callable[[], object]) -> None:
    """Run the supervised process, from its first moment."""
    signals.die_with_parent()
    signals.be_called(name)
    os.setsid()  # or a terminal's Ctrl-C would reach it in addition to our own signal
    for number in (*signals.STOPS, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.STOPS)
    work()
