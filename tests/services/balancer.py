"""nginx in front of several hosts, as docs/deploy.md describes it, from Debian's package."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.services.processes import Process, is_listening, stopped_at_end

CONFIGURATION = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream rejoinder {{
        {hosts}
    }}
    server {{
        listen 127.0.0.1:{port};
        gzip off;
        location / {{
            proxy_pass http://rejoinder;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $http_x_forwarded_for;
            proxy_next_upstream error;
        }}
    }}
}}
"""


@contextlib.contextmanager
def balancer(port: int, hosts: Sequence[int], folder: Path) -> Iterator[str]:
    """Start nginx on a port in front of these ports, and yield its address."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert program, "nginx is not installed: bin/test --all installs it where it may, else install Debian's package"
    folder.mkdir()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            hosts="\n        ".join(f"server 127.0.0.1:{host} max_fails=0;" for host in hosts),
            user="user root;" if os.geteuid() == 0 else "",
        )
    )
    command: list[str | Path] = [program, "-c", configuration, "-e", folder / "error.log"]
    server = Process(command, log=folder / "nginx.log", ends_by=signal.SIGTERM)
    with stopped_at_end(server):
        server.wait_until(lambda: is_listening(port), f"nginx on port {port}")
        yield f"http://127.0.0.1:{port}"
