"""The main process of `serve`: it keeps the listening socket, and at SIGHUP replaces the processes that serve.

It imports nothing of the site, so a new version never needs a new main process. Each generation of serving processes
is a fresh interpreter below it, with the code that is installed at that moment. The next one is given the socket, and
reports when it answers; then the previous one finishes its requests and ends. If the next one fails to start, the
previous one is left alone.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from server.processes.allocator import ALLOCATOR

CONTROL = "REJOINDER_CONTROL"  # the number of the descriptor on which a generation reports that it answers
LISTENER = "REJOINDER_LISTENER"  # the number of the socket that the previous generation listens on
PARENT = "REJOINDER_SERVE_PID"  # read by signals.die_with_parent
RETIRE = signal.SIGUSR2  # finish the requests in hand, then end

START_TIMEOUT = 120.0
STOP_TIMEOUT = 9.0  # one second more than a generation gives its own processes


@dataclass(eq=False)
class Generation:
    """The processes that serve with the code as it was when they were started."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    started: float


class Launcher:
    def __init__(self, command: Sequence[str]) -> None:
        """`command` starts one generation."""
        self.command = command
        self.selector = selectors.DefaultSelector()
        self.listener: socket.socket | None = None
        self.serving: Generation | None = None
        self.starting: Generation | None = None
        self.retired: list[Generation] = []
        self.reload_again = False
        self.stopping_since: float | None = None
        self.status = 0
        self.manager = os.environ.pop("NOTIFY_SOCKET", "")
        self.has_terminal = is_terminal_open()

    def run(self) -> int:
        """Serve until SIGTERM or Ctrl-C, and return the exit status."""
        self.receive_signals()
        self.start()
        while self.generations():
            for key, _ in self.selector.select(1.0 if self.starting or self.stopping_since else None):
                key.data()
            self.end_overdue()
        return self.status

    def generations(self) -> list[Generation]:
        return [each for each in (self.serving, self.starting, *self.retired) if each is not None]

    def receive_signals(self) -> None:
        """Let the main loop read signals from a socket, so that none is lost between two of its steps."""
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.setblocking(False)
        signal.set_wakeup_fd(writing.fileno())
        handlers: dict[int, Callable[[], None]] = {
            signal.SIGTERM: self.stop,
            signal.SIGINT: self.stop,
            signal.SIGHUP: self.hang_up,
            signal.SIGCHLD: self.reap,
        }
        for number in handlers:
            signal.signal(number, lambda *_: None)

        def read() -> None:
            for number in dict.fromkeys(reading.recv(1024)):
                handlers[number]()

        self.selector.register(reading, selectors.EVENT_READ, read)
        self.wakeup = reading, writing

    def start(self) -> None:
        """Start a generation."""
        ours, theirs = socket.socketpair()
        environment = {**ALLOCATOR, **os.environ, CONTROL: str(theirs.fileno()), PARENT: str(os.getpid())}
        passed = [theirs.fileno()]
        if self.listener is not None:
            environment[LISTENER] = str(self.listener.fileno())
            passed.append(self.listener.fileno())
        process = subprocess.Popen(self.command, env=environment, pass_fds=passed)
        theirs.close()
        generation = self.starting = Generation(process, ours, monotonic())
        self.selector.register(ours, selectors.EVENT_READ, lambda: self.receive_report(generation))

    def receive_report(self, generation: Generation) -> None:
        """Let a generation that answers take the place of the previous one; the first one brings the socket."""
        data, descriptors, _, _ = socket.recv_fds(generation.control, 1, 1)
        self.selector.unregister(generation.control)
        if self.listener is None and descriptors and not self.stopping_since:
            self.listener = socket.socket(fileno=descriptors.pop())
        for unused in descriptors:
            os.close(unused)
        if not data or generation is not self.starting or self.stopping_since:
            return
        previous, self.serving, self.starting = self.serving, generation, None
        if previous is not None:
            log("The new processes are serving. The previous ones finish their requests and stop.")
            previous.process.send_signal(RETIRE)
            self.retired.append(previous)
        self.allow_helpers()
        self.notify("READY=1")
        self.reload_if_asked()

    def allow_helpers(self) -> None:
        """Let the job worker start once that of the previous generation has ended."""
        if self.serving is not None and not self.retired:
            with suppress(OSError):
                self.serving.control.sendall(b"1")

    def close_control(self, generation: Generation) -> None:
        with suppress(KeyError):
            self.selector.unregister(generation.control)
        generation.control.close()

    def hang_up(self) -> None:
        """Reload, or stop if the terminal that this was started in has been closed."""
        if self.has_terminal and not is_terminal_open():
            self.stop()
        elif self.starting is not None:
            self.reload_again = True  # the code may have changed since it was read
        elif not self.stopping_since:
            self.reload()

    def reload(self) -> None:
        log("Starting new processes with the installed code.")
        self.notify(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic() * 1_000_000)}")
        self.start()

    def reload_if_asked(self) -> None:
        if self.reload_again and self.serving is not None:
            self.reload_again = False
            self.reload()

    def stop(self) -> None:
        """Stop all generations; those that have not ended in time are killed."""
        if self.stopping_since is not None:
            return
        self.stopping_since = monotonic()
        self.notify("STOPPING=1")
        if self.listener is not None:
            self.listener.close()
        for generation in self.generations():
            generation.process.terminate()

    def reap(self) -> None:
        """Forget the generations that ended; without one that serves, end with its status."""
        for generation in self.generations():
            if (status := generation.process.poll()) is None:
                continue
            self.close_control(generation)
            if generation is self.starting:
                self.starting = None
                if self.listener is None:  # the first one
                    self.status = exit_status(status)
                elif self.stopping_since is None:
                    self.report_failure(f"exit status {exit_status(status)}")
            elif generation is self.serving:
                self.serving = None
                self.status = exit_status(status)
                self.stop()
            else:
                self.retired.remove(generation)
                self.allow_helpers()

    def report_failure(self, reason: str) -> None:
        """Log that the new code did not start."""
        log(f"The new processes did not start ({reason}). The previous ones continue to serve.")
        self.notify("READY=1")
        self.reload_if_asked()

    def end_overdue(self) -> None:
        """Kill what does not start or stop in time."""
        now = monotonic()
        if self.stopping_since is not None and now - self.stopping_since > STOP_TIMEOUT:
            for generation in self.generations():
                generation.process.kill()
        elif self.starting is not None and self.serving is not None and now - self.starting.started > START_TIMEOUT:
            self.starting.process.kill()

    def notify(self, state: str) -> None:
        """Tell systemd, if it asked to be told."""
        if self.manager:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.connect(self.manager.replace("@", "\0", 1) if self.manager[0] == "@" else self.manager)
                manager.sendall(state.encode())


