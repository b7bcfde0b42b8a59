"""Many before one page: it is drawn once, nobody waits for ever, and who came after a change sees it."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from wsgiref.types import WSGIEnvironment

import pytest

from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Application, Bump, ask, text
from tests.services.processes import wait_until
from tests.services.site import Installation

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("numbered")]


def waiting(cached: PageCache) -> int:
    """How many wait for another one's drawing."""
    conditions: list[Any] = [vars(drawing.done)["_cond"] for drawing in list(cached._renderings.values())]
    return sum(len(condition._waiters) for condition in conditions)


class Slow:
    """Holds the application until told otherwise, and counts who is inside."""

    def __init__(self, app: Application) -> None:
        self.plain, self.go, self.inside = app.text, threading.Event(), 0
        app.text = self.text

    def text(self, environ: WSGIEnvironment) -> str:
        self.inside += 1
        words = self.plain(environ)
        assert self.go.wait(20)
        return words


def outdated_at_once(app: Application, bump: Bump, database: Installation) -> Slow:
    """What it draws has changed before it is done."""
    slow = Slow(app)
    drawn = slow.text

    def text(environ: WSGIEnvironment) -> str:
        words = drawn(environ)
        with database.connected():
            bump("essay:1")
        return words

    app.text = text
    return slow


def test_a_crowd_before_a_page_has_it_drawn_once(cached: PageCache, app: Application) -> None:
    slow = Slow(app)
    with ThreadPoolExecutor(8) as pool:
        crowd = [pool.submit(text, cached) for _ in range(8)]
        wait_until(lambda: waiting(cached) == 7, "everybody to arrive")
        slow.go.set()
    assert {visitor.result() for visitor in crowd} == {"answer 1"}
    assert len(app.asked) == 1


def test_who_came_after_a_change_is_not_shown_the_drawing_begun_before_it(
    cached: PageCache, app: Application, bump: Bump
) -> None:
    slow = Slow(app)
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(text, cached)
        wait_until(lambda: slow.inside == 1, "the first to be drawn")
        bump("essay:1")
        late = pool.submit(text, cached)
        wait_until(lambda: waiting(cached) == 1, "the second to arrive")
        slow.go.set()
    assert (early.result(), late.result()) == ("answer 1", "answer 2")


@pytest.mark.both
def test_a_crowd_under_constant_change_waits_for_two_drawings_at_most(
    cached: PageCache, app: Application, bump: Bump, database: Installation
) -> None:
    """None of them is kept, but the second began after everybody had come."""
    slow = outdated_at_once(app, bump, database)
    with ThreadPoolExecutor(6) as pool:
        crowd = [pool.submit(text, cached) for _ in range(6)]
        wait_until(lambda: waiting(cached) == 5, "everybody to arrive")
        slow.go.set()
    assert {visitor.result() for visitor in crowd} == {"answer 1", "answer 2"}
    assert len(app.asked) == 2


@pytest.mark.both
def test_who_is_slow_to_wake_takes_what_another_drew_meanwhile(
    cached: PageCache, app: Application, bump: Bump, database: Installation
) -> None:
    slow = outdated_at_once(app, bump, database)

    def sleepy(wait: Callable[[float], bool], timeout: float) -> bool:
        is_done = wait(timeout)
        wait_until(lambda: len(app.asked) == 2 and not cached._renderings, "the next drawing to be done too")
        return is_done

    with ThreadPoolExecutor(3) as pool:
        crowd = [pool.submit(text, cached)]
        wait_until(lambda: slow.inside == 1, "the first drawing")
        crowd.append(pool.submit(text, cached))
        wait_until(lambda: waiting(cached) == 1, "the second to wait")
        (drawing,) = cached._renderings.values()
        drawing.done.wait = partial(sleepy, drawing.done.wait)  # type: ignore[method-assign]
        crowd.append(pool.submit(text, cached))
        wait_until(lambda: waiting(cached) == 2, "the third to wait")
        slow.go.set()
    assert [visitor.result() for visitor in crowd] == ["answer 1", "answer 2", "answer 2"]
    assert len(app.asked) == 2


def test_a_crowd_before_what_is_not_kept_does_not_queue(cached: PageCache, app: Application) -> None:
    app.made_from = ""
    ask(cached)
    slow = Slow(app)
    with ThreadPoolExecutor(4) as pool:
        crowd = [pool.submit(text, cached) for _ in range(4)]
        wait_until(lambda: slow.inside == 4, "all of them to be inside at once")
        slow.go.set()
    assert len({visitor.result() for visitor in crowd}) == 4


def test_nobody_waits_for_ever_for_another(
    cached: PageCache, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PageCache, "PATIENCE", 0.05)
    slow = Slow(app)
    with ThreadPoolExecutor(2) as pool:
        crowd = [pool.submit(text, cached) for _ in range(2)]
        wait_until(lambda: slow.inside == 2, "the second to lose patience")
        slow.go.set()
    assert {visitor.result() for visitor in crowd} == {"answer 1", "answer 2"}


def test_when_the_drawing_fails_the_crowd_draws_by_itself(cached: PageCache, app: Application) -> None:
    slow = Slow(app)
    drawn, count = slow.text, itertools.count()

    def fail_first(environ: WSGIEnvironment) -> str:
        number = next(count)
        words = drawn(environ)
        if number == 0:
            raise ZeroDivisionError
        return words

    app.text = fail_first
    with ThreadPoolExecutor(3) as pool:
        crowd = [pool.submit(text, cached) for _ in range(3)]
        wait_until(lambda: waiting(cached) == 2, "everybody to arrive")
        slow.go.set()
    results = [visitor.exception() or visitor.result() for visitor in crowd]
    assert sum(isinstance(result, ZeroDivisionError) for result in results) == 1
    assert {result for result in results if isinstance(result, str)} <= {"answer 1", "answer 2", "answer 3"}
