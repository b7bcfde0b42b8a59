"""A site of two web processes under an hour of mixed load: errors, faulty threads and counts, and its memory.

Only run by name: `bin/bench soak --minutes 60 --database sqlite`. It fails if a bound is exceeded.
"""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from django.db import connection

from accounts.models import User
from comments import checking
from comments.models import Comment, Like, Status
from search.indexing import key_range
from search.models import Entry, Kind
from search.rebuilding import count_differences, rebuild
from tests import make
from tests.bench import corpus
from tests.bench.mixed_load import CREWS, HELD_WORD, PASSWORD, Crew, Failure, Record, crews
from tests.services.process_tree import descendants, process_name
from tests.services.processes import wait_until
from tests.services.site import Server, temporary_server

ESSAYS, COMMENTS = 100, 500  # more than the caches hold, so that they are full after the warm-up
WARM_UP = 10.0  # minutes, or a third of a shorter run
MOST_GROWTH = 0.05
SAMPLE_SECONDS = 5.0
PAUSED_SECONDS = 2.0  # a longer delay of this process means that the machine has paused all of them
AFTER_PAUSE = 60.0  # seconds in which requests fail because the time of a pause counted as waiting
BROKEN_TREES = {checking.Kind.THREAD, checking.Kind.TREE_NUMBER, checking.Kind.WORDING}


class Sample(NamedTuple):
    minute: float
    process: str
    megabytes: float


def main() -> None:
    minutes = float(os.environ.get("BENCH_MINUTES", 60))
    with temporary_server(WEB_CONCURRENCY="2", TRUSTED_PROXIES="127.0.0.1") as server:
        with server.connected():
            essays = fill()
        record = Record()
        loads = crews(server.url, essays, record)
        pauses = Pauses()
        samples = drive(server, loads, minutes, pauses)
        with server.connected():
            wait_for_jobs()
            after_pauses = [error for error in record.errors if pauses.explain(error)]
            faults = [str(error) for error in record.errors if error not in after_pauses] + [*stored_faults(record)]
            print_report(record, samples, minutes)
            faults += [
                line for line in server.process.output().splitlines() if "ERROR" in line or "unexpectedly" in line
            ]
    if pauses.found:
        print(f"\nThe machine paused {len(pauses.found)} times, {pauses.seconds:.0f} s in all;", end=" ")
        print(f"{len(after_pauses)} requests failed during a pause or within {AFTER_PAUSE:.0f} s after it")
    print(f"\n{len(faults)} faults" + "".join(f"\n  {fault}" for fault in faults[:40]), flush=True)
    if faults or has_grown(samples, minutes):
        sys.exit(1)


def fill() -> list[str]:
    """Create essays with comments, and the people of all crews; return the essays' paths."""
    make.site()
    make.rules(hold_first_comment=False, hold_words=HELD_WORD)
    made = [corpus.essay(COMMENTS, seed=number + 1).get_absolute_url() for number in range(ESSAYS)]
    rebuild()  # the search index, for what was inserted in bulk
    first = make.user("member", password=PASSWORD)
    people = [
        maker(login)
        for number in range(CREWS)
        for maker, logins in ((make.user, Crew.members(number)), (make.moderator, [Crew.moderator_of(number)]))
        for login in logins
    ]
    User.objects.filter(pk__in=[person.pk for person in people]).update(password=first.password)  # hashed once
    return made


class Pauses:
    """Times at which this process, and so every other, was not running."""

    def __init__(self) -> None:
        self.found: list[tuple[float, float]] = []  # from, until
        self.last = time.monotonic()

    def notice(self) -> None:
        """Compare with the time of the last call, which was SAMPLE_SECONDS ago or less."""
        now = time.monotonic()
        if now - self.last > SAMPLE_SECONDS + PAUSED_SECONDS:
            self.found.append((self.last, now))
        self.last = now

    @property
    def seconds(self) -> float:
        return sum(end - begin for begin, end in self.found)

    def explain(self, error: Failure) -> bool:
        """Return whether a request failed because of a pause."""
        return any(
            begin <= error.ended and error.ended - error.seconds <= end + AFTER_PAUSE for begin, end in self.found
        )


def drive(server: Server, loads: list[Crew], minutes: float, pauses: Pauses) -> list[Sample]:
    """Let all crews work for some minutes; return what memory each process had."""
    samples: list[Sample] = []
    reported, errors = -1, 0
    is_over, began = threading.Event(), time.monotonic()
    threads = [threading.Thread(target=crew.run, args=(is_over,)) for crew in loads]
    for thread in threads:
        thread.start()
    try:
        while (passed := time.monotonic() - began) < minutes * 60:
            pauses.notice()
            samples += [Sample(passed / 60, *each) for each in memory(server.process.pid)]
            if (step := int(passed / 300)) > reported:
                reported = step
                errors = print_progress(samples, loads[0].record, errors)
            time.sleep(SAMPLE_SECONDS)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    return samples


