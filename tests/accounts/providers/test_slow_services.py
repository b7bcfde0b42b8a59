"""Unreachable, silent and slow services: with the real server, a message appears within six seconds."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests import make
from tests.services import provider

if TYPE_CHECKING:
    from tests.services.site import Serve, Server

pytestmark = [pytest.mark.long, pytest.mark.once]
ALL = ("x", "facebook", "wordpress", "demo")
SECONDS = 6.0  # five are the service's
TYPED = "Words that were typed before."
SENTENCE = "You are not logged in: the other side gave no usable answer"


class InPlace(urllib.request.HTTPRedirectHandler):
    """Returns redirects instead of following them."""

    def redirect_request(self, *args: Any) -> None:
        return None


class Traveller:
    """A client that keeps cookies and follows each redirect itself."""

    def __init__(self, site: "Server", essay: str) -> None:
        self.site, self.essay = site, essay
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), InPlace)

    def ask(self, address: str, data: dict[str, str] | None = None, *, come_from: str = "same-origin") -> HTTPResponse:
        body = urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(address, body, {"Sec-Fetch-Site": come_from})
        try:
            answer: HTTPResponse = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error  # type: ignore[assignment]
        return answer

    def leave(self, service: str) -> HTTPResponse:
        return self.ask(f"{self.site.url}{self.essay}connect/{service}/", {"text": TYPED})

    def follow(self, answer: HTTPResponse) -> str:
        """Return the text of the page that a response redirects to."""
        while location := answer.headers.get("Location"):
            answer = self.ask(self.site.url + location.removeprefix(self.site.url))
        assert answer.status == 200
        return answer.read().decode()


def words_after(start: float, traveller: Traveller, answer: HTTPResponse) -> None:
    page = traveller.follow(answer)
    assert time.monotonic() - start < SECONDS
    assert SENTENCE in page
    assert TYPED in page


def come_back(traveller: Traveller, address: str) -> None:
    start = time.monotonic()
    words_after(start, traveller, traveller.ask(address, come_from="cross-site"))


@contextmanager
def silence(port: int) -> Iterator[None]:
    """Accept every connection and never respond."""
    with socket.create_server(("127.0.0.1", port)):
        yield


def travellers(site: "Server") -> dict[str, Traveller]:
    make.rules()
    essay = make.essay("Of Waiting").get_absolute_url()
    return {service: Traveller(site, essay) for service in ALL}


@pytest.mark.parametrize("then", [lambda port: nullcontext(), silence], ids=["down", "silent"])
def test_a_service_that_becomes_unreachable_during_a_login(
    serve: "Serve", django_db_blocker: DjangoDbBlocker, then: Callable[[int], AbstractContextManager[None]]
) -> None:
    site = serve()
    with django_db_blocker.unblock(), site.connected():
        people = travellers(site)
    with provider.provider(site.port + 1):
        back = {
            service: provider.complete_authorization(one.leave(service).headers["Location"])
            for service, one in people.items()
        }
    with then(site.port + 1), ThreadPoolExecutor() as pool:
        list(pool.map(come_back, people.values(), back.values()))
        start = time.monotonic()  # the only service that is requested before the redirect
        stranger = Traveller(site, people["demo"].essay)
        words_after(start, stranger, stranger.leave("demo"))


@pytest.mark.parametrize("fault", ["very-slow", "token-dripping", "me-endless"])
def test_a_slow_service_delays_only_its_own_login(site: "Server", fault: str) -> None:
    people = travellers(site)
    back = [
        provider.complete_authorization(one.leave(service).headers["Location"], fault=fault)
        for service, one in people.items()
    ]
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(come_back, *each) for each in zip(people.values(), back, strict=True)]
        reader = Traveller(site, people["x"].essay)
        assert reader.ask(site.url + reader.essay).status == 200
        assert not all(one.done() for one in waiting)  # no other login waited
        for one in waiting:
            one.result()
