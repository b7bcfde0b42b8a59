"""The first page of 10,000 comments in 500 threads and in one: size, queries, and CPU time uncached."""

import gzip
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import caches
from tests.bench import corpus, database
from tests.bench.pages import cpu

ROUNDS = 15
COUNT = 10_000
KINDS = {"500 threads": (0.05, 60), "one thread": (0.0, COUNT)}  # share of roots, greatest depth


def main() -> None:
    with database.fresh():
        client = Client(headers={"host": "127.0.0.1"})
        rows = {kind: measure(client, kind) for kind in KINDS}
    print(f"first page of {COUNT:,} comments, {connection.vendor}; CPU ms, median of {ROUNDS}")
    print(f"{'':>12}{'KB gzip':>10}{'queries':>10}{'baseline (robots.txt)':>22}{'cold':>10}{'cached':>10}")
    for kind, row in rows.items():
        print(f"{kind:>12}{row[0]:>10.1f}{row[1]:>10.0f}{row[2]:>22.1f}{row[3]:>10.1f}{row[4]:>10.1f}")


def measure(client: Client, kind: str) -> tuple[float, float, float, float, float]:
    """Return KB, queries, and milliseconds: the baseline, without cached comment HTML, and with all of it cached."""
    roots, depth = KINDS[kind]
    address = corpus.essay(COUNT, seed=COUNT, roots=roots, depth=depth).get_absolute_url()
    corpus.gather_statistics()
    size = len(gzip.compress(client.get(address).content)) / 1000
    baseline, cold, cached = [], [], []
    for _ in range(ROUNDS):
        baseline.append(cpu(lambda: client.get("/robots.txt")))
        cached.append(cpu(lambda: client.get(address)))
        caches.clear()
        cold.append(cpu(lambda: client.get(address)))
    caches.clear()
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return size, len(queries), median(baseline), median(cold), median(cached)
