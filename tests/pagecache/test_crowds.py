"""Many requests for one page: it is rendered once, no one waits forever, and requests after a change see the change."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from wsgiref.types import WSGIEnvironment

import pytest

from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Application, Invalidate, get_response, get_text
from tests.services.processes import wait_until
from tests.services.site import Installation

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("numbered")]


def count_waiting(cached: PageCache) -> int:
    """Return how many requests wait for another one's rendering."""
    conditions: list[Any] = [vars(drawing.done)["_cond"] for drawing in list(cached._renderings.values())]
    return sum(len(condition._waiters) for condition in conditions)


class BlockedApplication:
    """Blocks the application until `release` is set, and counts its running requests."""

    def __init__(self, app: Application) -> None:
        self.original_text, self.release, self.running = app.text, threading.Event(), 0
        app.text = self.text

    def text(self, environ: WSGIEnvironment) -> str:
        self.running += 1
        text = self.original_text(environ)
        assert self.release.wait(20)
        return text


def change_while_rendering(app: Application, invalidate: Invalidate, database: Installation) -> BlockedApplication:
    """Change each page while it is being rendered."""
    blocked = BlockedApplication(app)
    original_text = blocked.text

    def get_text(environ: WSGIEnvironment) -> str:
        text = original_text(environ)
        with database.connected():
            invalidate("essay:1")
        return text

    app.text = get_text
    return blocked


def test_a_page_requested_by_many_is_rendered_once(cached: PageCache, app: Application) -> None:
    blocked = BlockedApplication(app)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(get_text, cached) for _ in range(8)]
        wait_until(lambda: count_waiting(cached) == 7, "everybody to arrive")
        blocked.release.set()
    assert {visitor.result() for visitor in futures} == {"answer 1"}
    assert len(app.requests) == 1


def test_a_request_after_a_change_does_not_get_a_rendering_begun_before_it(
    cached: PageCache, app: Application, invalidate: Invalidate
) -> None:
    blocked = BlockedApplication(app)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get_text, cached)
        wait_until(lambda: blocked.running == 1, "the first to be drawn")
        invalidate("essay:1")
        second = pool.submit(get_text, cached)
        wait_until(lambda: count_waiting(cached) == 1, "the second to arrive")
        blocked.release.set()
    assert (first.result(), second.result()) == ("answer 1", "answer 2")


@pytest.mark.both
def test_under_constant_change_many_requests_wait_for_at_most_two_renderings(
    cached: PageCache, app: Application, invalidate: Invalidate, database: Installation
) -> None:
    """Neither is cached, but the second began after all requests had arrived."""
    blocked = change_while_rendering(app, invalidate, database)
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(get_text, cached) for _ in range(6)]
        wait_until(lambda: count_waiting(cached) == 5, "everybody to arrive")
        blocked.release.set()
    assert {visitor.result() for visitor in futures} == {"answer 1", "answer 2"}
    assert len(app.requests) == 2


@pytest.mark.both
def test_a_request_that_wakes_late_uses_the_next_rendering(
    cached: PageCache, app: Application, invalidate: Invalidate, database: Installation
) -> None:
    blocked = change_while_rendering(app, invalidate, database)

    def wait_longer(wait: Callable[[float], bool], timeout: float) -> bool:
        is_done = wait(timeout)
        wait_until(lambda: len(app.requests) == 2 and not cached._renderings, "the next drawing to be done too")
        return is_done

    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(get_text, cached)]
        wait_until(lambda: blocked.running == 1, "the first drawing")
        futures.append(pool.submit(get_text, cached))
        wait_until(lambda: count_waiting(cached) == 1, "the second to wait")
        (drawing,) = cached._renderings.values()
        drawing.done.wait = partial(wait_longer, drawing.done.wait)  # type: ignore[method-assign]
        futures.append(pool.submit(get_text, cached))
        wait_until(lambda: count_waiting(cached) == 2, "the third to wait")
        blocked.release.set()
    assert [visitor.result() for visitor in futures] == ["answer 1", "answer 2", "answer 2"]
    assert len(app.requests) == 2


def test_requests_for_an_uncached_page_do_not_wait_for_each_other(cached: PageCache, app: Application) -> None:
    app.keys = ""
    get_response(cached)
    blocked = BlockedApplication(app)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(get_text, cached) for _ in range(4)]
        wait_until(lambda: blocked.running == 4, "all of them to be inside at once")
        blocked.release.set()
    assert len({visitor.result() for visitor in futures}) == 4


def test_no_request_waits_forever_for_another(
    cached: PageCache, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PageCache, "PATIENCE", 0.05)
    blocked = BlockedApplication(app)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(get_text, cached) for _ in range(2)]
        wait_until(lambda: blocked.running == 2, "the second to lose patience")
        blocked.release.set()
    assert {visitor.result() for visitor in futures} == {"answer 1", "answer 2"}


def test_if_a_rendering_fails_the_waiting_requests_render_themselves(cached: PageCache, app: Application) -> None:
    blocked = BlockedApplication(app)
    original_text, count = blocked.text, itertools.count()

    def fail_first(environ: WSGIEnvironment) -> str:
        number = next(count)
        text = original_text(environ)
        if number == 0:
            raise ZeroDivisionError
        return text

    app.text = fail_first
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(get_text, cached) for _ in range(3)]
        wait_until(lambda: count_waiting(cached) == 2, "everybody to arrive")
        blocked.release.set()
    results = [visitor.exception() or visitor.result() for visitor in futures]
    assert sum(isinstance(result, ZeroDivisionError) for result in results) == 1
    assert {result for result in results if isinstance(result, str)} <= {"answer 1", "answer 2", "answer 3"}
