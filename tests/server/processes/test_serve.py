"""`manage.py serve`: it stays up whatever dies, stops cleanly, leaves nothing behind, and says what it needs."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from server.processes import serve
from server.processes.supervisor import STOP_TIMEOUT
from tests.conftest import RUNS_ALL
from tests.server.raw_http import RawConnection
from tests.services.process_tree import descendants, exists, job_workers, web_processes
from tests.services.processes import free_port, is_listening, wait_until
from tests.services.site import ROOT, Installation, Server

pytestmark = pytest.mark.once

LOGIN = "/accounts/login/"
FORM = "Content-Type: application/x-www-form-urlencoded"


def started(installation: Installation, *arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """A start that is to be refused."""
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=ROOT,
        env=installation.environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextlib.contextmanager
def shared(migrated: Installation, folder: Path, **environment: str | None) -> Iterator[Server]:
    with migrated.copy(folder) as installation:
        server = Server(installation, provider=False, **environment)
        yield server
        server.stop()


@pytest.fixture(scope="module")
def _single(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with shared(_migrated, tmp_path_factory.mktemp("single"), WEB_CONCURRENCY="1", PORT=None, SITE_URL=None) as server:
        yield server


@pytest.fixture(scope="module")
def _double(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    of_production = {"DEBUG": None, "SITE_URL": "https://essays.example", "SECRET_KEY": None}
    with shared(_migrated, tmp_path_factory.mktemp("double"), WEB_CONCURRENCY="2", **of_production) as server:
        yield server


@pytest.fixture
def single(_single: Server) -> Server:
    """One process that answers, of which nobody has said where it is; started anew only when a test has ended it."""
    return running(_single)


@pytest.fixture
def double(_double: Server) -> Server:
    """Two processes that answer, in production; likewise."""
    return running(_double)


def running(server: Server) -> Server:
    if not server.process.is_alive:
        server.start()
    return server


# Starting


def test_a_port_that_is_taken_is_said_in_one_line(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        refused = started(installation, "--port", port)
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert f"127.0.0.1:{port}" in refused.stderr


@pytest.mark.parametrize(
    ("host", "error", "said"),
    [
        ("nowhere.invalid", socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "--host"),
        ("192.0.2.1", OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), "--host"),
        ("127.0.0.1", PermissionError(errno.EACCES, "Permission denied"), "a port above 1023"),
    ],
)
def test_an_address_that_cannot_be_used_is_not_called_taken(
    monkeypatch: pytest.MonkeyPatch, host: str, error: OSError, said: str
) -> None:
    monkeypatch.setattr(socket, "create_server", mock.Mock(side_effect=error))
    with pytest.raises(serve.CannotListen, match=said) as refused:
        serve.listen(host, 80)
    assert "Another program" not in str(refused.value)


@pytest.mark.parametrize("count", ["0", "-1", "129"])
def test_a_number_of_processes_that_cannot_be_is_refused(count: str) -> None:
    with pytest.raises(CommandError, match="--processes must be a whole number from 1 to 128"):
        call_command("serve", "--processes", count)


def test_pending_migrations_are_refused_in_production_and_said_under_debug(tmp_path: Path) -> None:
    empty = Installation(tmp_path, f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    refused = started(empty, "--port", str(free_port()), DEBUG=None)
    assert refused.returncode == 1
    assert "The database needs migrating" in refused.stderr
    assert "manage.py migrate" in refused.stderr


def test_it_forks_its_processes_whatever_python_does_by_default(installation: Installation, tmp_path: Path) -> None:
    """Python 3.14 starts processes of multiprocessing in another way, in which none of ours would stay alive."""
    newer = "import multiprocessing\nmultiprocessing.set_start_method('forkserver')\n"
    (tmp_path / "sitecustomize.py").write_text(newer)
    server = Server(installation, PYTHONPATH=str(tmp_path))
    try:
        wait_until(lambda: len(job_workers(server.process.pid)) == 1, "the job worker")
        assert "ended by itself" not in server.process.output()
    finally:
        server.stop()


def test_the_demo_says_where_it_is_and_who_can_log_in(site: Server) -> None:
    site.process.wait_until(lambda: "password: demo" in site.process.output(), "its greeting")
    said = site.process.output()
    assert f"Rejoinder is running at {site.url}" in said
    assert "as owner, author, moderator (password: demo)" in said
    assert "Emails are written to" in said


def test_in_production_it_says_what_is_not_yet_set(double: Server) -> None:
    double.process.wait_until(lambda: "essays.example" in double.process.output(), "its greeting")
    said = double.process.output()
    for subject in ("Secret key:", "Email:", "Proxies:", "Owner:"):
        assert f"- {subject}" in said
    assert (double.installation.data_dir / "static" / "staticfiles.json").exists()


def test_another_port_changes_the_address_that_links_are_made_from(single: Server) -> None:
    call = RawConnection(single.url)
    call.begin("/robots.txt", "Connection: close", method="GET")
    assert single.url in call.read_response()[1]


def test_the_threads_of_a_process_share_few_pools_of_memory(single: Server) -> None:
    (process,) = web_processes(single.process.pid)
    assert b"MALLOC_ARENA_MAX=2" in Path(f"/proc/{process}/environ").read_bytes().split(b"\0")


# Dying


def test_two_that_die_at_the_same_moment_are_both_made_anew_and_nothing_stays_of_a_killed_main_process(
    double: Server,
) -> None:
    server = double
    before = web_processes(server.process.pid)
    assert len(before) == 2
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len({*web_processes(server.process.pid)} - {*before}) == 2, "two new processes")
    for round_ in range(20 if RUNS_ALL else 1):
        if round_:
            server.start()
        pids = descendants(server.process.pid)
        assert len(pids) == 4  # a generation's own, two that answer requests and a job worker
        server.kill()
        wait_until(lambda pids=pids: not any(exists(pid) for pid in pids), "its processes to be gone", seconds=2)  # type: ignore[misc]
        wait_until(lambda: not is_listening(server.port), "its port to be free", seconds=2)
    socket.create_server(("127.0.0.1", server.port)).close()


def test_whatever_dies_again_and_again_is_made_anew(single: Server) -> None:
    server = single
    for _ in range(5 if RUNS_ALL else 3):  # with pauses of 0, 1, 2, 4 and 8 seconds between
        (web,) = web_processes(server.process.pid)
        os.kill(web, signal.SIGKILL)
        # Nobody is turned away meanwhile: the call waits for the next process.
        with contextlib.closing(RawConnection(server.url)) as call:
            call.begin("/healthz", "Connection: close", method="GET")
            assert call.read_response()[0] == 200
        wait_until(lambda web=web: web_processes(server.process.pid) not in ([], [web]), "the next process")  # type: ignore[misc]
    assert server.process.is_alive
    (before,) = job_workers(server.process.pid)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: job_workers(server.process.pid) not in ([], [before]), "the next worker")
    assert "The job worker stopped unexpectedly" in server.process.output()


# Stopping


def test_on_sigterm_what_is_in_hand_is_answered_and_nothing_stays(single: Server) -> None:
    server = single
    call = RawConnection(server.url)
    call.begin(LOGIN, FORM, "Content-Length: 12", "Expect: 100-continue")
    assert call.is_asked_for_body()
    call.send(6)
    pids = descendants(server.process.pid)
    server.process.popen.terminate()
    wait_until(lambda: not is_listening(server.port), "the server to take no more calls")
    call.send(6)
    assert call.read_response()[0] == 200
    assert server.process.popen.wait(15) == 0
    assert not any(exists(pid) for pid in pids)


@pytest.mark.parametrize("_round", range(10 if RUNS_ALL else 1))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["terminal", "service-manager"])
def test_it_stops_when_all_its_processes_are_told_to_at_once(
    double: Server, number: signal.Signals, _round: int
) -> None:
    server = double
    pids = [server.process.pid, *descendants(server.process.pid)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    # Sooner than those that did not hear it are killed.
    wait_until(lambda: not any(exists(pid) for pid in pids[1:]), "its processes to end", seconds=STOP_TIMEOUT - 1)
    assert server.process.popen.wait(15) == 0
