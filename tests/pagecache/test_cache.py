"""What is kept, what is not, and who is shown it."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import time_machine
from pytest_django.fixtures import Settings

from pagecache.declaration import MADE_FROM, MADE_UNTIL
from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Application, ask
from tests.services.processes import wait_until
from tests.services.site import Installation

pytestmark = pytest.mark.once

Bump = Callable[..., None]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def numbered(request: pytest.FixtureRequest) -> None:
    """Each answer of the application says which one it is."""
    if "app" in request.fixturenames:
        count = itertools.count(1)
        request.getfixturevalue("app").text = lambda environ: f"answer {next(count)} " * 100


def text(cached: PageCache, address: str = "/essay/", **headers: str) -> str:
    return ask(cached, address, **headers).body.decode()[:8]


# What is kept


def test_a_page_is_drawn_once(cached: PageCache, app: Application) -> None:
    assert [text(cached) for _ in range(3)] == ["answer 1"] * 3
    assert len(app.asked) == 1
    assert all(body.is_closed for body in app.bodies)


def test_the_declaration_does_not_leave_the_house(cached: PageCache, app: Application) -> None:
    app.headers = [(MADE_UNTIL, repr(NOON.timestamp() + 1e9))]
    answers = [ask(cached), ask(cached), ask(cached, cookie="session=1"), ask(cached, method="POST")]
    app.status = "404 Not Found"
    answers.append(ask(cached, "/nothing/"))
    for answer in answers:
        assert not {MADE_FROM.lower(), MADE_UNTIL.lower()} & answer.headers.keys()


@pytest.mark.both
@pytest.mark.parametrize("key", ["site", "essay:1"])
def test_a_bump_of_what_it_was_made_from_has_it_made_anew(cached: PageCache, bump: Bump, key: str) -> None:
    assert text(cached) == "answer 1"
    bump(key, "essay:7")
    assert [text(cached), text(cached)] == ["answer 2"] * 2
    bump(key)
    assert text(cached) == "answer 3"


def test_a_bump_of_anything_else_leaves_it(cached: PageCache, bump: Bump) -> None:
    assert text(cached) == "answer 1"
    bump("essay:2", "comments")
    assert text(cached) == "answer 1"


def test_what_a_page_is_made_from_may_change(cached: PageCache, app: Application, bump: Bump) -> None:
    assert text(cached) == "answer 1"
    app.made_from = "site essay:2"
    bump("essay:1")
    assert text(cached) == "answer 2"
    bump("essay:1")
    assert text(cached) == "answer 2"
    bump("essay:2")
    assert text(cached) == "answer 3"


def test_a_page_ends_when_it_said(cached: PageCache, app: Application) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app.headers = [(MADE_UNTIL, repr(NOON.timestamp() + 60))]
        assert text(cached) == "answer 1"
        clock.shift(timedelta(seconds=59.9))
        assert text(cached) == "answer 1"
        clock.shift(timedelta(seconds=0.1))
        assert text(cached) == "answer 2"
        assert text(cached) == "answer 3"


@pytest.mark.both
def test_a_page_changed_while_it_was_drawn_is_not_kept(cached: PageCache, app: Application, bump: Bump) -> None:
    plain = app.text

    def text_and_change(environ: WSGIEnvironment) -> str:
        words = plain(environ)
        bump("essay:1")
        return words

    app.text = text_and_change
    assert text(cached) == "answer 1"
    app.text = plain
    assert [text(cached), text(cached)] == ["answer 2"] * 2


def test_a_change_elsewhere_while_it_was_drawn_again_does_not_matter(
    cached: PageCache, app: Application, bump: Bump
) -> None:
    plain = app.text

    def text_and_change(environ: WSGIEnvironment) -> str:
        words = plain(environ)
        bump("essay:2")
        return words

    text(cached)
    app.text = text_and_change
    bump("essay:1")
    assert [text(cached), text(cached)] == ["answer 2"] * 2


# What is not kept


@pytest.mark.parametrize(
    "change",
    [
        {"made_from": ""},
        {"status": "404 Not Found"},
        {"status": "301 Moved Permanently"},
        {"status": "500 Internal Server Error"},
        {"headers": [("Set-Cookie", "session=1")]},
        {"headers": [("Cache-Control", "private")]},
        {"headers": [("Cache-Control", "max-age=0, No-Store")]},
        {"headers": [("Vary", "Cookie, Accept-Language")]},
        {"headers": [("Vary", "*")]},
        {"headers": [("Content-Encoding", "gzip")]},
        {"headers": [("Content-Security-Policy", "script-src 'nonce-abc'")]},
    ],
    ids=str,
)
def test_an_answer_that_is_not_everybodys_is_not_kept(
    cached: PageCache, app: Application, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(app, name, value)
    assert [text(cached), text(cached), text(cached)] == ["answer 1", "answer 2", "answer 3"]
    assert all(body.is_closed for body in app.bodies)
    assert ask(cached).headers.get("cache-control") in ({"private, no-store"} if app.made_from else {None})


def test_what_is_not_declared_passes_untouched(cached: PageCache, app: Application) -> None:
    app.made_from = ""
    app.headers = [("Set-Cookie", "a=1"), ("Cache-Control", "max-age=60"), ("Vary", "Accept")]
    for _ in range(2):
        answer = ask(cached, "/accounts/login/?next=/admin/&utm=x", cookie="csrf=1; other=2", accept="text/html")
        assert answer.headers["cache-control"] == "max-age=60"
        assert answer.headers["vary"] == "Accept"
        assert "etag" not in answer.headers
        assert app.asked[-1]["QUERY_STRING"] == "next=/admin/&utm=x"
        assert app.asked[-1]["HTTP_COOKIE"] == "csrf=1; other=2"
    assert len(app.asked) == 2


def test_a_stream_passes_as_a_stream(cached: PageCache) -> None:
    pieces: list[str] = []

    def stream() -> Iterator[bytes]:
        for piece in ("one", "two"):
            pieces.append(piece)
            yield piece.encode()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return stream()

    cached._application = application
    chunks = iter(cached({**BARE}, lambda status, headers, exc_info=None: lambda data: None))
    assert (next(chunks), pieces) == (b"one", ["one"])
    assert (next(chunks), pieces) == (b"two", ["one", "two"])


BARE = {
    "REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_PORT": "8000", "HTTP_HOST": "127.0.0.1",
    "wsgi.url_scheme": "http",
}  # fmt: skip


def test_an_address_that_becomes_a_page_is_kept_from_then_on(cached: PageCache, app: Application, bump: Bump) -> None:
    app.made_from, app.status = "", "404 Not Found"
    assert [text(cached), text(cached)] == ["answer 1", "answer 2"]
    app.made_from, app.status = "site essay:1", "200 OK"
    bump("site")
    assert text(cached) == "answer 3"
    assert [text(cached), text(cached)] == ["answer 4"] * 2


def test_a_page_that_is_taken_down_is_gone_at_once(cached: PageCache, app: Application, bump: Bump) -> None:
    assert ask(cached).status == 200
    app.made_from, app.status = "", "404 Not Found"
    bump("essay:1")
    assert [ask(cached).status, ask(cached).status] == [404, 404]
    assert len(cached._store) == 0


def test_an_application_that_fails_fails_for_who_asked_and_is_asked_again(cached: PageCache, app: Application) -> None:
    plain = app.text

    def fail(environ: WSGIEnvironment) -> str:
        raise ZeroDivisionError

    app.text = fail
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ask(cached)
    app.text = plain
    assert [text(cached), text(cached)] == ["answer 1"] * 2


# Who is shown it


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "session=abc"},
        {"cookie": "other=1;session=abc"},
        {"cookie": "commenter=abc; other=1"},
        {"cookie": "messages=abc"},
        {"cookie": "session="},
        {"authorization": "Bearer abc"},
    ],
    ids=str,
)
def test_a_known_visitor_passes_by(cached: PageCache, app: Application, headers: dict[str, str]) -> None:
    assert text(cached) == "answer 1"
    answer = ask(cached, "/essay/?utm=x", **headers)
    assert answer.body.startswith(b"answer 2")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers
    assert app.asked[-1]["QUERY_STRING"] == "utm=x"
    assert text(cached) == "answer 1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"])
def test_any_other_method_passes_by(cached: PageCache, method: str) -> None:
    assert text(cached) == "answer 1"
    assert ask(cached, method=method).body.startswith(b"answer 2")
    assert text(cached) == "answer 1"


@pytest.mark.parametrize("cookie", ["csrf=1", "_ga=GA1.2", "mysession=1", "a=session", "session.x=1", "sessions"])
def test_other_peoples_cookies_do_not_matter_and_do_not_reach_the_page(
    cached: PageCache, app: Application, cookie: str
) -> None:
    app.text = lambda environ: f"cookie {environ.get('HTTP_COOKIE')} " * 9
    assert text(cached, cookie=cookie) == "cookie N"
    assert text(cached) == "cookie N"
    assert text(cached, cookie=cookie) == "cookie N"
    assert "HTTP_COOKIE" not in app.asked[-1]


def test_a_cookie_name_hidden_in_odd_bytes_leaks_nothing(cached: PageCache, app: Application) -> None:
    """Django strips blanks that only UTF-8 knows from the names of cookies."""
    app.text = lambda environ: f"cookie {environ.get('HTTP_COOKIE')} " * 9
    ask(cached, cookie="\xe2\x80\x83session=abc")
    assert text(cached) == "cookie N"


def test_names_we_do_not_know_share_a_page_and_do_not_reach_it(cached: PageCache, app: Application) -> None:
    app.text = lambda environ: f"query {environ['QUERY_STRING']}."
    for query in ["?utm_source=letter&cpage=2", "?cpage=2", "?cpage=2&<script>", "?fbclid=1&cpage=%32", "?&&cpage=2&"]:
        assert ask(cached, "/essay/" + query).body == b"query cpage=2."
    assert len(cached._store) == 1
    asked = len(app.asked)
    ask(cached, "/essay/?cpage=2&another=1")
    assert len(app.asked) == asked


def test_names_we_know_make_pages_whatever_their_order(cached: PageCache, app: Application) -> None:
    app.text = lambda environ: f"query {environ['QUERY_STRING']}."
    assert ask(cached, "/essay/?order=newest&cpage=2").body == b"query cpage=2&order=newest."
    assert ask(cached, "/essay/?cpage=2&order=newest").body == b"query cpage=2&order=newest."
    assert ask(cached, "/essay/?cpage=2&cpage=3").body == b"query cpage=2&cpage=3."
    assert ask(cached, "/essay/?cpage=3&cpage=2").body == b"query cpage=3&cpage=2."
    assert ask(cached, "/essay/?cpage=").body == b"query cpage=."
    assert ask(cached, "/essay/?q=caf%C3%A9+%26%E9").body == b"query q=caf%C3%A9+%26%E9."
    assert ask(cached, "/essay/?q=caf\xc3\xa9").body == b"query q=caf%C3%A9."


def test_a_name_that_makes_a_page_personal_passes_by(cached: PageCache, app: Application) -> None:
    assert [text(cached, "/essay/?key=a"), text(cached, "/essay/?key=a")] == ["answer 1", "answer 2"]
    assert text(cached, "/essay/?cpage=2&k%65y=a") == "answer 3"
    assert ask(cached, "/essay/?key=a").headers["cache-control"] == "private, no-store"
    assert len(cached._store) == 0


def test_an_endless_query_passes_by(cached: PageCache) -> None:
    long = "/essay/?q=" + "a" * 2000
    assert [text(cached, long), text(cached, long)] == ["answer 1", "answer 2"]


def test_scheme_host_and_path_make_pages(cached: PageCache, app: Application) -> None:
    app.text = lambda environ: f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
    for _ in range(2):
        for scheme, host, path in itertools.product(["http", "https"], ["127.0.0.1", "localhost"], ["/", "/a", "/a/"]):
            assert ask(cached, path, host=host, scheme=scheme).body.decode() == f"{scheme}://{host}{path}"
    assert len(app.asked) == 12


@pytest.mark.parametrize("host", ["LOCALHOST", "LocalHost:8000"])
def test_a_host_has_one_spelling(cached: PageCache, app: Application, host: str) -> None:
    app.text = lambda environ: environ["HTTP_HOST"]
    assert ask(cached, host=host).body.decode() == host.lower()
    assert ask(cached, host=host.lower()).body.decode() == host.lower()
    assert len(cached._store) == 1


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost:1", "localhost:08000", "localhost.", "localhost:", "", "a b",
     "localhost\x00", "user@localhost", "[::1", "127.0.0.1:8000:8000", "*"],
)  # fmt: skip
def test_a_host_that_is_not_ours_takes_no_room(cached: PageCache, app: Application, host: str) -> None:
    assert [text(cached, host=host), text(cached, host=host)] == ["answer 1", "answer 2"]
    assert app.asked[-1]["HTTP_HOST"] == host
    assert len(cached._store) == 0


def test_the_site_url_counts_with_its_port(app: Application, settings: Settings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://Essays.example:8443", ["essays.example"]
    cached = PageCache(app)
    assert [text(cached, host="essays.example:8443"), text(cached, host="essays.example:8443")] == ["answer 1"] * 2
    assert text(cached, host="essays.example:8444") == "answer 2"
    assert len(cached._store) == 1


@pytest.mark.parametrize("path", ["/static/css/site.css", "/media/a.png"])
def test_files_pass_by(cached: PageCache, path: str) -> None:
    assert [text(cached, path), text(cached, path)] == ["answer 1", "answer 2"]


# Head, 304 and encodings, through the cache


def test_head_makes_the_page_that_get_shows(cached: PageCache, app: Application) -> None:
    head = ask(cached, method="HEAD", accept_encoding="gzip")
    assert head.body == b""
    whole = ask(cached, accept_encoding="gzip")
    assert head.headers == whole.headers
    assert head.headers["content-length"] == str(len(whole.body))
    assert [environ["REQUEST_METHOD"] for environ in app.asked] == ["GET"]


def test_head_of_what_is_not_kept_has_no_body_either(cached: PageCache, app: Application) -> None:
    app.made_from = ""
    head = ask(cached, method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "900")
    assert app.bodies[-1].is_closed


def test_a_browser_that_has_the_page_is_told_so_until_it_changes(cached: PageCache, bump: Bump) -> None:
    tag = ask(cached, accept_encoding="br").headers["etag"]
    assert ask(cached, accept_encoding="br", if_none_match=tag).status == 304
    bump("comments")
    assert ask(cached, accept_encoding="br", if_none_match=tag).status == 304
    bump("essay:1")
    assert ask(cached, accept_encoding="br", if_none_match=tag).status == 200


@pytest.mark.both
def test_a_first_visit_may_be_answered_304_too(cached: PageCache, app: Application, database: Installation) -> None:
    app.text = lambda environ: "the same words"
    other = PageCache(app)
    tag = ask(other).headers["etag"]
    other.close()
    assert ask(cached, if_none_match=tag).status == 304


# Bounds


def test_what_nobody_asks_for_makes_room(app: Application) -> None:
    cached = PageCache(app, max_bytes=40_000)
    for number in range(100):
        ask(cached, f"/essay/{number}/", accept_encoding="gzip")
        ask(cached, "/favourite/")
        assert cached._store.bytes <= 40_000
    assert [environ["PATH_INFO"] for environ in app.asked].count("/favourite/") == 1
    asked = len(app.asked)
    ask(cached, "/essay/99/")
    assert len(app.asked) == asked
    ask(cached, "/essay/0/")
    assert len(app.asked) == asked + 1
    weights = [entry.weight for entry in cached._store._entries.values()]
    assert cached._store.bytes == sum(weights)


def test_a_newcomer_stays_though_all_others_are_in_use(app: Application) -> None:
    cached = PageCache(app, max_entries=3)
    for _ in range(2):
        for number in range(3):
            ask(cached, f"/essay/{number}/")
    ask(cached, "/new/")
    asked = len(app.asked)
    ask(cached, "/new/")
    assert len(app.asked) == asked


def test_the_number_of_pages_has_its_bound(app: Application) -> None:
    cached = PageCache(app, max_entries=3)
    for number in range(10):
        ask(cached, f"/essay/{number}/")
        assert len(cached._store) <= 3


def test_a_page_larger_than_the_room_is_shown_and_not_kept(app: Application) -> None:
    cached = PageCache(app, max_bytes=3000)
    app.text = lambda environ: "long " * 2000
    assert len(ask(cached).body) == 10_000
    assert (len(cached._store), cached._store.bytes) == (0, 0)


def test_encodings_count(cached: PageCache) -> None:
    ask(cached)
    plain = cached._store.bytes
    sizes = [len(ask(cached, accept_encoding=encoding).body) for encoding in ("gzip", "br", "gzip")]
    assert cached._store.bytes == plain + sizes[0] + sizes[1]


def test_addresses_that_lead_nowhere_are_not_remembered_for_ever(cached: PageCache, app: Application) -> None:
    app.made_from, app.status = "", "404 Not Found"
    for number in range(2500):
        ask(cached, f"/nothing/{number}/")
    ask(cached, "/" + "long" * 1000)
    assert len(cached._plain) <= 1000
    assert max(sum(map(len, key)) for key in cached._plain) <= 500


# Many at once


def waiting(cached: PageCache) -> int:
    """How many wait for another one's drawing."""
    conditions: list[Any] = [vars(drawing.done)["_cond"] for drawing in list(cached._drawings.values())]
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
        wait_until(lambda: len(app.asked) == 2 and not cached._drawings, "the next drawing to be done too")
        return is_done

    with ThreadPoolExecutor(3) as pool:
        crowd = [pool.submit(text, cached)]
        wait_until(lambda: slow.inside == 1, "the first drawing")
        crowd.append(pool.submit(text, cached))
        wait_until(lambda: waiting(cached) == 1, "the second to wait")
        (drawing,) = cached._drawings.values()
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
