"""How processes of ours begin and end: one at a time, deaf at first, and none outlives the one that started it."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PARENT = "REJOINDER_SERVE_PID"
STOPS = {signal.SIGTERM, signal.SIGINT}

# Whoever forks holds it, or a child would inherit the pipe on which another thread waits for its own, and keep it open.
births = threading.Lock()


@contextmanager
def birth() -> Iterator[None]:
    """Whoever is forked meanwhile is told to stop only when it can act on it, after it has taken its own signals.

    It would handle the signal as its parent does, and nobody in it looks at what that handler leaves.
    """
    with births:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def once_told(numbers: set[signal.Signals], act: Callable[[], object]) -> None:
    """Calls act in a thread of its own at the first of these signals; later ones change nothing.

    A handler of Python's is called late, or never, when the signal comes after the main thread last looked for one and
    before it waits: under load that is milliseconds long. To be called before any thread is started, since threads
    leave these signals alone only from then on; who is forked later does, too, until it unblocks them.
    """

    def listen() -> None:
        signal.sigwait(numbers)
        act()

    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    threading.Thread(target=listen, name="told to stop", daemon=True).start()


def guard_children() -> None:
    """What this process starts from now on may call die_with_parent."""
    os.environ[PARENT] = str(os.getpid())
    if sys.platform == "linux":  # the default until Python 3.14, whose new one cannot pass on what was loaded here
        multiprocessing.set_start_method("fork", force=True)


def die_with_parent() -> None:
    """Asks the kernel to kill this process with its parent; nothing unanswered was promised, so SIGKILL is right.

    The parent may be gone before the kernel was asked: then its number is no longer ours.
    """
    parent = os.environ.pop(PARENT, "")  # what this process starts in turn is its own affair
    if not parent:
        return
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        os._exit(0)


def be_called(name: str) -> None:
    """What `ps -o comm` and `top` say of this process: fifteen bytes; its command line stays its parent's."""
    if sys.platform == "linux":
        _prctl(PR_SET_NAME, name.encode())


def _prctl(option: int, value: int | bytes) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
