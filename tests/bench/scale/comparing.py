"""What a site of 1,000,000 comments costs beside one of 10,000: requests, jobs, memory and backup."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.services.site import ROOT

SMALL = 10_000
RUN = "import config.wsgi, tests.bench.scale.worker as worker; worker.main()"
SAME = {"essay of 10,000": "essay of 1,000", "essay of 100,000": "essay of 1,000"}  # those that the small site lacks


class Site:
    """One of the two sites, in a process of its own."""

    def __init__(self, comments: int, url: str, folder: Path) -> None:
        self.comments, self.url, self.folder = comments, url, folder
        (folder / "static").mkdir(parents=True, exist_ok=True)
        self.environment = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder)}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN], cwd=ROOT, env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, do: str, **more: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps({"do": do, **more}), file=self.process.stdin, flush=True)
        found = json.loads(self.process.stdout.readline() or '{"error": "the process has ended"}')
        if "error" in found:
            raise RuntimeError(found["error"])
        return found["answer"]

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def fill(self) -> None:
        """Do what was not done before: fill the site, then its search index; start again with an empty memory."""
        for step in ("fill", "index"):
            if (marker := self.folder / step).exists():
                continue
            started = time.perf_counter()
            self.ask(step, comments=self.comments)
            marker.touch()
            print(f"{self.comments:,} comments: {step} took {time.perf_counter() - started:.0f} s", flush=True)
            self.stop()
            self.start()


@contextmanager
def open_site(comments: int) -> Iterator[Site]:
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite"):
        folder = Path(urlsplit(url).path).parent / f"sqlite-{comments}"
        folder.mkdir(exist_ok=True)
        if not (folder / "fill").exists():
            for file in folder.glob("site.sqlite3*"):
                file.unlink()
        url = f"sqlite:///{folder / 'site.sqlite3'}"
    else:
        folder = Path(os.environ.get("BENCH_KEEP") or os.environ["DATA_DIR"]) / f"postgres-{comments}"
        folder.mkdir(exist_ok=True)
        url = create_database(url, f"scale_{comments}", is_filled=(folder / "fill").exists())
    site = Site(comments, url, folder)
    try:
        yield site
    finally:
        site.stop()


def create_database(url: str, name: str, *, is_filled: bool) -> str:
    """Return the URL of the site's database; one that was not filled to the end is created again."""
    with psycopg.connect(urlsplit(url)._replace(scheme="postgresql").geturl(), autocommit=True) as server:
        if not is_filled:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def measure(small: Site, large: Site, names: list[str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return milliseconds by name of the measurement and site; each round asks both sites in turn."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    known = set(small.ask("names"))
    broken: set[str] = set()
    for number in range(rounds + 1):
        for name in names:
            for site in (small, large):
                if name in broken or (site is small and name not in known):
                    continue
                try:
                    taken = site.ask("measure", name=name)
                except RuntimeError as error:
                    print(f"{site.comments}: {name}: {error}", flush=True)
                    broken.add(name)
                    continue
                if number:  # the first round warms up
                    kind = "small" if site is small else "large"
                    found[name][f"{kind} cpu"].append(taken["cpu"])
                    found[name][f"{kind} time"].append(taken["time"])
    return found


def main() -> None:
    comments, parts = int(os.environ["BENCH_SITE_COMMENTS"]), os.environ["BENCH_PARTS"].split()
    printers = {"requests": print_requests, "memory": print_memory, "jobs": print_jobs, "backup": print_backup}
    with open_site(SMALL) as small, open_site(comments) as large:
        small.fill()
        large.fill()
        for part in parts:
            printers[part](small, large)


def print_requests(small: Site, large: Site) -> None:
    kind, rounds = os.environ["DATABASE_URL"].partition(":")[0], int(os.environ["BENCH_ROUNDS"])
    names = [name for name in large.ask("names") if os.environ["BENCH_ONLY"] in name]
    results = {}
    for statistics, do in (("without statistics", "clear"), ("with statistics", "optimize")):
        small.ask(do)
        large.ask(do)
        results[statistics] = measure(small, large, names, rounds)
    print(f"{large.comments:,} comments beside {SMALL:,}, {kind}: CPU ms of a request, ratio, ms; medians of {rounds}")
    print(f"{'':>32}" + "".join(f"{statistics:>32}" for statistics in results))
    for name in next(iter(results.values())):
        line = f"{name:>32}"
        for found in results.values():
            row = found[name]
            beside = found[find_base(name, found)]["small cpu"]
            before, after = median(beside or [0]), median(row["large cpu"] or [0])
            wall = median(row["large time"] or [0])
            line += f"{before:>9.1f}{after:>9.1f}{after / before if before else 0:>6.2f}{wall:>8.1f}"
        print(line)


def find_base(name: str, found: Any) -> str:
    """Return the measurement of the small site to compare with: of a large essay it is that of 1,000 comments."""
    for size, instead in SAME.items():
        if f"{size}" in name and not found[name]["small cpu"]:
            return name.replace(size, instead)
    return name


def print_memory(small: Site, large: Site) -> None:
    for site in (small, large):
        found = site.ask("memory")
        print(
            f"memory of the process, {site.comments:,} comments: {found['now']:.0f} MB, at most {found['peak']:.0f} MB"
        )


def print_jobs(small: Site, large: Site) -> None:
    jobs = {site.comments: site.ask("jobs") for site in (small, large)}
    print(f"{'CPU ms of each periodic job':>32}{SMALL:>12,}{large.comments:>12,}")
    for name, used in jobs[large.comments].items():
        print(f"{name:>32}{jobs[SMALL][name]:>12.0f}{used:>12.0f}")


def print_backup(small: Site, large: Site) -> None:
    for site in (small, large):
        with tempfile.TemporaryDirectory() as name:
            file, started = Path(name) / "backup.zip", time.perf_counter()
            running = subprocess.Popen(
                [sys.executable, "manage.py", "backup", str(file)],
                cwd=ROOT,
                env=site.environment,
                stdout=subprocess.DEVNULL,
            )
            _pid, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
            seconds, size = time.perf_counter() - started, file.stat().st_size / 1_000_000
        print(
            f"backup of {site.comments:,} comments: {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of CPU, "
            f"{size:,.0f} MB, at most {used.ru_maxrss / 1024:.0f} MB of memory"
        )
