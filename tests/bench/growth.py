"""The cost of pages and posts with 10,000 essays and 133,000 comments, without and with planner statistics."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from statistics import median

from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay
from server.database import limit_statements
from tests import make
from tests.bench import corpus, cpu, database

ROUNDS = 15
LARGE, SMALL, SMALL_ONES = 100_000, 1_000, 33
ESSAYS = 10_000
WRITERS, EACH = 4, 5

Found = dict[str, list[float]]


def client() -> Client:
    return Client(headers={"host": "127.0.0.1"})


def fill() -> None:
    corpus.essay(LARGE, people=60_000)
    for seed in range(SMALL_ONES):
        corpus.essay(SMALL, seed=seed + 2)
    corpus.essays(ESSAYS)


def pages(large: Essay, small: Essay) -> dict[str, str]:
    return {
        "baseline: robots.txt": "/robots.txt",
        "feed of all comments": "/comments/feed/",
        "feed of 100,000 comments": f"{large.get_absolute_url()}feed/",
        "home page": "/",
        "archive": "/archive/",
        "archive of a year": f"/{large.dated.year - 2 if large.dated else 0}/",
        "sitemap": "/sitemap.xml",
        "sitemap of essays": "/sitemap-essays.xml",
    }


def get(address: str) -> int:
    """Request a page as a server does, with a database connection of its own."""
    close_old_connections()
    status = client().get(address).status_code
    close_old_connections()
    return status


def post(essay: Essay, number: int) -> None:
    close_old_connections()
    fields = make.guest_form(text=f"Words {number}.", name=f"Writer {number}", email=f"writer{number}@example.org")
    respond = f"{essay.get_absolute_url()}respond/"
    response = client().post(respond, fields, headers={"sec-fetch-site": "same-origin"})
    close_old_connections()
    if response.status_code != 302:
        raise RuntimeError(f"{response.status_code} for a post")


def measure(rounds: int, first: int = 0) -> Found:
    """Return milliseconds by what was measured; each round measures all in turn."""
    large, small = (Essay.objects.filter(title=f"Of {size} comments").latest("pk") for size in (LARGE, SMALL))
    cpu_clock, results, numbers = cpu.Clock(), defaultdict(list), count(first)
    addresses = {name: address for name, address in pages(large, small).items() if get(address) == 200}
    for essay in (large, small):
        get(essay.get_absolute_url())
    for _ in range(rounds):
        for essay, size in ((small, SMALL), (large, LARGE)):
            make.comment(essay)
            path = essay.get_absolute_url()
            name = f"essay of {size:,} comments after one more"
            results[name].append(cpu_clock.milliseconds(lambda path=path: get(path)))  # type: ignore[misc]
        for name, address in addresses.items():
            results[name].append(cpu_clock.milliseconds(lambda address=address: get(address)))  # type: ignore[misc]
        results["a post"].append(cpu_clock.milliseconds(lambda: post(small, next(numbers))))
        results["a post of four writers at once"].append(
            cpu_clock.milliseconds(lambda: write(small, numbers)) / WRITERS / EACH
        )
    return results


def write(essay: Essay, numbers: "count[int]") -> None:
    def writer(numbers_: list[int]) -> None:
        for number in numbers_:
            post(essay, number)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(writer, [[next(numbers) for _ in range(EACH)] for _ in range(WRITERS)]))


def main() -> None:
    with database.fresh():
        fill()
        connection.close()
        limit_statements()  # from here on as in a server
        before = measure(ROUNDS)
        corpus.gather_statistics()
        after = measure(ROUNDS, first=10_000)
        with CaptureQueriesContext(connection) as captured:
            client().get("/")
        print(f"site with {ESSAYS:,} essays and 133,000 comments, {connection.vendor}; CPU ms, median of {ROUNDS}")
        print(f"{'':<44}{'without statistics':>20}{'with':>12}")
        for name, values in before.items():
            print(f"{name:<44}{median(values):>20.1f}{median(after[name]):>12.1f}")
        print(f"queries for the home page: {len(captured)}")
