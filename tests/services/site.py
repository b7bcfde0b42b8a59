"""A whole site: database, data folder, `manage.py`, and the production server."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.services.databases import connected, database
from tests.services.processes import Process, free_port, is_listening

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installation:
    """The parts of a site that remain when its server stops."""

    data_dir: Path
    database_url: str

    def environment(self, **overrides: str | None) -> dict[str, str]:
        """Return this process's environment with this installation's paths; a value of None removes a name."""
        merged = {**os.environ, "DATA_DIR": str(self.data_dir), "DATABASE_URL": self.database_url, **overrides}
        return {name: value for name, value in merged.items() if value is not None}

    def manage(self, *arguments: str, **environment: str | None) -> str:
        """Run manage.py and return its output; raise an error with both outputs if it fails."""
        command = [sys.executable, "manage.py", *arguments]
        result = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, f"{arguments} exited with {result.returncode}:\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def connected(self) -> contextlib.AbstractContextManager[None]:
        return connected(self.database_url)

    @contextlib.contextmanager
    def copy(self, folder: Path) -> Iterator["Installation"]:
        """Return a copy with the same content."""
        data_dir = folder / "data"
        shutil.copytree(
            self.data_dir, data_dir, ignore=shutil.ignore_patterns("*.sqlite3*"), copy_function=link_or_copy
        )
        with database(self.database_url, data_dir, template=self.database_url) as url:
            yield Installation(data_dir, url)


def link_or_copy(source: str, target: str) -> None:
    """Link or copy a file: static files, media and emails are never changed in place."""
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)


@contextlib.contextmanager
def new_installation(like: str, folder: Path) -> Iterator[Installation]:
    """Return a new, migrated installation on a database of the kind that the URL names."""
    data_dir = folder / "data"
    data_dir.mkdir()
    with database(like, data_dir) as url:
        installation = Installation(data_dir, url)
        installation.manage("migrate", "--verbosity=0")
        collect_static(installation)  # once, and copied with the rest
        yield installation


def collect_static(installation: Installation) -> None:
    """Collect static files, which are the same for every database: the first of several parts does it for all."""
    collect = ("collectstatic", "--no-input", "--verbosity=0")
    if not (shared := os.environ.get("REJOINDER_SHARED")):
        installation.manage(*collect)
        return
    with folder_lock(Path(shared) / "static") as folder:
        if not (location := folder / "place").exists():
            installation.manage(*collect)
            location.write_text(str(installation.data_dir / "static"))
            return
        source = location.read_text()
    shutil.copytree(source, installation.data_dir / "static", copy_function=link_or_copy)


@contextlib.contextmanager
def shared_installation(
    folder: Path, make: Callable[[Path], contextlib.AbstractContextManager[Installation]]
) -> Iterator[Installation]:
    """Return an installation on SQLite to copy from: the first worker creates it while the others wait."""
    with folder_lock(folder):
        location = folder / "place"
        if not location.exists():
            with make(folder) as installation:
                location.write_text(f"{installation.data_dir}\n{installation.database_url}")
    data_dir, url = location.read_text().split("\n")
    yield Installation(Path(data_dir), url)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[Path]:
    """Lock the folder against other workers."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


class Server:
    """`manage.py serve` in front of an installation."""

    def __init__(
        self,
        installation: Installation,
        *,
        provider: bool = False,
        code: Path | str | None = ROOT,
        **environment: str | None,
    ) -> None:
        """`provider`: with the demo identity provider beside it, which costs a process. `code`: a copy of ours."""
        self.installation, self.code = installation, Path(code or ROOT)
        self.provider = provider
        self.port = free_port(neighbours=1)  # the next one is the demo identity provider's
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = installation.environment(**{"PORT": str(self.port), **environment})
        self.start()

    def start(self) -> None:
        options = [] if self.provider else ["--no-demo-provider"]
        self.process = Process(
            [sys.executable, "manage.py", "serve", "--port", str(self.port), *options],
            log=self.installation.data_dir / "serve.log",
            environment=self.environment,
            folder=self.code,
        )
        self.process.wait_until(self.is_ready, f"{self.url}/readyz")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as response:
                return response.status == 200 and (not self.provider or is_listening(self.port + 1))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> int:
        return self.process.stop()

    def kill(self) -> None:
        """Send SIGKILL to the main process alone."""
        self.process.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def connected(self) -> contextlib.AbstractContextManager[None]:
        """Connect this thread's ORM to the server's database until the block ends."""
        return self.installation.connected()


@contextlib.contextmanager
def temporary_server(**environment: str | None) -> Iterator[Server]:
    """Start a server for a new site on a database of the kind that DATABASE_URL names; at the end both are removed."""
    with (
        tempfile.TemporaryDirectory() as name,
        new_installation(os.environ["DATABASE_URL"], Path(name)) as installation,
    ):
        server = Server(installation, provider=False, **environment)
        try:
            yield server
        finally:
            server.stop()


class Serve(Protocol):
    """The fixture `serve`."""

    def __call__(self, *, demo: bool = False, provider: bool = False, **environment: str | None) -> Server: ...
