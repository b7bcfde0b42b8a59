"""Rendering an essay's page of 1,000 and 10,000 comments: CPU before compression, uncached and after one more reply."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay
from comments.threads import rendering
from tests import make
from tests.bench import corpus, database

ROUNDS = 25


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of this process."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def measure(client: Client, essays: Mapping[int, Essay]) -> dict[int, dict[str, float]]:
    """Return the medians by number of comments, of rounds that take the essays in turn.

    The page after one reply is measured first, as in a running process: with the other comments' HTML cached.
    """
    times: dict[int, dict[str, list[float]]] = {count: defaultdict(list) for count in essays}
    addresses = {count: essay.get_absolute_url() for count, essay in essays.items()}
    for address in addresses.values():
        client.get(address)
    for _ in range(ROUNDS):
        for count, address in addresses.items():
            times[count]["floor"].append(cpu(lambda: client.get("/robots.txt")))
            make.comment(essays[count])
            times[count]["again"].append(cpu(partial(client.get, address)))
    for _ in range(ROUNDS):
        for count, address in addresses.items():
            times[count]["floor"].append(cpu(lambda: client.get("/robots.txt")))
            rendering.comment_html_cache.templates.clear()
            times[count]["cold"].append(cpu(partial(client.get, address)))
    return {
        count: {name: median(values) for name, values in row.items()} | {"queries": queries(client, addresses[count])}
        for count, row in times.items()
    }


def queries(client: Client, address: str) -> int:
    rendering.comment_html_cache.templates.clear()
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def main() -> None:
    with database.fresh():
        client = Client(headers={"host": "127.0.0.1"})
        essays = {count: corpus.essay(count, seed=count) for count in (1_000, 10_000)}
        corpus.gather_statistics()
        results = measure(client, essays)
    print(f"uncached essay page, 50 threads per page, {connection.vendor}; CPU ms, median of {ROUNDS}")
    print(f"{'comments':>10}{'baseline (robots.txt)':>22}{'cold':>10}{'after one reply':>18}{'queries cold':>15}")
    for count, row in results.items():
        print(f"{count:>10}{row['floor']:>22.1f}{row['cold']:>10.1f}{row['again']:>18.1f}{row['queries']:>15.0f}")
    small, large = results[1_000], results[10_000]
    print(
        f"10,000 / 1,000: cold {large['cold'] / small['cold']:.2f}, after one reply {large['again'] / small['again']:.2f}"
    )
