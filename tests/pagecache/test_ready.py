"""Cached pages that can be sent at once: only current ones, and a database that hangs is not waited for."""

import threading
import time
from collections.abc import Collection, Iterator

import pytest

from pagecache import generations
from pagecache.reader import DatabaseUnavailable, Numbers
from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Invalidate, get_response, get_text

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("numbered")]
KEY = ("http", "127.0.0.1", "/essay/", "")


class HangingReader:
    """A reader that answers only while `hangs` is not set, or fails at once if it `fails`."""

    waits = True

    def __init__(self) -> None:
        self.goes_on, self.fails = threading.Event(), False
        self.goes_on.set()

    def current(self) -> tuple[int, bool]:
        if self.fails:
            raise DatabaseUnavailable
        self.goes_on.wait(60)
        return 7, True

    def numbers(self, keys: Collection[str]) -> tuple[int, Numbers]:
        return self.current()[0], {}

    def close(self) -> None: ...


@pytest.fixture
def hanging(cached: PageCache, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingReader]:
    monkeypatch.setattr(generations, "LEASE", 0)  # each request asks
    cached._reader = reader = HangingReader()
    get_text(cached)
    yield reader
    reader.goes_on.set()


@pytest.mark.both
def test_a_page_is_ready_from_its_first_request_until_something_changes(
    cached: PageCache, invalidate: Invalidate
) -> None:
    assert cached.find_ready(KEY, "", None) is None
    page = get_response(cached)
    ready = cached.find_ready(KEY, "", None)
    assert ready is not None
    assert (ready[0], {name.lower(): value for name, value in ready[1]}, ready[2]) == (200, page.headers, page.body)
    assert cached.find_ready(KEY, "gzip", None) is None  # not compressed yet
    assert cached.find_ready(("http", "127.0.0.1", "/essay/", "order=newest"), "", None) is None
    unchanged = cached.find_ready(KEY, "", page.headers["etag"])
    assert unchanged is not None
    assert (unchanged[0], unchanged[2]) == (304, b"")
    invalidate("essay:7")
    assert cached.find_ready(KEY, "", None) is None
    get_text(cached)  # which finds that this page did not change
    assert cached.find_ready(KEY, "", None) == ready


def test_a_database_that_hangs_is_waited_for_once_and_briefly(cached: PageCache, hanging: HangingReader) -> None:
    assert cached.find_ready(KEY, "", None) is not None
    hanging.goes_on.clear()
    began = time.monotonic()
    assert [cached.find_ready(KEY, "", None) for _ in range(1000)] == [None] * 1000
    assert time.monotonic() - began < 30
    hanging.goes_on.set()
    cached._reading.result()  # type: ignore[union-attr]
    assert cached.find_ready(KEY, "", None) is not None


def test_no_page_is_ready_while_the_database_fails(cached: PageCache, hanging: HangingReader) -> None:
    hanging.fails = True
    assert cached.find_ready(KEY, "", None) is None
    assert get_response(cached).status == 200  # as checked before
