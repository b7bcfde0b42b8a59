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


def database_file(place: Forum) -> Path:
    return Path(urlsplit(place.server.installation.database_url).path)


@contextlib.contextmanager
def write_lock(place: Forum) -> Iterator[None]:
    """Hold the database's write lock in another connection."""
    url = place.server.installation.database_url
    if url.startswith("sqlite"):
        other = sqlite3.connect(database_file(place), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
    else:
        import psycopg

        with psycopg.connect(url) as other_server:
            other_server.execute("LOCK TABLE comments_comment IN ACCESS EXCLUSIVE MODE")
            yield
            other_server.rollback()


def test_a_long_write_lock_leads_to_503_and_pages_can_still_be_read(forum: Callable[..., Forum]) -> None:
    place = forum(WEB_CONCURRENCY="1")  # each process has its own cache
    caller = place.caller()
    assert caller.read(place.essay).status == 200
    with ThreadPoolExecutor(1) as pool, write_lock(place):
        answer = pool.submit(caller.post, place.essay, "Held up.").result()
        assert is_explained_rejection(answer.status, answer.body, answer.headers)
        assert caller.read(place.essay).status == 200
    assert "Held up." not in place.stored()
    assert caller.post(place.essay, "Held up.").is_taken
    assert place.stored().count("Held up.") == 1


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
    with installation.copied(small_disk) as small:
        place = forum(on=small)
        caller = place.caller()
        assert caller.post(place.essay, "While there was room.").is_taken
        assert caller.read(place.essay).status == 200
        filler = small_disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"x" * 65_536)
                file.flush()
        answers = [caller.post(place.essay, f"No room {number}. " + "word " * 2_000) for number in range(20)]
        refused = [answer for answer in answers if answer.status == 503]
        assert {answer.status for answer in answers} <= {302, 503}
        assert refused
        assert all(is_explained_rejection(answer.status, answer.body, answer.headers) for answer in refused)
        assert caller.read(place.essay).status == 200  # a cached page needs no disk
        filler.unlink()
        assert caller.post(place.essay, "There is room again.").is_taken
        stored = place.stored()
        assert {"While there was room.", "There is room again."} <= set(stored)
        assert set(caller.taken) <= set(stored)
        with sqlite3.connect(database_file(place)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        place.server.stop()
