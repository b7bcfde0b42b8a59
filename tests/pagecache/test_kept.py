"""What the page cache stores, for how long, and how much memory it uses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import time_machine

from pagecache.declaration import EXPIRES_HEADER, KEYS_HEADER
from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Application, Invalidate, get_response, get_text

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("numbered")]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


# What is cached


def test_a_page_is_rendered_once(cached: PageCache, app: Application) -> None:
    assert [get_text(cached) for _ in range(3)] == ["answer 1"] * 3
    assert len(app.requests) == 1
    assert all(body.is_closed for body in app.bodies)


def test_the_declaration_is_not_sent_to_clients(cached: PageCache, app: Application) -> None:
    app.headers = [(EXPIRES_HEADER, repr(NOON.timestamp() + 1e9))]
    responses = [
        get_response(cached),
        get_response(cached),
        get_response(cached, cookie="session=1"),
        get_response(cached, method="POST"),
    ]
    app.status = "404 Not Found"
    responses.append(get_response(cached, "/nothing/"))
    for response in responses:
        assert not {KEYS_HEADER.lower(), EXPIRES_HEADER.lower()} & response.headers.keys()


@pytest.mark.both
@pytest.mark.parametrize("key", ["site", "essay:1"])
def test_invalidating_a_key_of_a_page_renders_it_again(cached: PageCache, invalidate: Invalidate, key: str) -> None:
    assert get_text(cached) == "answer 1"
    invalidate(key, "essay:7")
    assert [get_text(cached), get_text(cached)] == ["answer 2"] * 2
    invalidate(key)
    assert get_text(cached) == "answer 3"


def test_invalidating_other_keys_leaves_a_page_cached(cached: PageCache, invalidate: Invalidate) -> None:
    assert get_text(cached) == "answer 1"
    invalidate("essay:2", "comments")
    assert get_text(cached) == "answer 1"


def test_the_keys_of_a_page_may_change(cached: PageCache, app: Application, invalidate: Invalidate) -> None:
    assert get_text(cached) == "answer 1"
    app.keys = "site essay:2"
    invalidate("essay:1")
    assert get_text(cached) == "answer 2"
    invalidate("essay:1")
    assert get_text(cached) == "answer 2"
    invalidate("essay:2")
    assert get_text(cached) == "answer 3"


def test_a_page_expires_at_its_declared_time(cached: PageCache, app: Application) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app.headers = [(EXPIRES_HEADER, repr(NOON.timestamp() + 60))]
        assert get_text(cached) == "answer 1"
        clock.shift(timedelta(seconds=59.9))
        assert get_text(cached) == "answer 1"
        clock.shift(timedelta(seconds=0.1))
        assert get_text(cached) == "answer 2"
        assert get_text(cached) == "answer 3"


@pytest.mark.both
def test_a_page_changed_while_it_was_rendered_is_not_cached(
    cached: PageCache, app: Application, invalidate: Invalidate
) -> None:
    original_text = app.text

    def text_and_change(environ: WSGIEnvironment) -> str:
        text = original_text(environ)
        invalidate("essay:1")
        return text

    app.text = text_and_change
    assert get_text(cached) == "answer 1"
    app.text = original_text
    assert [get_text(cached), get_text(cached)] == ["answer 2"] * 2


def test_a_change_of_another_page_during_rendering_does_not_matter(
    cached: PageCache, app: Application, invalidate: Invalidate
) -> None:
    original_text = app.text

    def text_and_change(environ: WSGIEnvironment) -> str:
        text = original_text(environ)
        invalidate("essay:2")
        return text

    get_text(cached)
    app.text = text_and_change
    invalidate("essay:1")
    assert [get_text(cached), get_text(cached)] == ["answer 2"] * 2


# What is not cached


@pytest.mark.parametrize(
    "change",
    [
        {"keys": ""},
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
def test_a_response_that_is_not_the_same_for_everyone_is_not_cached(
    cached: PageCache, app: Application, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(app, name, value)
    assert [get_text(cached), get_text(cached), get_text(cached)] == ["answer 1", "answer 2", "answer 3"]
    assert all(body.is_closed for body in app.bodies)
    assert get_response(cached).headers.get("cache-control") in ({"private, no-store"} if app.keys else {None})


def test_an_undeclared_response_passes_unchanged(cached: PageCache, app: Application) -> None:
    app.keys = ""
    app.headers = [("Set-Cookie", "a=1"), ("Cache-Control", "max-age=60"), ("Vary", "Accept")]
    for _ in range(2):
        response = get_response(
            cached, "/accounts/login/?next=/admin/&utm=x", cookie="csrf=1; other=2", accept="text/html"
        )
        assert response.headers["cache-control"] == "max-age=60"
        assert response.headers["vary"] == "Accept"
        assert "etag" not in response.headers
        assert app.requests[-1]["QUERY_STRING"] == "next=/admin/&utm=x"
        assert app.requests[-1]["HTTP_COOKIE"] == "csrf=1; other=2"
    assert len(app.requests) == 2


def test_a_stream_passes_as_a_stream(cached: PageCache) -> None:
    sent: list[str] = []

    def stream() -> Iterator[bytes]:
        for piece in ("one", "two"):
            sent.append(piece)
            yield piece.encode()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return stream()

    cached._application = application
    chunks = iter(cached({**BARE}, lambda status, headers, exc_info=None: lambda data: None))
    assert (next(chunks), sent) == (b"one", ["one"])
    assert (next(chunks), sent) == (b"two", ["one", "two"])


BARE = {
    "REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_PORT": "8000", "HTTP_HOST": "127.0.0.1",
    "wsgi.url_scheme": "http",
}  # fmt: skip


def test_an_address_that_becomes_a_page_is_cached_from_then_on(
    cached: PageCache, app: Application, invalidate: Invalidate
) -> None:
    app.keys, app.status = "", "404 Not Found"
    assert [get_text(cached), get_text(cached)] == ["answer 1", "answer 2"]
    app.keys, app.status = "site essay:1", "200 OK"
    invalidate("site")
    assert get_text(cached) == "answer 3"
    assert [get_text(cached), get_text(cached)] == ["answer 4"] * 2


def test_a_removed_page_disappears_immediately(cached: PageCache, app: Application, invalidate: Invalidate) -> None:
    assert get_response(cached).status == 200
    app.keys, app.status = "", "404 Not Found"
    invalidate("essay:1")
    assert [get_response(cached).status, get_response(cached).status] == [404, 404]
    assert len(cached._store) == 0


def test_a_failing_application_fails_for_that_request_only(cached: PageCache, app: Application) -> None:
    original_text = app.text

    def fail(environ: WSGIEnvironment) -> str:
        raise ZeroDivisionError

    app.text = fail
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            get_response(cached)
    app.text = original_text
    assert [get_text(cached), get_text(cached)] == ["answer 1"] * 2


# Limits


def test_pages_not_requested_are_evicted(app: Application) -> None:
    cached = PageCache(app, max_bytes=40_000)
    for number in range(100):
        get_response(cached, f"/essay/{number}/", accept_encoding="gzip")
        get_response(cached, "/favourite/")
        assert cached._store.bytes <= 40_000
    assert [environ["PATH_INFO"] for environ in app.requests].count("/favourite/") == 1
    count = len(app.requests)
    get_response(cached, "/essay/99/")
    assert len(app.requests) == count
    get_response(cached, "/essay/0/")
    assert len(app.requests) == count + 1
    weights = [entry.weight for entry in cached._store._entries.values()]
    assert cached._store.bytes == sum(weights)


def test_a_new_page_is_stored_although_all_others_are_in_use(app: Application) -> None:
    cached = PageCache(app, max_entries=3)
    for _ in range(2):
        for number in range(3):
            get_response(cached, f"/essay/{number}/")
    get_response(cached, "/new/")
    count = len(app.requests)
    get_response(cached, "/new/")
    assert len(app.requests) == count


def test_the_number_of_pages_is_limited(app: Application) -> None:
    cached = PageCache(app, max_entries=3)
    for number in range(10):
        get_response(cached, f"/essay/{number}/")
        assert len(cached._store) <= 3


def test_a_page_larger_than_the_limit_is_shown_and_not_cached(app: Application) -> None:
    cached = PageCache(app, max_bytes=3000)
    app.text = lambda environ: "long " * 2000
    assert len(get_response(cached).body) == 10_000
    assert (len(cached._store), cached._store.bytes) == (0, 0)


def test_encodings_count_towards_the_size(cached: PageCache) -> None:
    get_response(cached)
    uncompressed = cached._store.bytes
    sizes = [len(get_response(cached, accept_encoding=encoding).body) for encoding in ("gzip", "br", "gzip")]
    assert cached._store.bytes == uncompressed + sizes[0] + sizes[1]


def test_the_number_of_remembered_missing_pages_is_limited(cached: PageCache, app: Application) -> None:
    app.keys, app.status = "", "404 Not Found"
    for number in range(2500):
        get_response(cached, f"/nothing/{number}/")
    get_response(cached, "/" + "long" * 1000)
    assert len(cached._plain) <= 1000
    assert max(sum(map(len, key)) for key in cached._plain) <= 500
