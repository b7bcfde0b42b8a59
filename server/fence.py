"""No process of ours outlives the one that started it."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PARENT = "REJOINDER_SERVE_PID"


def guard_children() -> None:
    """What this process starts from now on may call die_with_parent."""
    os.environ[PARENT] = str(os.getpid())


def die_with_parent() -> None:
    """Asks the kernel to kill this process with its parent; nothing unanswered was promised, so SIGKILL is right.

    The parent may be gone before the kernel was asked: then its number is no longer ours.
    """
    parent = os.environ.pop(PARENT, "")  # what this process starts in turn is its own affair
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        os._exit(0)
