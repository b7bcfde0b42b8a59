"""The door: what is too large, too slow or never ends costs its sender alone, and is answered in words."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import OperationalError

from server.http import bodies, responses
from server.http.gateway import Gateway
from tests.conftest import RUNS_ALL
from tests.server.raw_http import (
    RawConnection,
    ReceivedBody,
    UnfinishedBody,
    call_application,
    extra_waits,
    slow_senders,
)
from tests.services.process_tree import web_processes
from tests.services.site import Installation, Server

pytestmark = pytest.mark.once

MB = 1024 * 1024
RESPOND = "/2026/11/24/nothing/respond/"
FORM = "Content-Type: application/x-www-form-urlencoded"


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return [environ["wsgi.input"].read(length)]


# What is taken in


def test_what_is_sent_arrives_whole_however_it_was_sent() -> None:
    body = bytes(range(256)) * 1000
    assert call_application(Gateway(echo), body=body)[2] == body
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert call_application(Gateway(echo), body=body, **chunked)[2] == body
    assert call_application(Gateway(echo), body=body[:10], CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="")[2] == b""


def test_a_longer_body_is_taken_where_the_settings_say_so(settings: Any) -> None:
    settings.BODY_LIMITS = {"/admin/": MB, "/admin/pictures/": 3 * MB}
    body = b"a" * (2 * MB)
    assert call_application(Gateway(echo), "/admin/pictures/add/", body)[0] == "200 OK"
    assert call_application(Gateway(echo), "/admin/essays/", body)[0].startswith("413")
    assert call_application(Gateway(echo), "/2026/11/24/x/respond/", body)[0].startswith("413")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "1" * 30, " 5"])
def test_a_length_that_is_none_is_no_server_error(length: str) -> None:
    status, _, page = call_application(Gateway(echo), body=b"hello", CONTENT_LENGTH=length)
    assert status[:3] in {"400", "413"}
    assert b"</html>" in page


def test_half_a_body_is_never_taken_for_the_whole() -> None:
    status, _, page = call_application(Gateway(echo), body=b"text=Half+of+what+I", CONTENT_LENGTH="40")
    assert status.startswith("400")
    assert b"Nothing was saved" in page


def test_a_body_of_which_nothing_comes_is_given_up_before_one_that_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "FIRST_BYTE_TIMEOUT", 0.01)
    monkeypatch.setattr(bodies, "TIMEOUT", 3600.0)
    assert call_application(Gateway(echo), body=UnfinishedBody(), CONTENT_LENGTH="500")[0].startswith("408")
    monkeypatch.setattr(bodies, "FIRST_BYTE_TIMEOUT", 3600.0)
    monkeypatch.setattr(bodies, "TIMEOUT", 0.01)
    assert call_application(Gateway(echo), body=UnfinishedBody(b"text="), CONTENT_LENGTH="500")[0].startswith("408")


@pytest.mark.parametrize("sent", [(), (b"text=",)])
def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch, sent: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(bodies, "FIRST_BYTE_TIMEOUT", 0.01)
    monkeypatch.setattr(bodies, "TIMEOUT", 0.01)
    status, headers, page = call_application(Gateway(echo), body=UnfinishedBody(*sent), CONTENT_LENGTH="500")
    assert status.startswith("408")
    assert b"too slow" in page
    assert headers["Connection"] == "close"


def test_a_body_whose_connection_ends_is_never_taken_for_the_whole() -> None:
    class Broken(ReceivedBody):
        def receive(self, seconds: float, woken: threading.Event, /) -> bytes | None:
            if not self.pieces:
                raise ConnectionError
            return super().receive(seconds, woken)

    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert call_application(Gateway(echo), body=Broken(b"text=Half"), **chunked)[0].startswith("400")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to leave a place."""
    monkeypatch.setattr(bodies, "GUARANTEED", 60.0)


def entered(limiter: bodies.UploadLimiter, network: str, size: int = 1000, person: str = "") -> bodies.Upload:
    place = bodies.Upload(network, size)
    limiter.admit(place, lambda: person)
    return place


@pytest.mark.usefixtures("patient")
def test_a_network_has_sixteen_places_and_its_people_more() -> None:
    limiter = bodies.UploadLimiter()
    places = [entered(limiter, "203.0.113.1") for _ in range(16)]
    with pytest.raises(bodies.TooBusy):
        entered(limiter, "203.0.113.1")
    entered(limiter, "203.0.113.2")
    entered(limiter, "203.0.113.1", person="7")
    limiter.release(places[0])
    entered(limiter, "203.0.113.1")


