"""Granian as we run it: one listening socket for all its processes, and no death too many."""

import logging
import signal
import socket
from collections.abc import Sequence
from typing import Any

import granian._signals
import granian.server.mp
from django.conf import settings
from granian._granian import SocketHolder, WorkerSignal
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from server.http import bodies, concurrency, rsgi
from server.processes import signals
from server.processes.supervisor import STOP_WITHIN, Keeper, Pause

logger = logging.getLogger("rejoinder.serve")

# Each body on its way in and each request in Django may keep a thread; ready pages, and what arrives, need some too.
THREADS = bodies.AT_ONCE + concurrency.AT_ONCE + 200
BACKLOG = 1024
MOST_MEMORY = 500  # MB


def listen_again() -> None:
    """To be told to stop is to end at once, until granian can do it well; a terminal's Ctrl-C is left to the parent."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    granian._signals.set_sync_signals = stop_once
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def answer_by_rsgi() -> None:
    """Have Granian's WSGI process, which has a thread for each request, speak RSGI."""
    module: Any = granian.server.mp
    module.WSGIWorker = rsgi.Worker
    module._new_cbscheduler = rsgi.scheduler
    module._wsgi_call_wrap = lambda application, *options: application


def stop_once() -> WorkerSignal:
    """In place of granian's own handler, which waits for ever for its own lock when a second signal interrupts it.

    There are two as soon as a service manager tells every process to stop and the parent then tells its children.
    """
    event = WorkerSignal()
    signals.once_told({signal.SIGTERM}, event.set)
    return event


class Server(MPServer):
    """Granian that never gives up; by itself it exits when a worker dies twice within five seconds."""

    def __init__(self, listener: socket.socket, processes: int, keepers: Sequence[Keeper]) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            target=settings.WSGI_APPLICATION,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=processes,
            blocking_threads=THREADS,
            backlog=BACKLOG,
            backpressure=1024,
            http1_settings=HTTP1Settings(header_read_timeout=5000),
            respawn_failed_workers=True,
            respawn_interval=0.5,
            workers_kill_timeout=STOP_WITHIN,
            workers_max_rss=MOST_MEMORY,
            log_level=LogLevels.error,
            log_access=False,
        )
        self.listener = listener
        self.keepers = keepers
        self.pause = Pause()

    def _init_shared_socket(self) -> None:
        self._shd = SocketHolder(self.listener.fileno(), False, BACKLOG)  # type: ignore[assignment, call-arg]
        self._sfd = self.listener.fileno()  # type: ignore[assignment]
        self._sso = self.listener

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        with signals.birth():
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        is_planned = delay > 0
        if not is_planned:
            seconds = self.pause.after_death()
            logger.error("A server process stopped unexpectedly. It restarts in %d s.", seconds)
            self.main_loop_interrupt.wait(seconds)
            if self.interrupt_signal:
                return
        with signals.birth():
            super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()
        # Two that die at the same moment may be noticed as one.
        for worker in self.wrks:
            if worker.idx not in self.interrupt_children and not worker.is_alive():  # type: ignore[no-untyped-call]
                self.interrupt_children.append(worker.idx)
                self.main_loop_interrupt.set()

    def shutdown(self, exit_code: int = 0) -> None:
        for keeper in self.keepers:
            keeper.tell_to_stop()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]
