"""The whole request of a reply in a thread of 10, and in one of 10,000."""

import time
from statistics import median

from django.db import connection, transaction
from django.test import Client

from blog.models import Essay
from comments.models import Comment, TreeNumber
from tests import make
from tests.bench import corpus, database

ROUNDS = 40
SIZES = (10, 1_000, 10_000)


def post(client: Client, essay: Essay, parent: int, number: int) -> float:
    """Milliseconds from the request to its redirect."""
    fields = make.guest_form(text=f"Words {number} under {parent}.", parent=str(parent), name=f"Reader {number}")
    start = time.perf_counter()
    response = client.post(f"{essay.get_absolute_url()}respond/", fields, headers={"sec-fetch-site": "same-origin"})
    milliseconds = (time.perf_counter() - start) * 1000
    if response.status_code != 302:
        raise RuntimeError(f"{response.status_code} for a reply")
    return milliseconds


def baseline() -> float:
    """Milliseconds to insert one row in a transaction: the cost of the disk."""
    start = time.perf_counter()
    with transaction.atomic():
        TreeNumber.objects.create()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    with database.fresh():
        client = Client(headers={"host": "127.0.0.1"})
        essays = {size: corpus.essay(size, roots=0.0, depth=size, seed=size) for size in SIZES}
        corpus.gather_statistics()
        # Anywhere in the thread, evenly: the cost of a reply depends on the number of comments after it.
        parents = {
            size: list(Comment.objects.filter(essay=essay).order_by("lft").values_list("pk", flat=True))
            for size, essay in essays.items()
        }
        times: dict[int, list[float]] = {size: [] for size in SIZES}
        baselines = []
        for number in range(ROUNDS):
            baselines.append(baseline())
            for size, essay in essays.items():
                parent = parents[size][number * len(parents[size]) // ROUNDS]
                times[size].append(post(client, essay, parent, number))
    print(f"posting a reply, whole request, {connection.vendor}; ms, median of {ROUNDS}")
    print(f"{'baseline (one row)':>18}" + "".join(f"{f'thread of {size:,}':>18}" for size in SIZES))
    medians = {size: median(values) for size, values in times.items()}
    print(f"{median(baselines):>18.2f}" + "".join(f"{medians[size]:>18.2f}" for size in SIZES))
    print(f"10,000 / 10: {medians[10_000] / medians[10]:.2f}")
