"""Signals and forks of our processes: one fork at a time, no lost signals, and no child outlives its parent."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.processes import launcher

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PARENT_VARIABLE = launcher.PARENT
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}

# Held while forking, or a child would inherit the pipe on which another thread waits for its own, and keep it open.
fork_lock = threading.Lock()


@contextmanager
def fork_guard() -> Iterator[None]:
    """Fork inside this block: stop signals are blocked, and a child unblocks them once it has set its own handlers.

    Otherwise it would handle the signal as its parent does, where no one in it acts on what that handler sets.
    """
    with fork_lock:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def on_first_signal(numbers: set[signal.Signals], act: Callable[[], object]) -> None:
    """Call act in a separate thread at the first of these signals; later ones change nothing.

    A handler of Python's is called late, or never, when the signal comes after the main thread last checked for one and
    before it waits: under load that is milliseconds long. Call this before any thread is started, since only later
    threads leave these signals alone; processes forked later do, too, until they unblock them.
    """

    def listen() -> None:
        signal.sigwait(numbers)
        act()

    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    threading.Thread(target=listen, name="told to stop", daemon=True).start()


def guard_children() -> None:
    """Allow processes that this one starts from now on to call die_with_parent."""
    os.environ[PARENT_VARIABLE] = str(os.getpid())
    if sys.platform == "linux":  # the default until Python 3.14, whose new one cannot pass on what was loaded here
        multiprocessing.set_start_method("fork", force=True)


def die_with_parent() -> None:
    """Ask the kernel to kill this process with its parent; no unanswered request was promised, so SIGKILL is right.

    If the parent ended before the kernel was asked, its process id is no longer ours.
    """
    parent = os.environ.pop(PARENT_VARIABLE, "")  # not for the children of this process
    if not parent:
        return
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        os._exit(0)


def set_process_name(name: str) -> None:
    """Set the name that `ps -o comm` and `top` show: fifteen bytes; the command line stays the parent's."""
    if sys.platform == "linux":
        _prctl(PR_SET_NAME, name.encode())


def _prctl(option: int, value: int | bytes) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
