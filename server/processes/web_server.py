"""Granian with one listening socket for all its processes, which are restarted however often they die.

This is the only module that imports granian. tests/test_private_names.py checks each private name used here.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder, WorkerSignal
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from server.http import bodies, concurrency, observing, rsgi
from server.http.gateway import Gateway
from server.processes import allocator, launcher, signals
from server.processes.supervisor import STOP_TIMEOUT, RestartDelay, Supervisor

logger = logging.getLogger("rejoinder.serve")

# Each body being received and each request in Django may occupy a thread; new requests need some too.
THREADS = bodies.MAX_UPLOADS + concurrency.MAX_REQUESTS + 200
READY_THREADS = 1  # sends cached pages; several would only wait for each other
BACKLOG = 1024
# A tenth of Python's: a thread that waits for the database has to get on while others render, most of all a writer.
SWITCH_INTERVAL = 0.0005  # seconds
MAX_MEMORY_MB = 500  # MB
SETTLING = 1.0  # seconds in which the requests of connections accepted before arrive
RETIRING = 60  # seconds for requests in hand while another generation accepts the new ones


class Loop:
    """The part of an event loop that Granian calls. Callbacks run in the thread that schedules them."""

    def call_soon(self, callback: Callable[..., object], *arguments: Any, context: Any = None) -> None:
        """Call it now, in this thread."""
        callback(*arguments)

    call_soon_threadsafe = call_soon

    def create_task(self, coroutine: Any) -> None: ...

    def create_future(self) -> None: ...


class Scheduler(CallbackScheduler):
    """Calls the application where Granian would start a coroutine."""

    __slots__: Sequence[str] = ()

    def __init__(self, loop: Any, application: Gateway, *rest: Any) -> None:
        super().__init__()
        self._schedule_fn = rsgi.RequestHandler(application, THREADS).handle


def run_worker(
    server: "Server", worker_id: int, application: Gateway, sock: Any, ipc: Any, loop: Any, *options: Any
) -> None:
    """Run the server process that granian's WSGI interface would run, with a thread for each request, but as RSGI.

    SIGTERM is handled differently: granian's handler waits forever for its own lock when a second signal interrupts it.
    There are two whenever a service manager signals every process and the parent then signals its children.
    """
    stop, stopped = WorkerSignal(), threading.Event()
    stop.add_cb(stopped.set)
    signals.on_first_signal({signal.SIGTERM}, stop.set)
    signals.on_first_signal({launcher.RETIRE}, partial(stop_accepting, server.listener))  # blocked since the fork
    sys.setswitchinterval(SWITCH_INTERVAL)
    make: Any = RSGIWorker  # its stub names the parameters otherwise
    http1 = HTTP1Settings(header_read_timeout=5000)
    worker = make(worker_id, sock, ipc, py_threads=READY_THREADS, backpressure=BACKLOG, http1_opts=http1)
    worker.serve_mtr(Scheduler(Loop(), application, None, None, None), Loop(), stop)
    server.report_started()
    allocator.trim_until(stopped)
    observing.write_rest()


def stop_accepting(listener: socket.socket) -> None:
    """Leave new connections to the other processes that share the socket; requests in hand are answered as before.

    Granian has copies of the socket, and can stop accepting only by closing also the connections on which no request
    has arrived yet. In place of each copy we put another socket, on which nothing ever arrives.
    """
    with socket.create_server(("127.0.0.1", 0)) as idle:
        idle.setblocking(False)
        for number in map(int, os.listdir("/dev/fd")):  # noqa: PTH208
            with suppress(OSError):
                if os.path.sameopenfile(listener.fileno(), number) and number != listener.fileno():
                    os.dup2(idle.fileno(), number)
        os.dup2(idle.fileno(), listener.fileno())


def restore_sigterm() -> None:
    """Let SIGTERM end the process until granian can stop in order; a terminal's Ctrl-C is left to the parent."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


class Server(MPServer):
    """A Granian server that never gives up; by itself it exits when a worker dies twice within five seconds."""

    def __init__(
        self, listener: socket.socket, processes: int, supervisors: Sequence[Supervisor], *, gives_up: bool = False
    ) -> None:
        """`gives_up`: exit if a process dies before one is ready, because others serve until then."""
        host, port = listener.getsockname()[:2]
        super().__init__(
            target=settings.WSGI_APPLICATION,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=processes,
            backlog=BACKLOG,
            respawn_failed_workers=True,
            respawn_interval=0.5,
            workers_kill_timeout=STOP_TIMEOUT,
            workers_max_rss=MAX_MEMORY_MB,
            log_level=LogLevels.error,
            log_access=False,
        )
        self.listener = listener
        self.supervisors = supervisors
        self.pause = RestartDelay()
        self.gives_up = gives_up
        self.is_ready = threading.Event()
        self.started_reading, self.started_writing = os.pipe()

    def run(self, load: Callable[[], Gateway]) -> None:
        """Serve until stopped; `load` returns the application, in each server process."""
        run = WorkerProcess.wrap_target(partial(run_worker, self))  # type: ignore[no-untyped-call]
        self.serve(spawn_target=run, target_loader=load, wrap_loader=False)

    def report_started(self) -> None:
        """Report from a server process that it accepts requests."""
        os.write(self.started_writing, b"1")

    def wait_until_ready(self) -> None:
        """Wait until one server process accepts requests."""
        os.read(self.started_reading, 1)
        self.is_ready.set()

    def retire(self) -> None:
        """Stop when the requests in hand are answered, while another generation accepts the new ones."""
        for supervisor in self.supervisors:
            supervisor.request_stop()
        for worker in self.wrks:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, launcher.RETIRE)
        time.sleep(SETTLING)
        self.workers_kill_timeout = RETIRING
        self.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, *args: Any, **kwargs: Any) -> None:
        """Ignore SIGHUP here, since the main process starts new generations."""

    def _init_shared_socket(self) -> None:
        """Listen on the socket that we have opened."""
        self._shd = SocketHolder(self.listener.fileno(), False, BACKLOG)  # type: ignore[assignment, call-arg]
        self._sso = self.listener

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        """Start the server processes, with stop signals blocked while they are forked."""
        with signals.fork_guard():
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        """Restart the server processes that died, after a growing delay, or that grew too large, as granian does."""
        is_planned = delay > 0
        if self.gives_up and not self.is_ready.is_set():
            self.shutdown(1)
        if not is_planned:
            seconds = self.pause.after_death()
            logger.error("A server process stopped unexpectedly. Restarting in %d s.", seconds)
            self.main_loop_interrupt.wait(seconds)
            if self.interrupt_signal:
                return
        with signals.fork_guard():
            super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()
        # Two deaths at the same moment may be noticed as one.
        for worker in self.wrks:
            if worker.idx not in self.interrupt_children and not worker.is_alive():  # type: ignore[no-untyped-call]
                self.interrupt_children.append(worker.idx)
                self.main_loop_interrupt.set()

    def shutdown(self, exit_code: int = 0) -> None:
        """Stop the supervised processes too."""
        for supervisor in self.supervisors:
            supervisor.request_stop()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]
