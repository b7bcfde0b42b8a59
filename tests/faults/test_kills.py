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
from tests.services.process_tree import descendants, web_processes
from tests.services.processes import is_listening, wait_until

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
        pytest.param(kill_all, marks=pytest.mark.once),
        pytest.param(kill_one_process, marks=pytest.mark.once),
        pytest.param(kill_parent, marks=pytest.mark.long),  # its processes end with it: test_serve.py
    ],
)
def test_no_confirmed_comment_is_lost_or_stored_twice(forum: Callable[..., Forum], kill: Callable[[int], None]) -> None:
    site = forum(WEB_CONCURRENCY="2")
    threads = site.create_roots(2)
    clients = [site.client(number + 1) for number in range(POSTERS)]
    sent: dict[int, list[tuple[str, int]]] = {number: [] for number in range(POSTERS)}
    for round_ in range(ROUNDS):
        is_killed, is_warm = Event(), Event()

        def post_until_killed(
            number: int, round_: int = round_, is_killed: Event = is_killed, is_warm: Event = is_warm
        ) -> None:
            for count in range(1_000):
                text, thread = f"Reply {count} by {number} in round {round_}", threads[count % 2]
                sent[number].append((text, thread))
                response = clients[number].post(site.essay, text, parent=thread, name=f"Poster{number}")
                if count == 3:
                    is_warm.set()
                is_stopped = response.is_accepted if kill is kill_one_process else not response.status
                if is_killed.is_set() and is_stopped:
                    return

        main = site.server.process.pid
        old_pids = descendants(main)
        with ThreadPoolExecutor(POSTERS) as pool:
            futures = [pool.submit(post_until_killed, number) for number in range(POSTERS)]
            assert is_warm.wait(60)
            try:
                kill(main)
            finally:
                is_killed.set()
            for future in futures:
                future.result()
        if kill is not kill_one_process:
            site.server.process.popen.wait()
            wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in old_pids), "the old processes to end")  # noqa: B023
            assert not is_listening(site.server.port)
            site.server.start()
        stored = site.stored_texts()
        for client in clients:
            assert set(client.accepted) <= set(stored)
    for number, client in enumerate(clients):
        for text, thread in sent[number][-5:]:  # readers repeat what got no response, or one that they missed
            response = client.post(site.essay, text, parent=thread, name=f"Poster{number}")
            assert response.status in {302, 409}
    stored = site.stored_texts()
    assert len(stored) == len(set(stored))
    assert site.has_sound_threads()
    if site.server.installation.database_url.startswith("sqlite"):
        with sqlite3.connect(urlsplit(site.server.installation.database_url).path) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
