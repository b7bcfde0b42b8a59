"""A PgBouncer in front of the tests' PostgreSQL, from Debian's package."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.services.processes import Process, free_port, is_listening, stopped_at_end

# Two sessions for all clients, so that two statements of a client rarely meet the same one. Without support for
# prepared statements, so that one is an error, as with releases before 1.21.
SETTINGS = """[databases]
* = host={host} port={port} user={user} password={password} connect_query='{limits}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
max_prepared_statements = 0
{own_user}
"""
LIMITS = "SET statement_timeout = ''10s''; SET lock_timeout = ''5s''; SET idle_in_transaction_session_timeout = ''15s''"


@contextlib.contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """Start PgBouncer in transaction mode and yield the same DATABASE_URL through it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    assert program, "pgbouncer is not installed: bin/test --all installs it where it may, else install Debian's package"
    url, own_port, settings = urlsplit(database_url), free_port(), folder / "pgbouncer.ini"
    settings.touch(mode=0o600)
    settings.write_text(
        SETTINGS.format(
            host=url.hostname,
            port=url.port,
            user=url.username,
            password=url.password,
            limits=LIMITS,
            own_port=own_port,
            own_user="user = nobody" if os.geteuid() == 0 else "",  # it does not run as root
        )
    )
    server = Process([program, settings], log=folder / "pgbouncer.log", ends_by=signal.SIGQUIT)  # at once
    with stopped_at_end(server):
        server.wait_until(lambda: is_listening(own_port), f"PgBouncer on port {own_port}")
        yield url._replace(netloc=f"{url.username}:{url.password}@127.0.0.1:{own_port}").geturl()