@pytest.mark.usefixtures("patient")
def test_strangers_of_many_networks_leave_a_quarter_to_people_who_are_logged_in() -> None:
    limiter = bodies.UploadLimiter(bodies=128)
    for number in range(96):
        entered(limiter, f"203.0.113.{number}")
    with pytest.raises(bodies.TooBusy):
        entered(limiter, "198.51.100.1")
    for number in range(32):
        entered(limiter, "198.51.100.1", person=str(number % 2))
    with pytest.raises(bodies.TooBusy):
        entered(limiter, "198.51.100.1", person="3")


@pytest.mark.usefixtures("patient")
def test_one_person_has_sixteen_places() -> None:
    limiter = bodies.UploadLimiter(bodies=128)
    for number in range(70):
        entered(limiter, f"203.0.113.{number}")
    for number in range(16):
        entered(limiter, f"198.51.100.{number}", person="7")
    with pytest.raises(bodies.TooBusy):
        entered(limiter, "198.51.100.99", person="7")


@pytest.mark.usefixtures("patient")
def test_many_large_bodies_do_not_fill_the_memory() -> None:
    limiter = bodies.UploadLimiter(volume=40 * MB)
    for number in range(3):
        entered(limiter, f"203.0.113.{number}", 10 * MB)
    with pytest.raises(bodies.TooBusy):
        entered(limiter, "203.0.113.9", 10 * MB)
    entered(limiter, "203.0.113.9", 10 * MB, person="7")


def test_the_oldest_is_given_up_for_the_newest_and_no_logged_in_person_for_a_stranger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "GUARANTEED", 0.0)
    limiter = bodies.UploadLimiter(bodies=4)
    entered(limiter, "203.0.113.9"), entered(limiter, "203.0.113.9")
    known = entered(limiter, "203.0.113.1", person="7")
    oldest = limiter.uploads[0]
    for number in range(9):
        entered(limiter, f"198.51.100.{number}")
    assert oldest.is_lost
    assert oldest.woken.is_set()
    assert not known.is_lost
    assert len(limiter.uploads) == 4


def test_a_small_body_that_arrives_at_once_needs_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GUARANTEED", 60.0)
    limiter = bodies.UploadLimiter(each=1)
    entered(limiter, "203.0.113.1")
    arrived = limiter.receive(ReceivedBody(b"0123", b"456789"), length=10, limit=100, network="203.0.113.1")
    assert arrived == b"0123456789"
    monkeypatch.setattr(bodies, "SHORT_WAIT", 0.01)
    with pytest.raises(bodies.TooBusy):
        limiter.receive(UnfinishedBody(b"0123"), length=10, limit=100, network="203.0.113.1")


# What is given out


class Parts:
    """An answer in parts that notices whether it was closed."""

    closed: ClassVar[int] = 0

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts

    def __iter__(self) -> Any:
        return iter(self.parts)

    def close(self) -> None:
        Parts.closed += 1


def test_an_answer_is_handed_over_whole_and_closed() -> None:
    closed = Parts.closed
    assert responses.buffer_response(Parts(b"one ", b"page")) == [b"one page"]
    assert Parts.closed == closed + 1


def test_a_long_answer_is_handed_over_as_a_file_and_closed() -> None:
    closed, parts = Parts.closed, [b"a" * MB] * 3
    given = responses.buffer_response(Parts(*parts))
    assert isinstance(given, responses.FileBody)
    assert b"".join(given) == b"".join(parts)
    assert Parts.closed == closed + 1


def test_a_long_file_is_not_copied(tmp_path: Path) -> None:
    for name, size in {"long": 2 * MB, "short": MB}.items():
        (tmp_path / name).write_bytes(b"a" * size)
    given = responses.buffer_response(responses.FileWrapper((tmp_path / "long").open("rb")))
    assert isinstance(given, responses.FileBody)
    assert given.path == str(tmp_path / "long")
    assert responses.buffer_response(responses.FileWrapper((tmp_path / "short").open("rb"))) == [b"a" * MB]


