"""A full disk or a locked database: explained to the visitor, nothing is lost, and the site recovers by itself."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import Forum
from tests.services.databases import is_sqlite

if TYPE_CHECKING:
    from tests.services.site import Installation

SMALL_DISK = "24m"


def is_explained_rejection(status: int, body: str, headers: dict[str, str]) -> bool:
    return status == 503 and int(headers["retry-after"]) > 0 and "again" in body


def database_file(site: Forum) -> Path:
    return Path(urlsplit(site.server.installation.database_url).path)


@contextlib.contextmanager
def write_lock(site: Forum) -> Iterator[None]:
    """Hold the database's write lock in another connection."""
    url = site.server.installation.database_url
    if url.startswith("sqlite"):
        other_connection = sqlite3.connect(database_file(site), isolation_level=None)
        other_connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other_connection.execute("ROLLBACK")
            other_connection.close()
    else:
        import psycopg

        with psycopg.connect(url) as other_server:
            other_server.execute("LOCK TABLE comments_comment IN ACCESS EXCLUSIVE MODE")
            yield
            other_server.rollback()


def test_a_long_write_lock_leads_to_503_and_pages_can_still_be_read(forum: Callable[..., Forum]) -> None:
    site = forum(WEB_CONCURRENCY="1")  # each process has its own cache
    client = site.client()
    assert client.read(site.essay).status == 200
    with ThreadPoolExecutor(1) as pool, write_lock(site):
        response = pool.submit(client.post, site.essay, "Held up.").result()
        assert is_explained_rejection(response.status, response.body, response.headers)
        assert client.read(site.essay).status == 200
    assert "Held up." not in site.stored_texts()
    assert client.post(site.essay, "Held up.").is_accepted
    assert site.stored_texts().count("Held up.") == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"No small disk to fill: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(not is_sqlite(os.environ["DATABASE_URL"]), reason="PostgreSQL's disk is not ours")
def test_a_full_disk_leads_to_503_until_there_is_space_again(
    forum: Callable[..., Forum], installation: "Installation", small_disk: Path
) -> None:
    with installation.copy(small_disk) as small:
        site = forum(on=small)
        client = site.client()
        assert client.post(site.essay, "While there was room.").is_accepted
        assert client.read(site.essay).status == 200
        filler = small_disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"x" * 65_536)
                file.flush()
        responses = [client.post(site.essay, f"No room {number}. " + "word " * 2_000) for number in range(20)]
        refused = [response for response in responses if response.status == 503]
        assert {response.status for response in responses} <= {302, 503}
        assert refused
        assert all(is_explained_rejection(response.status, response.body, response.headers) for response in refused)
        assert client.read(site.essay).status == 200  # a cached page needs no disk
        filler.unlink()
        assert client.post(site.essay, "There is room again.").is_accepted
        stored = site.stored_texts()
        assert {"While there was room.", "There is room again."} <= set(stored)
        assert set(client.accepted) <= set(stored)
        with sqlite3.connect(database_file(site)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        site.server.stop()
