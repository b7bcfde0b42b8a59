"""The served site: pages for everyone are cached, and no one is shown another person's page."""

import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.pagecache.browsing import Response

if TYPE_CHECKING:
    from tests.services.site import Server

pytestmark = pytest.mark.once

PUBLIC = ["/", "/feed/", "/feed/atom/", "/archive/", "/comments/feed/", "/sitemap.xml", "/robots.txt", "the essay"]


def get(site: "Server", address: str, **headers: str) -> Response:
    request = urllib.request.Request(
        site.url + address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request) as response:
            return Response(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
    except urllib.error.HTTPError as error:
        return Response(error.code, {name.lower(): value for name, value in error.headers.items()}, error.read())


def resolve(site: "Server", address: str) -> str:
    if address != "the essay":
        return address
    home = get(site, "/").body.decode()
    link = re.search(r'href="(/\d{4}/\d\d/\d\d/[^/"]+/)"', home)
    assert link
    return link[1]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_pages_are_cached(site: "Server", address: str) -> None:
    path = resolve(site, address)
    first = get(site, path, accept_encoding="gzip", cookie="_ga=1")
    assert first.status == 200
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["vary"] == "Accept-Encoding, Cookie"
    assert "set-cookie" not in first.headers
    assert "x-made-from" not in first.headers
    again = get(site, path + "?utm_source=letter", accept_encoding="gzip", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


@pytest.mark.parametrize("cookie", ["session=made-up", "commenter=made-up"])
@pytest.mark.parametrize("address", ["/", "/feed/", "the essay"])
def test_a_known_visitor_gets_a_personal_page(site: "Server", address: str, cookie: str) -> None:
    path = resolve(site, address)
    tag = get(site, path).headers["etag"]
    personal = get(site, path, cookie=cookie, if_none_match=tag)
    assert personal.status == 200
    assert personal.headers["cache-control"] == "private, no-store"
    assert "etag" not in personal.headers


@pytest.mark.parametrize("address", ["/accounts/login/", "/nothing/here/", "/admin/"])
def test_private_pages_are_not_stored_anywhere(site: "Server", address: str) -> None:
    response = get(site, address)
    assert "no-store" in response.headers["cache-control"]
    assert "etag" not in response.headers


def test_a_cached_page_is_sent_at_once_and_is_the_same(site: "Server") -> None:
    path = resolve(site, "the essay")
    get(site, path, accept_encoding="gzip")
    at_once = get(site, path, accept_encoding="gzip")
    slowly = get(site, path, accept_encoding="gzip", cookie="_ga=1")
    assert slowly.headers.pop("x-request-id")
    assert at_once == slowly  # without an id: it has no line in the log
    assert get(site, path, accept_encoding="gzip", authorization="Basic eA==").headers["x-request-id"]
    assert get(site, path, accept_encoding="gzip", x_forwarded_proto="https") == at_once  # of a stranger
    assert get(site, path, accept_encoding="gzip", if_none_match=at_once.headers["etag"]).status == 304
    order = get(site, f"{path}?order=newest", sec_fetch_site="same-origin", sec_fetch_mode="navigate")
    again = get(site, f"{path}?order=newest", sec_fetch_site="same-origin", sec_fetch_mode="navigate")
    assert order.headers["set-cookie"] == again.headers["set-cookie"]
    assert get(site, path, host="elsewhere.example").status == 400
