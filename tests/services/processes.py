"""Child processes that end with their parent: on exit, failure, Ctrl-C and SIGKILL."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, repeat
from pathlib import Path

PR_SET_PDEATHSIG = 1
TIMEOUT = 60.0
FIRST_PORT = int(os.environ.get("REJOINDER_PORTS", 0))  # 0: any port that the kernel finds
PORTS = count(FIRST_PORT) if FIRST_PORT else repeat(0)


class NotReadyError(Exception):
    """A server ended or did not respond in time."""


def free_port(neighbours: int = 0) -> int:
    """Return a free port on loopback with `neighbours` free ones right after it.

    Parts of one run count up from ranges of their own. Otherwise a client of a killed server could reach the next one
    that another part starts.
    """
    while True:
        port = next(PORTS)
        with contextlib.ExitStack() as stack:
            try:
                for offset in range(neighbours + 1):
                    listener = stack.enter_context(socket.socket())
                    listener.bind(("127.0.0.1", port and port + offset))
                    port = port or listener.getsockname()[1]
            except (OSError, OverflowError):
                continue
            for _neighbour in range(neighbours):
                next(PORTS)
            return port


def wait_until(condition: Callable[[], bool], goal: str, seconds: float = TIMEOUT) -> None:
    """Poll until the condition holds; after that many seconds raise an error that names what was awaited."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotReadyError(f"Waited {seconds:.0f} s for {goal}")
        time.sleep(0.02)


def wait_running(condition: Callable[[], bool], goal: str, seconds: float) -> None:
    """Like `wait_until`, but count only time in which this process runs: CI and containers may pause all of them."""
    for _ in range(max(1, round(seconds / 0.02))):
        if condition():
            return
        time.sleep(0.02)
    raise NotReadyError(f"Waited {seconds:.0f} s for {goal}")


def is_listening(port: int) -> bool:
    """Return whether something listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end_with_parent(signal_: signal.Signals) -> Callable[[], object]:
    """Return a function for a new process that makes it receive this signal when its parent ends; on Linux only."""
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)  # loaded here, because nothing may be loaded between fork and exec
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal_)


class Process:
    """A started server whose output goes to a log file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: int | None = None,
        ends_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command, self.log, self.ends_by = command, log, ends_by
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                preexec_fn=end_with_parent(ends_by),
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until(self, condition: Callable[[], bool], goal: str, seconds: float = TIMEOUT) -> None:
        """Like the function `wait_until`, but also raise an error as soon as the process ends."""

        def holds_or_ended() -> bool:
            return condition() or not self.is_alive

        try:
            wait_until(holds_or_ended, goal, seconds)
            if not self.is_alive and not condition():
                raise NotReadyError(f"{self.command[0]} exited with {self.popen.returncode} before {goal}")
        except NotReadyError as error:
            raise NotReadyError(f"{error}. Output:\n{self.output()[-3000:]}") from None

    def kill(self) -> None:
        """Send SIGKILL."""
        self.popen.kill()
        self.popen.wait()

    def stop(self, seconds: float = 15) -> int:
        """Send SIGTERM, or SIGKILL if it does not end in time, and return the exit code."""
        if self.is_alive:
            self.popen.send_signal(self.ends_by)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NotReadyError(f"{self.command[0]} did not stop. Output:\n{self.output()[-3000:]}") from None


@contextlib.contextmanager
def stopped_at_end(process: Process) -> Iterator[Process]:
    try:
        yield process
    finally:
        process.stop()
