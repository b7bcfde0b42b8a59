"""Many clients that send half a body and hold the rest back: other people can still post."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests import make
from tests.faults.conftest import Forum, create_forum
from tests.server.raw_http import RawConnection
from tests.services.sessions import session_of
from tests.services.site import Installation, Server

pytestmark = pytest.mark.once
LENGTH = "Content-Length: 5000"
DIRECT = [{"source": f"127.0.0.{2 + number % 2}"} for number in range(256)]
MANY = [{"source": f"127.0.1.{1 + number}"} for number in range(200)]
BEHIND_PROXY = [{"header": f"X-Forwarded-For: 203.0.113.{1 + number % 2}"} for number in range(256)]


@contextmanager
def half_sent_requests(url: str, clients: list[dict[str, str]]) -> Iterator[None]:
    with ExitStack() as stack:
        for client in clients:
            connection = stack.enter_context(closing(RawConnection(url, source=client.get("source", ""))))
            connection.begin("/2026/11/24/nothing/respond/", LENGTH, client.get("header", "Accept: */*"))
            connection.socket.sendall(b"text=")
        yield


@pytest.fixture(scope="module")
def slow_clients_server(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One process for all cases: what a case holds back ends with it."""
    with _migrated.copy(tmp_path_factory.mktemp("half_sent")) as installation:
        server = Server(installation, WEB_CONCURRENCY="1", TRUSTED_PROXIES="127.0.0.1")
        yield server
        server.stop()


@pytest.mark.parametrize(
    "clients", [DIRECT, MANY, BEHIND_PROXY], ids=["two addresses", "many addresses", "behind the proxy"]
)
def test_a_guest_and_a_logged_in_user_can_still_post(
    slow_clients_server: Server, clients: list[dict[str, str]], django_db_blocker: DjangoDbBlocker
) -> None:
    site = create_forum(slow_clients_server, django_db_blocker)
    with django_db_blocker.unblock(), site.server.connected():
        make.rules(hold_first_comment=False, flood_seconds=0)
        session = session_of(make.user(f"miriam-{next(make.numbers)}"))
    guest, person = site.client(number=1), site.client(number=2, session=session)
    with half_sent_requests(site.server.url, clients):
        for number in range(4):
            assert guest.post(site.essay, f"A guest's {number}.").is_accepted, guest.statuses
            assert person.post(site.essay, f"A person's {number}.").is_accepted, person.statuses


@pytest.mark.parametrize("name", ["X_Forwarded_For", "x_forwarded-proto", "X-Real_IP", "Forwarded_For"])
def test_a_header_that_resembles_a_proxy_header_is_rejected(busy_forum: Forum, name: str) -> None:
    for headers in ([f"{name}: 192.0.2.1"], [f"{name}: 192.0.2.1", "X-Forwarded-For: 203.0.113.1"]):
        with closing(RawConnection(busy_forum.server.url)) as connection:
            connection.begin(busy_forum.essay, *headers, method="GET")
            status, body = connection.read_response()
        assert status == 400
        assert "X_Forwarded_For" in body


def test_the_proxys_own_headers_are_trusted(busy_forum: Forum) -> None:
    with closing(RawConnection(busy_forum.server.url)) as connection:
        connection.begin(
            busy_forum.essay, "X-Forwarded-For: 203.0.113.1", "X_Other: a", "Connection: close", method="GET"
        )
        assert connection.read_response()[0] == 200
