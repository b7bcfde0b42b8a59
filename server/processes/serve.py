"""The production server: Granian with our gateway in front, and supervised commands such as the job worker."""

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, connections
from django.utils.module_loading import import_string

from server import database
from server.http import observing
from server.metrics import Role, counters
from server.processes import launcher, pid_file, signals
from server.processes.supervisor import STOP_TIMEOUT, Supervisor
from server.processes.web_server import BACKLOG, Server, restore_sigterm

TCP_OPTIONS = {
    # Detect peers that vanished, since a body may be waited for.
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPINTVL": 15,
    "TCP_KEEPCNT": 4,
    "TCP_USER_TIMEOUT": 120_000,
    # Bytes that wait in the kernel. By default it takes 3 MB for each peer that does not read: a hundred of them keep a
    # process busy for seconds.
    "TCP_NOTSENT_LOWAT": 128 * 1024,
}

NICE = 5  # of the job worker: requests come before emails

# Web processes leave checkpoints to the worker, short of a log of 40 MB; see loses_commits in the doctor.
LATE_CHECKPOINT = "PRAGMA wal_autocheckpoint=10000"


class CannotListen(Exception):
    """Says why the address cannot be used, and what to do."""


def serve(host: str, port: int, *, processes: int, commands: Mapping[str, str], on_ready: Callable[[], None]) -> int:
    """Serve until SIGTERM or Ctrl-C, and return the exit status. The commands, by name, run as supervised processes."""
    inherited = launcher.inherited_listener()
    listener = inherited or listen(host, port)
    counters.share()
    signals.guard_children()
    supervisors = [Supervisor(name, partial(run_command, listener, command)) for name, command in commands.items()]
    server = Server(listener, processes, supervisors, gives_up=inherited is not None)
    signals.set_process_name("generation")
    signal.pthread_sigmask(signal.SIG_BLOCK, {launcher.RETIRE})  # also in the thread that the next line starts
    signals.on_first_signal(signals.STOP_SIGNALS, server.signal_handler_interrupt)
    signals.on_first_signal({launcher.RETIRE}, server.retire)
    if not server.gives_up:
        start(supervisors)
    threading.Thread(target=report_when_ready, args=(server, on_ready), daemon=True).start()
    try:
        server.run(load_application)
    except SystemExit as ended:
        return 0 if server.interrupt_signal else int(ended.code or 0)
    finally:
        for supervisor in supervisors:
            supervisor.stop(server.workers_kill_timeout or STOP_TIMEOUT)
        pid_file.remove()
    return 0


def start(supervisors: Sequence[Supervisor]) -> None:
    """Start them one by one: a lock held during a fork stays held in the child."""
    for supervisor in supervisors:
        supervisor.start()
        supervisor.has_started.wait(STOP_TIMEOUT)


def listen(host: str, port: int) -> socket.socket:
    """Return one socket for all processes: while one of them restarts, its callers wait instead of being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(listen_problem(error, host, port)) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in TCP_OPTIONS.items():
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    listener.set_inheritable(True)
    return listener


def listen_problem(error: OSError, host: str, port: int) -> str:
    """Say why nothing can listen there and what to do."""
    if error.errno == errno.EADDRINUSE:
        problem = f"Another program is already listening on {host}:{port}."
        return f"{problem} Stop it, or choose another port with PORT= or --port."
    if error.errno in (errno.EACCES, errno.EPERM):
        problem = f"This user may not listen on port {port}. Choose a port above 1023 with PORT= or --port"
        return f"{problem}, and let a proxy such as nginx listen on port {port}."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"This machine has no address {host}. Choose one with --host, such as 127.0.0.1, or 0.0.0.0 for all."
    return f"Cannot listen on {host}:{port}: {error}. Choose another address with --host or --port."


def load_application() -> Any:
    """Return the WSGI application; called in a server process before it answers."""
    signals.die_with_parent()
    signals.set_process_name("web process")
    restore_sigterm()
    database.limit_statements()
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["init_command"] += f"; {LATE_CHECKPOINT}"
    counters.join(Role.WEB)
    if settings.LOG_REQUESTS:
        observing.log_requests(is_json=settings.LOG_FORMAT == "json")
    return import_string(settings.WSGI_APPLICATION)


def report_when_ready(server: Server, on_ready: Callable[[], None]) -> None:
    """Report once the first server process accepts requests; start the commands when those it replaces have ended."""
    server.wait_until_ready()
    wait_for_previous = launcher.report_ready(server.listener)
    pid_file.write()
    if server.gives_up:
        wait_for_previous()
        start(server.supervisors)
    else:
        on_ready()


def run_command(listener: socket.socket, command: str) -> None:
    """Run a command of manage.py in a process that answers no requests."""
    listener.close()
    if command == "worker":
        os.nice(NICE)
        counters.join(Role.WORKER)
    execute_from_command_line([sys.argv[0], command])


def close_connections() -> None:
    """Close all connections: server processes are forked from this one and must not share them."""
    for each in connections.all():
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()
