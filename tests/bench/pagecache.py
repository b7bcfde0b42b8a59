"""The cached page of an essay from `manage.py serve`, beside a bare Granian at its defaults that sends the same bytes."""

import os
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

from django.db import connection

from tests import make
from tests.bench import corpus, load
from tests.services.process_tree import descendants, job_workers
from tests.services.processes import Process, free_port, is_listening, stopped_at_end
from tests.services.site import ROOT, Server, new_installation

COMMENTS, ROUNDS = 1_000, 5
SECONDS = 2  # of each line in a round, in turn, so that a slow moment of the machine affects all of them
CONNECTIONS = (8, 64)
TICKS = os.sysconf("SC_CLK_TCK")


def vocabulary() -> list[str]:
    """Return enough words that the page compresses like prose, common ones more often."""
    random = Random(7)
    words = [
        "".join(random.choices("etaoinshrdlucmfwypvbgkjqxz", range(26, 0, -1), k=random.randint(2, 9)))
        for _ in range(3000)
    ]
    return [word for rank, word in enumerate(words, 1) for _ in range(3000 // rank)]


class Round(NamedTuple):
    rate: float  # requests per second
    cpu: float  # microseconds of server CPU per request


@contextmanager
def bare(body: Path) -> Iterator[tuple[int, str]]:
    """Run Granian at its defaults, with one fixed response."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--log-level", "error", "--port", str(port),
        "tests.bench.bare:application",
    ]  # fmt: skip
    environment = {**os.environ, "BARE_BODY": str(body)}
    process = Process(command, log=body.with_suffix(".log"), environment=environment, folder=ROOT)
    with stopped_at_end(process):
        process.wait_until(lambda: is_listening(port), f"granian on port {port}")
        yield process.pid, f"http://127.0.0.1:{port}/"


def server_processes(pid: int) -> list[int]:
    """The processes of a server, without its job worker."""
    return [pid, *(set(descendants(pid)) - set(job_workers(pid)))]


def cpu(pid: int) -> float:
    """CPU seconds of a server so far."""
    stats = [Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split() for member in server_processes(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def measure(lines: dict[str, tuple[int, str, dict[str, str]]], connections: int) -> dict[str, Round]:
    results = {}
    for line, (pid, url, headers) in lines.items():
        before = cpu(pid)
        rate, count = load.drive(url, SECONDS, connections, **headers)
        results[line] = Round(rate, (cpu(pid) - before) / count * 1e6)
    return results


def get(url: str, encoding: str = "gzip") -> tuple[bytes, str]:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": encoding})) as response:
        return response.read(), response.headers["ETag"]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        new_installation(os.environ["DATABASE_URL"], Path(name)) as installation,
    ):
        with installation.connected():
            make.site()
            corpus.WORDS = vocabulary()
            address = corpus.essay(COMMENTS).get_absolute_url()
            vendor = connection.vendor
        server = Server(installation, WEB_CONCURRENCY="1")
        try:
            url = server.url + address
            (body, tag), (plain, _) = get(url), get(url, "identity")
            page = Path(name) / "page.gz"
            page.write_bytes(body)
            with bare(page) as (baseline_pid, baseline_url):
                lines: dict[str, tuple[int, str, dict[str, str]]] = {
                    "bare granian": (baseline_pid, baseline_url, {}),
                    "cached page": (server.process.pid, url, {}),
                    "304": (server.process.pid, url, {"If_None_Match": tag}),
                }
                measure(lines, CONNECTIONS[-1])  # to warm up
                rounds = [{each: measure(lines, each) for each in CONNECTIONS} for _ in range(ROUNDS)]
        finally:
            server.stop()
    print(
        f"cached essay page, {COMMENTS:,} comments, 50 threads per page, {vendor}; "
        f"{len(plain) / 1000:.0f} KB, {len(body) / 1000:.1f} KB gzip; "
        f"{ROUNDS} rounds of {SECONDS} s in turn, median"
    )
    print(f"{'':<14}{'connections':>12}{'requests/s':>12}{'ratio (min..max)':>24}{'server CPU µs':>16}{'ratio':>8}")
    for connections in CONNECTIONS:
        for line in lines:
            show(line, connections, [each[connections] for each in rounds])


def show(line: str, connections: int, rounds: list[dict[str, Round]]) -> None:
    ratios = [results[line].rate / results["bare granian"].rate for results in rounds]
    cpu_ratio = median(results["bare granian"].cpu / results[line].cpu for results in rounds)
    rate, used = (median(values) for values in zip(*(results[line] for results in rounds), strict=True))
    spread = f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
    print(f"{line:<14}{connections:>12}{rate:>12,.0f}{spread:>24}{used:>16.1f}{cpu_ratio:>8.2f}")
