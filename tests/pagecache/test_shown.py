"""Who gets cached pages: which visitors and addresses share a page, and how conditional requests are answered."""

import itertools

import pytest
from pytest_django.fixtures import Settings

from pagecache.wsgi import PageCache
from tests.pagecache.browsing import Application, Invalidate, get_response, get_text
from tests.services.site import Installation

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("numbered")]


# Who gets a cached page


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
def test_a_known_visitor_bypasses_the_cache(cached: PageCache, app: Application, headers: dict[str, str]) -> None:
    assert get_text(cached) == "answer 1"
    response = get_response(cached, "/essay/?utm=x", **headers)
    assert response.body.startswith(b"answer 2")
    assert response.headers["cache-control"] == "private, no-store"
    assert "etag" not in response.headers
    assert app.requests[-1]["QUERY_STRING"] == "utm=x"
    assert get_text(cached) == "answer 1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"])
def test_other_methods_bypass_the_cache(cached: PageCache, method: str) -> None:
    assert get_text(cached) == "answer 1"
    assert get_response(cached, method=method).body.startswith(b"answer 2")
    assert get_text(cached) == "answer 1"


@pytest.mark.parametrize("cookie", ["csrf=1", "_ga=GA1.2", "mysession=1", "a=session", "session.x=1", "sessions"])
def test_foreign_cookies_do_not_matter_and_do_not_reach_the_page(
    cached: PageCache, app: Application, cookie: str
) -> None:
    app.text = lambda environ: f"cookie {environ.get('HTTP_COOKIE')} " * 9
    assert get_text(cached, cookie=cookie) == "cookie N"
    assert get_text(cached) == "cookie N"
    assert get_text(cached, cookie=cookie) == "cookie N"
    assert "HTTP_COOKIE" not in app.requests[-1]


def test_a_cookie_name_hidden_in_odd_bytes_leaks_nothing(cached: PageCache, app: Application) -> None:
    """Django strips Unicode spaces from the names of cookies."""
    app.text = lambda environ: f"cookie {environ.get('HTTP_COOKIE')} " * 9
    get_response(cached, cookie="\xe2\x80\x83session=abc")
    assert get_text(cached) == "cookie N"


def test_unknown_query_names_share_a_page_and_do_not_reach_it(cached: PageCache, app: Application) -> None:
    app.text = lambda environ: f"query {environ['QUERY_STRING']}."
    for query in ["?utm_source=letter&cpage=2", "?cpage=2", "?cpage=2&<script>", "?fbclid=1&cpage=%32", "?&&cpage=2&"]:
        assert get_response(cached, "/essay/" + query).body == b"query cpage=2."
    assert len(cached._store) == 1
    count = len(app.requests)
    get_response(cached, "/essay/?cpage=2&another=1")
    assert len(app.requests) == count


def test_known_query_names_make_pages_whatever_their_order(cached: PageCache, app: Application) -> None:
    app.text = lambda environ: f"query {environ['QUERY_STRING']}."
    assert get_response(cached, "/essay/?order=newest&cpage=2").body == b"query cpage=2&order=newest."
    assert get_response(cached, "/essay/?cpage=2&order=newest").body == b"query cpage=2&order=newest."
    assert get_response(cached, "/essay/?cpage=2&cpage=3").body == b"query cpage=2&cpage=3."
    assert get_response(cached, "/essay/?cpage=3&cpage=2").body == b"query cpage=3&cpage=2."
    assert get_response(cached, "/essay/?cpage=").body == b"query cpage=."
    assert get_response(cached, "/essay/?q=caf%C3%A9+%26%E9").body == b"query q=caf%C3%A9+%26%E9."
    assert get_response(cached, "/essay/?q=caf\xc3\xa9").body == b"query q=caf%C3%A9."


def test_a_query_name_that_makes_a_page_personal_bypasses_the_cache(cached: PageCache, app: Application) -> None:
    assert [get_text(cached, "/essay/?key=a"), get_text(cached, "/essay/?key=a")] == ["answer 1", "answer 2"]
    assert get_text(cached, "/essay/?cpage=2&k%65y=a") == "answer 3"
    assert get_response(cached, "/essay/?key=a").headers["cache-control"] == "private, no-store"
    assert len(cached._store) == 0


