"""The queue's pages on a site of 100,000 comments, 5,000 of them pending: CPU of this process, and queries."""

import time
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.models import Comment, Wording
from tests import make
from tests.bench import corpus, database

ROUNDS = 15
ESSAYS, EACH, PENDING = 20, 5_000, 5_000
PAGES = {
    "pending": "",
    "pending, 100 per page": "?per_page=100",
    "page 200": "?page=200",
    "all": "?status=all",
    "approved, last page": "?status=approved&page=4000",
    "by spam score": "?order=likeliest",
    "by reason": "?reason=first",
    "search": "?q=orchard+promise",
    "one essay": "?status=all&essay=3",
}


def cpu(client: Client, address: str) -> float:
    start = time.process_time()
    if client.get(address).status_code != 200:
        raise RuntimeError(address)
    return (time.process_time() - start) * 1000


def main() -> None:
    with database.fresh():
        for seed in range(ESSAYS):
            corpus.essay(EACH, seed=seed + 1)
        all_keys = list(Comment.objects.order_by("pk").values_list("pk", flat=True))
        step = len(all_keys) // PENDING
        for start in range(0, PENDING, 500):
            keys = [all_keys[number * step] for number in range(start, start + 500)]
            Comment.objects.filter(pk__in=keys).update(status="pending", spam_score=0.5)
            Wording.objects.filter(comment__in=keys).update(reasons=[{"code": "first"}])
        corpus.gather_statistics()
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(make.moderator())
        print(f"queue, {len(all_keys)} comments, {PENDING} pending, {connection.vendor}; CPU ms, median of {ROUNDS}")
        print(f"{'page':>22}{'baseline (robots.txt)':>22}{'CPU':>10}{'queries':>10}")
        for name, query in PAGES.items():
            address = f"/admin/comments/queue/{query}"
            client.get(address)
            baseline = [cpu(client, "/robots.txt") for _ in range(ROUNDS)]
            times = [cpu(client, address) for _ in range(ROUNDS)]
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            print(f"{name:>22}{median(baseline):>22.1f}{median(times):>10.1f}{len(queries):>10}")
