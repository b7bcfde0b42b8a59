"""An essay's page drawn anew: CPU before compression, cold and after one more reply, at 1,000 and 10,000 comments."""

import time
from collections.abc import Callable
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay
from comments import drawing
from tests import make
from tests.bench import corpus, database

ROUNDS = 25


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of this process."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def measure(client: Client, essay: Essay) -> dict[str, float]:
    """Medians of rounds. The page after one reply stands in a running process, so no cold page goes before it."""
    address = essay.get_absolute_url()
    found: dict[str, list[float]] = {"floor": [], "cold": [], "again": []}
    client.get(address)
    for _ in range(ROUNDS):
        found["floor"].append(cpu(lambda: client.get("/robots.txt")))
        make.comment(essay)
        found["again"].append(cpu(lambda: client.get(address)))
    for _ in range(ROUNDS):
        found["floor"].append(cpu(lambda: client.get("/robots.txt")))
        drawing.kept.stencils.clear()
        found["cold"].append(cpu(lambda: client.get(address)))
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return {name: median(values) for name, values in found.items()} | {"queries": len(queries)}


def main() -> None:
    with database.fresh():
        client = Client(headers={"host": "127.0.0.1"})
        results = {count: measure(client, corpus.essay(count, seed=count)) for count in (1_000, 10_000)}
    print(f"essay page drawn anew, 50 threads a page, {connection.vendor}; CPU ms, medians of {ROUNDS}")
    print(f"{'comments':>10}{'floor (robots.txt)':>22}{'cold':>10}{'after one reply':>18}{'queries':>10}")
    for count, row in results.items():
        print(f"{count:>10}{row['floor']:>22.1f}{row['cold']:>10.1f}{row['again']:>18.1f}{row['queries']:>10.0f}")
    small, large = results[1_000], results[10_000]
    print(
        f"10,000 / 1,000: cold {large['cold'] / small['cold']:.2f}, after one reply {large['again'] / small['again']:.2f}"
    )
