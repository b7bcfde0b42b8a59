"""Several things in the same moment, each on a connection of its own to one site's database."""

import threading
from collections.abc import Callable
from typing import Any

from tests.services.site import Installation


def at_once(house: Installation, *jobs: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all of them started in the same moment."""
    results: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(number: int) -> None:
        with house.connected():
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
