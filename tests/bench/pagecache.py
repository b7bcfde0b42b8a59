"""The cached page of an essay from `manage.py serve`, compared with a bare Granian that sends the same gzip bytes."""

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

from server.processes import web_server
from tests import make
from tests.bench import corpus, load
from tests.services.process_tree import web_processes
from tests.services.processes import Process, free_port, is_listening, stopped_at_end
from tests.services.site import ROOT, Server, new_installation

COMMENTS, ROUNDS = 1_000, 5
SLICES, SECONDS = 4, 0.5  # of each line in a round, in turn, so that a slow moment of the machine affects all of them
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
    """Run Granian as `serve` configures it, with one fixed response."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1",
        "--blocking-threads", str(web_server.THREADS), "--backlog", str(web_server.BACKLOG), "--backpressure", "1024",
        "--http1-header-read-timeout", "5000", "--log-level", "error", "--port", str(port), "tests.bench.bare:application",
    ]  # fmt: skip
    environment = {**os.environ, "BARE_BODY": str(body)}
    process = Process(command, log=body.with_suffix(".log"), environment=environment, folder=ROOT)
    with stopped_at_end(process):
        process.wait_until(lambda: is_listening(port), f"granian on port {port}")
        yield process.pid, f"http://127.0.0.1:{port}/"


def server_processes(pid: int) -> list[int]:
    """The processes of a server, without its job worker."""
    return [pid, *web_processes(pid)]


def cpu(pid: int) -> float:
    """CPU seconds of a server so far."""
    stats = [Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split() for member in server_processes(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def measure(lines: dict[str, tuple[int, str, dict[str, str]]]) -> dict[str, Round]:
    counts, seconds, used = (dict.fromkeys(lines, 0.0) for _ in range(3))
    for _ in range(SLICES):
        for line, (pid, url, headers) in lines.items():
            before = cpu(pid)
            rate, count = load.drive(url, SECONDS, **headers)
            counts[line] += count
            seconds[line] += count / rate
            used[line] += cpu(pid) - before
    return {line: Round(counts[line] / seconds[line], used[line] / counts[line] * 1e6) for line in lines}


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
                measure(lines)  # to warm up
                rounds = [measure(lines) for _ in range(ROUNDS)]
        finally:
            server.stop()
    print(
        f"cached essay page, {COMMENTS:,} comments, 50 threads per page, {vendor}; "
        f"{len(plain) / 1000:.0f} KB, {len(body) / 1000:.1f} KB gzip; "
        f"{ROUNDS} rounds of {SLICES} x {SECONDS} s in turn over {load.CONNECTIONS} connections, median"
    )
    print(f"{'':<14}{'requests/s':>12}{'ratio (min..max)':>24}{'server CPU µs':>16}{'ratio':>8}")
    for line in lines:
        ratios = [results[line].rate / results["bare granian"].rate for results in rounds]
        cpu_ratio = median(results["bare granian"].cpu / results[line].cpu for results in rounds)
        rate, used = (median(values) for values in zip(*(results[line] for results in rounds), strict=True))
        spread = f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
        print(f"{line:<14}{rate:>12,.0f}{spread:>24}{used:>16.1f}{cpu_ratio:>8.2f}")
