"""The file that names the running processes of this machine, for scripts that reload the site."""

import os
import socket
from contextlib import suppress
from pathlib import Path

from django.conf import settings


def path() -> Path:
    """Return the path of the file; several machines may share DATA_DIR."""
    return Path(settings.DATA_DIR) / f"serve-{socket.gethostname()}.pid"


def write() -> None:
    """Write the process id to send SIGHUP to, and that of the generation that serves, which changes at each reload."""
    draft = path().with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(f"{os.getppid()} {os.getpid()}\n")
    draft.replace(path())


def remove() -> None:
    """Remove the file, unless another generation has written it again."""
    with suppress(OSError):
        if path().read_text().split()[1:] == [str(os.getpid())]:
            path().unlink()
