"""What the page cache stores, for how long, and how much memory it uses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import time_machine

from pagecache.declaration import EXPIRES_HEADER, KEYS_HEADER
from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Application, Bump, ask, text

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("numbered")]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


# What is kept


def test_a_page_is_drawn_once(cached: PageCache, app: Application) -> None:
    assert [text(cached) for _ in range(3)] == ["answer 1"] * 3
    assert len(app.asked) == 1
    assert all(body.is_closed for body in app.bodies)


def test_the_declaration_does_not_leave_the_house(cached: PageCache, app: Application) -> None:
    app.headers = [(EXPIRES_HEADER, repr(NOON.timestamp() + 1e9))]
    answers = [ask(cached), ask(cached), ask(cached, cookie="session=1"), ask(cached, method="POST")]
    app.status = "404 Not Found"
    answers.append(ask(cached, "/nothing/"))
    for answer in answers:
        assert not {KEYS_HEADER.lower(), EXPIRES_HEADER.lower()} & answer.headers.keys()


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
        app.headers = [(EXPIRES_HEADER, repr(NOON.timestamp() + 60))]
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
