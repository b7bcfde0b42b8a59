"""The production server: Granian with our gateway in front, and supervised commands such as the job worker."""

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, connections
from django.utils.module_loading import import_string

from server import database
from server.processes import signals
from server.processes.supervisor import STOP_WITHIN, Keeper
from server.processes.web_server import BACKLOG, Server, listen_again

# Detect peers that vanished, since a body may be waited for.
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 120_000}

# Web processes leave checkpoints to the worker, short of a log of 40 MB; see loses_commits in the doctor.
LATE_CHECKPOINT = "PRAGMA wal_autocheckpoint=10000"


class PortTaken(Exception): ...


def serve(host: str, port: int, *, processes: int, beside: Mapping[str, str], on_ready: Callable[[], None]) -> int:
    """Serve until SIGTERM or Ctrl-C, and return the exit status. The commands, by name, run as supervised processes."""
    listener = listen(host, port)
    signals.guard_children()
    keepers = [Keeper(name, partial(run_beside, listener, command)) for name, command in beside.items()]
    server = Server(listener, processes, keepers)
    signals.once_told(signals.STOPS, server.signal_handler_interrupt)
    for keeper in keepers:  # one by one: a lock held during a fork stays held in the child
        keeper.start()
        keeper.born.wait(STOP_WITHIN)
    threading.Thread(target=announce, args=(listener.getsockname(), on_ready), daemon=True).start()
    try:
        server.run(application)
    except SystemExit as ended:
        return 0 if server.interrupt_signal else int(ended.code or 0)
    finally:
        for keeper in keepers:
            keeper.stop()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Return one socket for all processes: while one of them restarts, its callers wait instead of being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(str(error)) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    listener.set_inheritable(True)
    return listener


def application() -> Any:
    """Return the WSGI application; called in a server process before it answers."""
    signals.die_with_parent()
    listen_again()
    database.limit_statements()
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["init_command"] += f"; {LATE_CHECKPOINT}"
    return import_string(settings.WSGI_APPLICATION)


def announce(address: tuple[Any, ...], on_ready: Callable[[], None]) -> None:
    """Call on_ready once the first process has answered a request."""
    host, port = address[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    with suppress(OSError), socket.create_connection((host, port)) as caller:
        caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if caller.recv(1):
            on_ready()


def run_beside(listener: socket.socket, command: str) -> None:
    """Run a command of manage.py in a process that answers no requests."""
    listener.close()
    execute_from_command_line([sys.argv[0], command])


def leave_database() -> None:
    """Close all connections: server processes are forked from this one and must not share them."""
    for each in connections.all():
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()