def launch() -> int:
    """Run this same command of manage.py in generations, and return the exit status."""
    return Launcher([sys.executable, *sys.argv]).run()


def is_needed(arguments: Sequence[str]) -> bool:
    """Return whether this is `manage.py serve`, and not yet a generation."""
    return arguments[1:2] == ["serve"] and CONTROL not in os.environ and hasattr(socket, "recv_fds")


def inherited_listener() -> socket.socket | None:
    """Return the socket that the previous generation listens on, or None."""
    number = os.environ.pop(LISTENER, "")
    return socket.socket(fileno=int(number)) if number else None


def report_ready(listener: socket.socket) -> Callable[[], None]:
    """Report from a generation that it answers, and pass on its socket; return how to wait for the previous one's end.

    The two job workers must not overlap: SQLite before 3.51.3 can lose commits if both make checkpoints.
    """
    if CONTROL not in os.environ:
        return lambda: None
    control = socket.socket(fileno=int(os.environ.pop(CONTROL)))
    with suppress(OSError):
        socket.send_fds(control, [b"1"], [listener.fileno()])

    def wait() -> None:
        with suppress(OSError), control:
            control.recv(1)

    return wait


def exit_status(status: int) -> int:
    """Return the exit status of a process as a shell reports it: a signal's number is added to 128."""
    return status if status >= 0 else 128 - status


def is_terminal_open() -> bool:
    """Return whether this process has a terminal, which it loses before SIGHUP when that is closed."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # nohup
        return False
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def log(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - logging is configured by the site
