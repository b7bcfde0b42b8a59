"""Run several functions at the same moment, each with its own connection to one site's database."""

import threading
from collections.abc import Callable
from typing import Any

from tests.services.site import Installation


def run_concurrently(connected_installation: Installation, *jobs: Callable[[], Any]) -> list[Any]:
    """Return what each function returned or raised; all start at the same moment."""
    results: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(number: int) -> None:
        with connected_installation.connected():
            start.wait()
            try:
                results[number] = jobs[number]()
            except Exception as error:
                results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
