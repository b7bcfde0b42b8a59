"""Is the process there, and can it serve?"""

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from server.http import health
from server.http.gateway import Gateway
from tests.server.raw_http import RawConnection, call_application
from tests.services.site import Server


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has not looked yet."""
    monkeypatch.setattr(health, "_is_migrated", False)


@pytest.mark.django_db
@pytest.mark.usefixtures("unknown")
def test_a_site_is_ready_once_it_is_migrated() -> None:
    migrations = MigrationRecorder(connection).migration_qs.filter(app="server")
    names = list(migrations.values_list("name", flat=True))
    migrations.delete()
    refused = Client().get("/readyz")
    assert refused.status_code == 503
    assert b"pending" in refused.content
    for name in names:
        MigrationRecorder(connection).record_applied("server", name)
    assert Client().get("/readyz").status_code == 200


@pytest.mark.once
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_prober_needs_no_name_of_the_site(site: Server, path: str) -> None:
    call = RawConnection(site.url)
    call.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 10.0.0.7:8000\r\nConnection: close\r\n\r\n".encode())
    status, words = call.read_response()
    assert status == 200
    assert "no-store" in words


def test_the_process_lives_even_when_everything_behind_the_door_is_broken() -> None:
    def fails(environ: Any, start_response: Any) -> Any:
        raise OperationalError("connection refused")

    assert call_application(Gateway(fails), "/healthz")[0] == "200 OK"
    assert call_application(Gateway(fails), "/")[0].startswith("503")


def test_a_read_only_site_shows_pages_and_accepts_nothing(settings: Any, tmp_path: Path) -> None:
    settings.READ_ONLY_FILE = tmp_path / "read-only"
    gateway = Gateway(pages)
    assert call_application(gateway, "/", REQUEST_METHOD="POST", body=b"text=Hello")[0] == "200 OK"
    settings.READ_ONLY_FILE.touch()
    status, headers, page = call_application(gateway, "/", REQUEST_METHOD="POST", body=b"text=Hello")
    assert status.startswith("503")
    assert headers["Retry-After"] == "60"
    assert b"Nothing was saved" in page
    assert call_application(gateway, "/", REQUEST_METHOD="GET")[0] == "200 OK"


def pages(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"a page"]