def print_progress(samples: list[Sample], record: Record, reported: int) -> int:
    """Print the memory and the errors since the last time; return how many there are by now."""
    now = samples[-1].minute
    parts = [f"{each.process} {each.megabytes:.1f}" for each in samples if each.minute == now]
    done, failed = sum(record.requests.values()), len(record.errors)
    lines = [
        f"{now:5.1f} min: {done:,} requests, {failed} errors, MB: {', '.join(parts)}",
        *map(str, record.errors[reported:failed]),
    ]
    print("\n  ".join(lines), file=sys.stderr, flush=True)
    return failed


def memory(main_process: int) -> Iterator[tuple[str, float]]:
    """Yield each process of the site with its number, and its proportional share of memory in megabytes."""
    for pid in (main_process, *descendants(main_process)):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        name = "serve" if pid == main_process else process_name(pid)
        yield f"{name} {pid}", kilobytes / 1024


def wait_for_jobs() -> None:
    """Wait until the worker has run the jobs of the last comments."""
    from django_tasks_db.models import DBTaskResult

    wait_until(lambda: not DBTaskResult.objects.ready().exists(), "the jobs", 300)


def stored_faults(record: Record) -> Iterator[str]:
    """Yield what is wrong with the stored rows, by themselves and compared with what people were told."""
    for problem in checking.problems():
        yield str(problem)
    texts = dict(Comment.objects.values_list("pk", "wording__text"))
    yield from (f"comment {pk} is lost" for pk, text in record.texts.items() if texts.get(pk) != text)
    marks = Counter(text.split()[0] for text in texts.values() if text.startswith("Number"))
    yield from (f"{mark} is stored {times} times" for mark, times in marks.items() if times > 1)
    likes = set(Like.objects.filter(essay__isnull=False).values_list("commenter__user__username", "essay__slug"))
    for (login, essay), is_liked in record.likes.items():
        if ((login, essay.strip("/").rpartition("/")[2]) in likes) != is_liked:
            yield f"{login}’s like of {essay} should be {is_liked}"
    missing, extra = count_differences()
    if missing or extra:
        yield f"the search index lacks {missing} texts and has {extra} too many"
    indexed = set(Entry.objects.filter(id__range=key_range(Kind.COMMENT)).values_list("number", flat=True))
    if wrong := indexed ^ set(Comment.objects.filter(status=Status.APPROVED).values_list("pk", flat=True)):
        yield f"{len(wrong)} comments are wrongly in the search index or missing there"


def print_report(record: Record, samples: list[Sample], minutes: float) -> None:
    rate = sum(record.requests.values()) / minutes / 60
    kinds = Counter(problem.kind for problem in checking.problems())
    broken = sum(kinds[kind] for kind in BROKEN_TREES)
    print(f"{minutes:.0f} minutes of mixed load, {connection.vendor}, 2 web processes, {rate:.1f} requests/s")
    for name, number in record.requests.items():
        print(f"{name:>22}{number:>12,}")
    print(f"{'comments':>22}{Comment.objects.count():>12,}")
    print(f"{'errors':>22}{len(record.errors):>12,}")
    print(f"{'broken trees':>22}{broken:>12,}")
    print(f"{'wrong counts':>22}{sum(kinds.values()) - broken:>12,}")
    print(f"\n{'memory (PSS), MB':>22}{'after warm-up':>16}{'at the end':>14}{'growth':>10}")
    for name, (before, after) in growth(samples, minutes).items():
        print(f"{name:>22}{before:>16.1f}{after:>14.1f}{after / before - 1:>10.1%}")


def growth(samples: list[Sample], minutes: float) -> dict[str, tuple[float, float]]:
    """Return each process's memory after the warm-up and at the end: medians over two minutes, or less in short runs."""
    window = min(2.0, minutes / 10)
    begin = min(WARM_UP, minutes / 3)
    found: dict[str, tuple[float, float]] = {}
    for name in sorted({sample.process for sample in samples}):
        own = [sample for sample in samples if sample.process == name]
        early = [each.megabytes for each in own if begin <= each.minute < begin + window]
        late = [each.megabytes for each in own if each.minute >= minutes - window]
        if early and late:
            found[name] = median(early), median(late)
    found["all"] = sum(before for before, _ in found.values()), sum(after for _, after in found.values())
    return found


def has_grown(samples: list[Sample], minutes: float) -> bool:
    """Return whether the site’s memory has grown beyond the bound after the warm-up."""
    before, after = growth(samples, minutes)["all"]
    return after > before * (1 + MOST_GROWTH)
