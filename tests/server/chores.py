"""Jobs that only the tests have."""

import time
from pathlib import Path

from django.db import OperationalError

from server.jobs.tasks import every, job


@job()
def note(file: str, words: str) -> None:
    with Path(file).open("a") as notes:
        notes.write(f"{words}\n")


@job()
def wait(started: str, go: str) -> str:
    """Says that it runs, and ends when it may."""
    Path(started).touch()
    while not Path(go).exists():
        time.sleep(0.02)
    return "done"


@job(retry=True)
def fail() -> None:
    raise ValueError("the mail server said no")


@job()
def fail_once_and_for_all() -> None:
    raise ValueError("no use")


@job()
def find_the_database_away() -> None:
    raise OperationalError("server closed the connection unexpectedly")


@every(hours=1)
@job()
def sweep() -> None: ...
