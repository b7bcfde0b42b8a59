"""SIGKILL while people post: every comment answered with a redirect is stored, and no old process answers."""

import contextlib
import os
import signal
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum
from tests.services.below import descendants, web_processes
from tests.services.processes import answers, wait_until

ROUNDS = 20 if RUNS_ALL else 1
POSTERS = 4


def kill_all(main: int) -> None:
    for pid in (main, *descendants(main)):
        with contextlib.suppress(ProcessLookupError):  # ended together with an earlier one
            os.kill(pid, signal.SIGKILL)


def kill_one_process(main: int) -> None:
    os.kill(web_processes(main)[0], signal.SIGKILL)


def kill_parent(main: int) -> None:
    os.kill(main, signal.SIGKILL)


@pytest.mark.parametrize(
    "kill",
    [
        kill_all,
        pytest.param(kill_one_process, marks=pytest.mark.once),
        pytest.param(kill_parent, marks=pytest.mark.long),  # its processes end with it: test_serve.py
    ],
)
def test_no_confirmed_comment_is_lost_or_stored_twice(forum: Callable[..., Forum], kill: Callable[[int], None]) -> None:
    place = forum(WEB_CONCURRENCY="2")
    threads = place.roots(2)
    callers = [place.caller(number + 1) for number in range(POSTERS)]
    sent: dict[int, list[tuple[str, int]]] = {number: [] for number in range(POSTERS)}
    for round_ in range(ROUNDS):
        is_killed, is_warm = Event(), Event()

        def post_until_killed(
            number: int, round_: int = round_, is_killed: Event = is_killed, is_warm: Event = is_warm
        ) -> None:
            for count in range(1_000):
                text, thread = f"Reply {count} by {number} in round {round_}", threads[count % 2]
                sent[number].append((text, thread))
                answer = callers[number].post(place.essay, text, parent=thread, name=f"Poster{number}")
                if count == 3:
                    is_warm.set()
                is_over = answer.is_taken if kill is kill_one_process else not answer.status
                if is_killed.is_set() and is_over:
                    return

        main = place.server.process.pid
        old = descendants(main)
        with ThreadPoolExecutor(POSTERS) as pool:
            writers = [pool.submit(post_until_killed, number) for number in range(POSTERS)]
            assert is_warm.wait(60)
            try:
                kill(main)
            finally:
                is_killed.set()
            for writer in writers:
                writer.result()
        if kill is not kill_one_process:
            place.server.process.running.wait()
            wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in old), "the old processes to end")  # noqa: B023
            assert not answers(place.server.port)
            place.server.start()
        kept = place.stored()
        for caller in callers:
            assert set(caller.taken) <= set(kept)
    for number, caller in enumerate(callers):
        for text, thread in sent[number][-5:]:  # readers repeat what got no response, or one that they missed
            answer = caller.post(place.essay, text, parent=thread, name=f"Poster{number}")
            assert answer.status in {302, 409}
    kept = place.stored()
    assert len(kept) == len(set(kept))
    assert place.has_sound_threads()
    if place.server.installation.database_url.startswith("sqlite"):
        with sqlite3.connect(urlsplit(place.server.installation.database_url).path) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
