"""A page in its encodings, and conditional requests."""

import gzip
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli
import pytest

from pagecache.page import CachedPage, preferred_encoding
from tests.pagecache.browsing import Response, get_response

HTML = b"The promise of an orchard is kept by those who never made it. " * 100
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Language", "en"),
    ("X-Frame-Options", "DENY"),
    ("Vary", "Cookie"),
    ("Cache-Control", "max-age=600"),
    ("ETag", '"of the application"'),
    ("Content-Length", "6200"),
]


def get(page: CachedPage, method: str = "GET", **headers: str) -> Response:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        return page.respond(environ, start_response)

    return get_response(application, method=method, **headers)


@pytest.fixture
def page() -> CachedPage:
    return CachedPage(HEADERS, HTML)


DECODERS = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


@pytest.mark.parametrize("encoding", DECODERS)
def test_each_encoding_has_the_same_content(page: CachedPage, encoding: str) -> None:
    response = get(page, accept_encoding=encoding)
    assert response.status == 200
    assert DECODERS[encoding](response.body) == HTML
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers.get("content-encoding", "identity") == encoding
    assert response.headers["vary"] == "Accept-Encoding, Cookie"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-frame-options"] == "DENY"


def test_each_encoding_has_its_own_etag(page: CachedPage) -> None:
    tags = {get(page, accept_encoding=encoding).headers["etag"] for encoding in DECODERS}
    assert len(tags) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


@pytest.mark.parametrize("encoding", DECODERS)
def test_the_same_content_has_the_same_etag(page: CachedPage, encoding: str) -> None:
    again = CachedPage(HEADERS, HTML)
    assert get(page, accept_encoding=encoding).headers["etag"] == get(again, accept_encoding=encoding).headers["etag"]
    other = CachedPage(HEADERS, HTML + b"!")
    assert get(page, accept_encoding=encoding).headers["etag"] != get(other, accept_encoding=encoding).headers["etag"]


@pytest.mark.parametrize("pattern", ["{}", "W/{}", '"other", {}', '"other" , W/{} , "third"', "*"])
@pytest.mark.parametrize("encoding", DECODERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_browser_with_the_page_gets_304_without_a_body(
    page: CachedPage, method: str, encoding: str, pattern: str
) -> None:
    first = get(page, accept_encoding=encoding)
    tag = first.headers["etag"]
    again = get(page, method, accept_encoding=encoding, if_none_match=pattern.format(tag))
    assert (again.status, again.body) == (304, b"")
    described = {"content-type", "content-language", "content-length", "content-encoding"}
    assert again.headers == {name: value for name, value in first.headers.items() if name not in described}


@pytest.mark.parametrize("match", ['"other"', "", "W/", '""'])
def test_a_browser_with_another_page_gets_the_page(page: CachedPage, match: str) -> None:
    assert get(page, if_none_match=match).status == 200


def test_the_etag_of_another_encoding_does_not_count(page: CachedPage) -> None:
    tag = get(page, accept_encoding="gzip").headers["etag"]
    assert get(page, accept_encoding="br", if_none_match=tag).status == 200


@pytest.mark.parametrize("encoding", DECODERS)
def test_head_has_the_headers_of_get(page: CachedPage, encoding: str) -> None:
    head, response = get(page, "HEAD", accept_encoding=encoding), get(page, accept_encoding=encoding)
    assert (head.status, head.headers, head.body) == (200, response.headers, b"")


def test_a_page_that_does_not_compress_is_sent_uncompressed() -> None:
    response = get(CachedPage([], b"short"), accept_encoding="br, gzip")
    assert response.body == b"short"
    assert "content-encoding" not in response.headers


def test_callers_may_extend_the_headers_they_get(page: CachedPage) -> None:
    header_lists: list[list[tuple[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
        header_lists.append(headers)
        headers.append(("Set-Cookie", "session=1"))
        return None

    page.respond({"REQUEST_METHOD": "GET"}, start_response)  # type: ignore[arg-type]
    assert "set-cookie" not in get(page).headers


def test_the_size_grows_with_each_encoding(page: CachedPage) -> None:
    assert page.size == len(HTML)
    gzipped, brotlied = get(page, accept_encoding="gzip"), get(page, accept_encoding="br")
    get(page, accept_encoding="gzip")
    assert page.size == len(HTML) + len(gzipped.body) + len(brotlied.body)


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.5", "br"),
        ("br;q=0, gzip;q=0", "identity"),
        ("br; q=0.000, gzip ; q=0.1", "gzip"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=0, *", "gzip"),
        ("identity", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("gzip;q=nan, br;q=2", "identity"),
        ("deflate, zstd", "identity"),
        (",,;;=,q=1", "identity"),
        ("gzip;q=1;q=0", "gzip"),
    ],
)
def test_the_preferred_encoding_is_chosen(accept: str, encoding: str) -> None:
    assert preferred_encoding(accept) == encoding
