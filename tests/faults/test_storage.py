"""A disk that is full, a database that somebody else holds: said in words, nothing lost, over by itself."""

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
from tests.services.processes import wait_until

if TYPE_CHECKING:
    from tests.conftest import Serve

SMALL_DISK = 24 * 1024 * 1024


def is_refused_in_words(status: int, body: str, headers: dict[str, str]) -> bool:
    return status == 503 and int(headers["retry-after"]) > 0 and "again" in body


def file_of(place: Forum) -> Path:
    return Path(urlsplit(place.server.installation.database_url).path)


@pytest.fixture
def on_sqlite() -> bool:
    return os.environ["DATABASE_URL"].startswith("sqlite")


@contextlib.contextmanager
def held_lock(place: Forum) -> Iterator[None]:
    """Somebody else writes and does not come to an end."""
    url = place.server.installation.database_url
    if url.startswith("sqlite"):
        other = sqlite3.connect(file_of(place), isolation_level=None)
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


def test_a_write_lock_held_too_long_is_503_and_reading_goes_on(forum: Callable[..., Forum]) -> None:
    place = forum()
    caller = place.caller()
    assert caller.read(place.essay).status == 200
    with ThreadPoolExecutor(1) as pool, held_lock(place):
        answer = pool.submit(caller.post, place.essay, "Held up.").result()
        assert is_refused_in_words(answer.status, answer.body, answer.headers)
        assert caller.read(place.essay).status == 200
    assert "Held up." not in place.stored()
    assert caller.post(place.essay, "Held up.").is_taken
    assert place.stored().count("Held up.") == 1