# What fails behind it


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("database is locked"), "503"),
        (OSError(28, "No space left on device"), "503"),
        (bodies.TooBusy(), "503"),
        (ValueError("a fault of ours"), "500"),
    ],
)
def test_whatever_fails_behind_the_door_is_said_in_words(error: Exception, status: str) -> None:
    def fails(environ: Any, start_response: Any) -> Any:
        raise error

    answered, headers, page = call_application(Gateway(fails))
    assert answered.startswith(status)
    assert b"<h1>" in page
    assert "a fault of ours" not in page.decode()
    assert ("Retry-After" in headers) == (status == "503")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "no-store" in headers["Cache-Control"]


# The same through granian


@pytest.mark.parametrize("path", [RESPOND, "/accounts/login/"])
@pytest.mark.parametrize("count", [300_000, 5 * MB, 30 * MB])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_is_refused_readably(site: Server, path: str, count: int, chunked: bool) -> None:
    call = RawConnection(site.url)
    call.begin(path, FORM, "Transfer-Encoding: chunked" if chunked else f"Content-Length: {count}")
    assert call.send(count, chunked=chunked) == count
    status, words = call.read_response()
    assert status == 413
    assert "accepts up to 256 KB" in words
    assert "connection: close" in words.lower()


@pytest.mark.parametrize(
    ("length", "half"), [("Transfer-Encoding: chunked", b"9\r\ntext=Half\r\n"), ("Content-Length: 40", b"text=Half")]
)
def test_a_body_that_breaks_off_on_the_wire_is_refused(site: Server, length: str, half: bytes) -> None:
    with closing(RawConnection(site.url)) as call:
        call.begin(RESPOND, FORM, length)
        call.socket.sendall(half)
        call.socket.shutdown(socket.SHUT_WR)
        assert call.read_response()[0] == 400


def test_who_asks_first_is_refused_before_sending(site: Server) -> None:
    call = RawConnection(site.url)
    call.begin(RESPOND, FORM, f"Content-Length: {300 * MB}", "Expect: 100-continue")
    assert call.read_response()[0] == 413


@pytest.fixture(scope="module")
def alone(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One process that answers, for all that try to keep it busy."""
    with _migrated.copy(tmp_path_factory.mktemp("alone")) as installation:
        server = Server(installation, WEB_CONCURRENCY="1")
        yield server
        server.stop()


@pytest.mark.parametrize("chunked", [False, True])
def test_hundreds_of_megabytes_take_no_memory(alone: Server, chunked: bool) -> None:
    size = 300 * MB if RUNS_ALL else 100 * MB
    extra_waits(f"{alone.url}/", f"{alone.url}/", 10)
    (web,) = web_processes(alone.process.pid)
    Path(f"/proc/{web}/clear_refs").write_text("5")  # the peak begins anew
    before = memory(web, "VmRSS")
    call = RawConnection(alone.url)
    call.begin(RESPOND, FORM, "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}")
    call.send(size, chunked=chunked)
    assert call.read_response()[0] == 413
    assert memory(web, "VmHWM") - before < 20 * MB


def test_forty_dripping_bodies_cost_readers_nothing(alone: Server, site: Server) -> None:

    def others_go_on() -> bool:
        waits = extra_waits(f"{alone.url}/", f"{site.url}/", 1000 if RUNS_ALL else 100)
        with closing(RawConnection(alone.url)) as call:
            call.begin(RESPOND, FORM, "Content-Length: 3", "Connection: close")
            call.send(3)
            status = call.read_response()[0]
        return waits[len(waits) * 99 // 100] < 0.5 and status == 404  # taken in: there is no such essay

    with slow_senders(alone.url, 40) as calls:
        assert others_go_on()
        assert {call.read_response()[0] for call in calls} <= {408, 503}
        assert others_go_on()


def test_clients_that_do_not_read_cost_readers_nothing(alone: Server, site: Server) -> None:
    folder = alone.installation.data_dir / "media"
    folder.mkdir()
    (folder / "long").write_bytes(bytes(16 * MB))
    lazy = [RawConnection(alone.url, receives=4096) for _ in range(100)]
    for call in lazy:
        call.begin("/media/long", method="GET")
    for call in lazy:
        assert call.socket.recv(1)  # its answer is under way, and it reads no more of it
    waits = extra_waits(f"{alone.url}/", f"{site.url}/", 100)
    for call in lazy:
        call.close()
    assert waits[98] < 0.5


def memory(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
