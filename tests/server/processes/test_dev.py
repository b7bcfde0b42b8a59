"""`manage.py dev` and bin/dev: the development server restarts when a file changes, and ends with what it started."""

import contextlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.process_tree import descendants, exists, job_workers
from tests.services.processes import NotReadyError, Process, free_port, is_listening, wait_until
from tests.services.site import ROOT, Installation

pytestmark = pytest.mark.once


def page(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return ""


@pytest.fixture
def port() -> int:
    return free_port(neighbours=1)


@pytest.fixture
def development(installation: Installation, port: int) -> Iterator[Process]:
    server = Process(
        [sys.executable, "manage.py", "dev"],
        log=installation.data_dir / "dev.log",
        environment=installation.environment(PORT=str(port), SITE_URL=None),
        folder=ROOT,
    )
    server.wait_until(lambda: bool(page(port)) and is_listening(port + 1), "the page and the demo identity provider")
    yield server
    server.stop()


def restarted(server: Process, file: Path) -> None:
    """Touch the file until the server restarts: it only notices changes once it has seen the files a first time."""
    before = job_workers(server.pid)
    assert len(before) == 1
    for _ in range(6):
        os.utime(file)
        with contextlib.suppress(NotReadyError):
            wait_until(lambda: job_workers(server.pid) not in ([], before), "a new job worker", seconds=10)
            return
    raise NotReadyError(f"It did not restart. It said:\n{server.output()}")


def test_it_restarts_when_a_template_changes_and_leaves_nothing_behind(development: Process, port: int) -> None:
    restarted(development, ROOT / "templates/base.html")
    wait_until(lambda: bool(page(port)), "the page after the restart")
    wait_until(lambda: len(job_workers(development.pid)) == 1, "one job worker")
    below = descendants(development.pid)
    development.stop()
    wait_until(lambda: not any(map(exists, below)), "the end of everything it started")


def test_it_refuses_to_start_in_production(installation: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "dev"],
        cwd=ROOT,
        env=installation.environment(DEBUG=None, SITE_URL="https://essays.example"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Set DEBUG=1, or run: manage.py serve" in done.stderr


@pytest.mark.parametrize(("script", "command"), [("run", "serve"), ("dev", "dev")])
def test_both_scripts_prepare_the_same_site_and_start_their_server(tmp_path: Path, script: str, command: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("run", "dev"):
        shutil.copy(ROOT / "bin" / name, tmp_path / "bin")
    says = '#!/bin/sh\necho "${0##*/} $1 ${2%%import*} DEBUG=$DEBUG PORT=$PORT" | tr -d "\\n" >>said\necho >>said\n'
    for name, program in {"bin/setup": "#!/bin/sh\n", ".venv/bin/python": says}.items():
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in {"DEBUG", "PORT"}}
    subprocess.run([tmp_path / "bin" / script], env=environment, check=True, capture_output=True)
    assert (tmp_path / "said").read_text().splitlines() == [
        "python -c  DEBUG=1 PORT=8000",
        f"python manage.py {command} DEBUG=1 PORT=8000",
    ]
