"""Rendering an essay's page without comments and with 1,000 and 10,000: CPU before compression.

Cold: in a new process; again: after one more reply, or without comments after the page cache dropped the page.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay
from tests import caches, make
from tests.bench import corpus, database

ROUNDS = 25


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of this process."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def measure(client: Client, reader: Client, essays: Mapping[int, Essay]) -> dict[int, dict[str, float]]:
    """Return the medians by number of comments, of rounds that take the essays in turn.

    The page after one reply is measured first, as in a running process: with the HTML of what did not change cached;
    then the same page as a logged-in reader gets it.
    """
    times: dict[int, dict[str, list[float]]] = {count: defaultdict(list) for count in essays}
    addresses = {count: essay.get_absolute_url() for count, essay in essays.items()}
    for address in addresses.values():
        client.get(address)
        reader.get(address)
    for _ in range(ROUNDS):
        for count, address in addresses.items():
            times[count]["floor"].append(cpu(lambda: client.get("/robots.txt")))
            if count:
                make.comment(essays[count])
            times[count]["again"].append(cpu(partial(client.get, address)))
            times[count]["reader"].append(cpu(partial(reader.get, address)))
    for _ in range(ROUNDS):
        for count, address in addresses.items():
            times[count]["floor"].append(cpu(lambda: client.get("/robots.txt")))
            caches.clear()
            times[count]["cold"].append(cpu(partial(client.get, address)))
    return {
        count: {name: median(values) for name, values in row.items()} | {"queries": queries(client, addresses[count])}
        for count, row in times.items()
    }


def queries(client: Client, address: str) -> int:
    caches.clear()
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def main() -> None:
    with database.fresh():
        client, reader = Client(headers={"host": "127.0.0.1"}), Client(headers={"host": "127.0.0.1"})
        reader.force_login(make.user())
        essays = {count: corpus.essay(count, seed=count) for count in (0, 1_000, 10_000)}
        corpus.gather_statistics()
        results = measure(client, reader, essays)
    print(f"uncached essay page, 50 threads per page, {connection.vendor}; CPU ms, median of {ROUNDS}")
    print(
        f"{'comments':>10}{'baseline (robots.txt)':>22}{'cold':>10}{'again':>10}{'logged in':>12}{'queries cold':>15}"
    )
    for count, row in results.items():
        times = f"{row['floor']:>22.1f}{row['cold']:>10.1f}{row['again']:>10.1f}{row['reader']:>12.1f}"
        print(f"{count:>10}{times}{row['queries']:>15.0f}")
    small, large = results[1_000], results[10_000]
    print(
        f"10,000 / 1,000: cold {large['cold'] / small['cold']:.2f}, after one reply {large['again'] / small['again']:.2f}"
    )