def test_a_very_long_query_bypasses_the_cache(cached: PageCache) -> None:
    long = "/essay/?q=" + "a" * 2000
    assert [get_text(cached, long), get_text(cached, long)] == ["answer 1", "answer 2"]


def test_scheme_host_and_path_make_pages(cached: PageCache, app: Application) -> None:
    app.text = lambda environ: f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
    for _ in range(2):
        for scheme, host, path in itertools.product(["http", "https"], ["127.0.0.1", "localhost"], ["/", "/a", "/a/"]):
            assert get_response(cached, path, host=host, scheme=scheme).body.decode() == f"{scheme}://{host}{path}"
    assert len(app.requests) == 12


@pytest.mark.parametrize("host", ["LOCALHOST", "LocalHost:8000"])
def test_a_host_has_one_spelling(cached: PageCache, app: Application, host: str) -> None:
    app.text = lambda environ: environ["HTTP_HOST"]
    assert get_response(cached, host=host).body.decode() == host.lower()
    assert get_response(cached, host=host.lower()).body.decode() == host.lower()
    assert len(cached._store) == 1


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost:1", "localhost:08000", "localhost.", "localhost:", "", "a b",
     "localhost\x00", "user@localhost", "[::1", "127.0.0.1:8000:8000", "*"],
)  # fmt: skip
def test_a_foreign_host_is_not_cached(cached: PageCache, app: Application, host: str) -> None:
    assert [get_text(cached, host=host), get_text(cached, host=host)] == ["answer 1", "answer 2"]
    assert app.requests[-1]["HTTP_HOST"] == host
    assert len(cached._store) == 0


def test_the_site_url_includes_its_port(app: Application, settings: Settings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://Essays.example:8443", ["essays.example"]
    cached = PageCache(app)
    assert [get_text(cached, host="essays.example:8443"), get_text(cached, host="essays.example:8443")] == [
        "answer 1"
    ] * 2
    assert get_text(cached, host="essays.example:8444") == "answer 2"
    assert len(cached._store) == 1


@pytest.mark.parametrize("path", ["/static/css/site.css", "/media/a.png"])
def test_files_bypass_the_cache(cached: PageCache, path: str) -> None:
    assert [get_text(cached, path), get_text(cached, path)] == ["answer 1", "answer 2"]


# HEAD, 304 and encodings through the cache


def test_head_renders_the_page_that_get_shows(cached: PageCache, app: Application) -> None:
    head = get_response(cached, method="HEAD", accept_encoding="gzip")
    assert head.body == b""
    response = get_response(cached, accept_encoding="gzip")
    assert head.headers == response.headers
    assert head.headers["content-length"] == str(len(response.body))
    assert [environ["REQUEST_METHOD"] for environ in app.requests] == ["GET"]


def test_head_of_an_uncached_page_has_no_body_either(cached: PageCache, app: Application) -> None:
    app.keys = ""
    head = get_response(cached, method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "900")
    assert app.bodies[-1].is_closed


def test_a_browser_with_the_page_gets_304_until_it_changes(cached: PageCache, invalidate: Invalidate) -> None:
    tag = get_response(cached, accept_encoding="br").headers["etag"]
    assert get_response(cached, accept_encoding="br", if_none_match=tag).status == 304
    invalidate("comments")
    assert get_response(cached, accept_encoding="br", if_none_match=tag).status == 304
    invalidate("essay:1")
    assert get_response(cached, accept_encoding="br", if_none_match=tag).status == 200


@pytest.mark.both
def test_a_first_request_may_be_answered_with_304_too(
    cached: PageCache, app: Application, database: Installation
) -> None:
    app.text = lambda environ: "the same words"
    other = PageCache(app)
    tag = get_response(other).headers["etag"]
    other.close()
    assert get_response(cached, if_none_match=tag).status == 304
