"""SIGHUP: `manage.py serve` goes on with the installed code, without a request refused, failed or lost."""

import http.client
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.processes.web_server import stop_accepting
from tests.conftest import RUNS_ALL
from tests.server.raw_http import RawConnection
from tests.services.process_tree import descendants, job_workers, process_name
from tests.services.processes import wait_until
from tests.services.site import Serve, Server

pytestmark = pytest.mark.once

FORM = "Content-Type: application/x-www-form-urlencoded"
PACE = 0.04  # seconds between two requests of one reader


class Code:
    """A version of the code that every response names: by a header whose value is a setting."""

    def __init__(self, folder: Path) -> None:
        self.module = folder / "installed_settings.py"
        self.install("same-origin")

    def install(self, marker: str) -> None:
        self.module.write_text(f"from config.settings import *\n\nSECURE_REFERRER_POLICY = {marker!r}\n")

    def install_broken(self) -> None:
        self.module.write_text("from config.settings import *\n)\n")


class Readers:
    """Two readers, who together request a page fifty times a second, each time over a new connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: list[tuple[int, str]] = []
        self.faults: list[str] = []
        self.over = threading.Event()

    def read(self) -> None:
        while not self.over.wait(PACE):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("GET", "/robots.txt")
                response = connection.getresponse()
                response.read()
                self.answers.append((response.status, response.headers["Referrer-Policy"]))
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(repr(error))
            finally:
                connection.close()

    def wait_for(self, marker: str) -> None:
        """Wait until the code with this marker has answered."""
        wait_until(lambda: any(seen == marker for _, seen in self.answers[-200:]), f"the code marked {marker}")


@contextmanager
def reading(port: int) -> Iterator[Readers]:
    readers = Readers(port)
    threads = [threading.Thread(target=readers.read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield readers
    finally:
        readers.over.set()
        for thread in threads:
            thread.join()


def generations(server: Server) -> list[int]:
    return [pid for pid in descendants(server.process.pid) if process_name(pid) == "generation"]


def hang_up(server: Server) -> None:
    os.kill(server.process.pid, signal.SIGHUP)


@pytest.fixture
def code(tmp_path: Path) -> Code:
    return Code(tmp_path)


@pytest.fixture
def server(serve: Serve, code: Code) -> Server:
    module, folder = code.module.stem, str(code.module.parent)
    return serve(WEB_CONCURRENCY="1", DJANGO_SETTINGS_MODULE=module, PYTHONPATH=folder)


def test_on_sighup_new_code_answers_and_no_request_is_lost(server: Server, code: Code) -> None:
    (worker,) = job_workers(server.process.pid)
    with reading(server.port) as readers:
        for round_ in range(20 if RUNS_ALL else 1):
            first, second = ("origin", "no-referrer") if round_ % 2 == 0 else ("same-origin", "strict-origin")
            code.install(first)
            hang_up(server)
            wait_until(lambda: len(generations(server)) == 2, "the next generation")
            upload = RawConnection(server.url)
            upload.begin("/accounts/login/", FORM, "Content-Length: 12", "Expect: 100-continue")
            assert upload.is_asked_for_body()
            upload.send(6)
            code.install(second)
            hang_up(server)  # while the first is starting: its code may be older
            readers.wait_for(first)
            upload.send(6)
            assert upload.read_response()[0] == 200  # by the previous processes, which had it in hand
            readers.wait_for(second)
            wait_until(lambda: len(generations(server)) == 1, "the end of the previous ones")
        wait_until(lambda: job_workers(server.process.pid) not in ([], [worker]), "its job worker")

        code.install_broken()
        hang_up(server)
        server.process.wait_until(lambda: "did not start" in server.process.output(), "the failure")
        before = len(readers.answers)
        wait_until(lambda: len(readers.answers) > before + 5, "the previous code to answer")
    assert readers.faults == []
    assert {status for status, _ in readers.answers} == {200}
    assert readers.answers[-1][1] == second
    line = "The new processes did not start (exit status 1). The previous ones continue to serve."
    assert server.process.output().splitlines().count(line) == 1
    main, generation = next(server.installation.data_dir.glob("serve-*.pid")).read_text().split()
    assert (int(main), [int(generation)]) == (server.process.pid, generations(server))
    assert server.stop() == 0
    assert not list(server.installation.data_dir.glob("serve-*.pid"))


def test_a_retired_process_has_no_copy_of_the_socket_left() -> None:
    """Else it would accept connections, and close them before their requests arrive."""
    with socket.create_server(("127.0.0.1", 0)) as listener, listener.dup() as copy, socket.socket() as other:
        address = listener.getsockname()
        stop_accepting(listener)
        assert address not in (listener.getsockname(), copy.getsockname())
        assert other.getsockname()[1] == 0
