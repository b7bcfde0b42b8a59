"""Checks that run at the same time and may hang: what has no result in time is reported as such."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

from django.utils import translation
from django.utils.translation import gettext as _

from server.doctor.finding import Finding, warning

SUBJECTS = {
    "check_site": lambda: _("Site address"),
    "check_sender_domain": lambda: _("Email"),
    "check_mail_server": lambda: _("Email"),
    "check_redis": lambda: _("Redis"),
    "check_bucket": lambda: _("Bucket"),
    "check_disk": lambda: _("Data"),
}


class OutOfTime(Exception):
    """The time of a block that time_limit() bounds is over."""


class Running:
    """Started checks and what they have found so far."""

    def __init__(self) -> None:
        self.began = monotonic()
        self.checks: list[tuple[str, threading.Thread, list[Finding]]] = []

    def start(self, check: Callable[[], Iterable[Finding]], name: str = "") -> None:
        """Run a check in a thread of its own, in the language of this one. It must not use the database."""
        found: list[Finding] = []
        subject, language = SUBJECTS[name or check.__name__](), translation.get_language()

        def run() -> None:
            with translation.override(language):
                try:
                    _extend(found, check())
                except Exception as error:
                    problem = _("This check failed: “%(error)s”.") % {"error": f"{type(error).__name__}: {error}"}
                    found.append(warning(subject, problem, ""))

        thread = threading.Thread(target=run, name=name or check.__name__, daemon=True)
        self.checks.append((subject, thread, found))
        thread.start()

    def collect(self, seconds: float) -> list[Finding]:
        """Return all findings, at the latest when these seconds since the start are over."""
        collected: list[Finding] = []
        for subject, thread, found in self.checks:
            thread.join(max(0.0, self.began + seconds - monotonic()))
            collected += found
            if thread.is_alive():
                problem = _("There was no result within %(seconds)d seconds.") % {"seconds": seconds}
                remedy = _("Check that the server responds and that no firewall drops the connection.")
                collected.append(warning(subject, problem, remedy))
        return collected

    @property
    def is_hanging(self) -> bool:
        return any(thread.is_alive() for _subject, thread, _found in self.checks)


def _extend(found: list[Finding], results: Iterable[Finding]) -> None:
    """Append the findings one by one, so that those before a hang are kept."""
    for finding in results:
        found.append(finding)  # noqa: PERF402 - extend() would keep none of them


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block after these seconds; only in a program's main thread."""

    def expire(*_arguments: object) -> None:
        raise OutOfTime

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
