"""The door: what is too large, too slow or never ends costs its sender alone, and is answered in words."""

import io
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import OperationalError

from server import bodies
from server.answers import Answers
from server.door import Door
from tests.conftest import RUNS_ALL
from tests.server.wire import Call, asked, drippers, reading_times
from tests.services.below import web_processes
from tests.services.site import Installation, Server

pytestmark = pytest.mark.once

MB = 1024 * 1024
RESPOND = "/2026/11/24/nothing/respond/"
FORM = "Content-Type: application/x-www-form-urlencoded"


class Silent:
    """A client that sends a little and then nothing more until the test is over."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.over = threading.Event()

    def read(self, size: int, /) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        self.over.wait(60)
        return b""


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return [environ["wsgi.input"].read(length)]


# What is taken in


def test_what_is_sent_arrives_whole_however_it_was_sent() -> None:
    body = bytes(range(256)) * 1000
    assert asked(Door(echo), body=body)[2] == body
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert asked(Door(echo), body=body, **chunked)[2] == body
    assert asked(Door(echo), body=body[:10], CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="")[2] == b""


def test_a_longer_body_is_taken_where_the_settings_say_so(settings: Any) -> None:
    settings.BODY_LIMITS = {"/admin/": MB, "/admin/pictures/": 3 * MB}
    body = b"a" * (2 * MB)
    assert asked(Door(echo), "/admin/pictures/add/", body)[0] == "200 OK"
    assert asked(Door(echo), "/admin/essays/", body)[0].startswith("413")
    assert asked(Door(echo), "/2026/11/24/x/respond/", body)[0].startswith("413")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "1" * 30, " 5"])
def test_a_length_that_is_none_is_no_server_error(length: str) -> None:
    status, _, page = asked(Door(echo), body=b"hello", CONTENT_LENGTH=length)
    assert status[:3] in {"400", "413"}
    assert b"</html>" in page


def test_half_a_body_is_never_taken_for_the_whole() -> None:
    status, _, page = asked(Door(echo), body=b"text=Half+of+what+I", CONTENT_LENGTH="40")
    assert status.startswith("400")
    assert b"Nothing was saved" in page


def test_a_body_that_does_not_come_is_given_up_and_its_thread_kept_until_the_client_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    silent = Silent(b"text=")
    said: list[Any] = []
    environ = {"PATH_INFO": "/", "REMOTE_ADDR": "203.0.113.1", "wsgi.input": silent, "CONTENT_LENGTH": "500"}
    parts = iter(Door(echo)(environ, lambda *response: said.extend(response)))  # type: ignore[arg-type]
    page = next(parts)
    assert said[0].startswith("408")
    assert dict(said[1])["Content-Length"] == str(len(page))
    assert b"too slow" in page
    rest = threading.Thread(target=lambda: list(parts))
    rest.start()
    rest.join(0.1)
    assert rest.is_alive()
    silent.over.set()
    rest.join(10)
    assert not rest.is_alive()


def test_no_network_can_fill_the_whole_room() -> None:
    room = bodies.Room(bodies=8)
    for _ in range(6):
        room.enter("203.0.113.1", 1000)
    with pytest.raises(bodies.TooBusy):
        room.enter("203.0.113.1", 1000)
    room.enter("203.0.113.2", 1000)
    room.leave("203.0.113.1")
    room.enter("203.0.113.1", 1000)


def test_many_large_bodies_wait_rather_than_fill_the_memory() -> None:
    room = bodies.Room(volume=40 * MB)
    for number in range(4):
        room.enter(f"203.0.113.{number}", 10 * MB)
    with pytest.raises(bodies.TooBusy):
        room.enter("203.0.113.9", 10 * MB)


def test_silent_clients_that_were_answered_count_until_they_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.0)
    room, silent = bodies.Room(bodies=4), [Silent() for _ in range(3)]
    for one in silent:
        with pytest.raises(bodies.TooSlow):
            room.receive(one, length=10, limit=100, network="203.0.113.1")
    with pytest.raises(bodies.TooBusy):
        room.receive(Silent(), length=10, limit=100, network="203.0.113.1")
    for one in silent:
        one.over.set()
    for thread in [thread for thread in threading.enumerate() if isinstance(thread, bodies.Reading)]:
        thread.join()
    assert room.receive(io.BytesIO(b"0123456789"), length=10, limit=100, network="203.0.113.1") == b"0123456789"


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
    assert Answers().give(Parts(b"one ", b"page")) == [b"one page"]
    assert Parts.closed == closed + 1


def test_long_answers_are_handed_over_in_parts_and_only_so_many_at_once() -> None:
    answers, closed = Answers(), Parts.closed
    parts = [b"a" * MB] * 3
    open_ = [answers.give(Parts(*parts)) for _ in range(16)]
    with pytest.raises(bodies.TooBusy):
        answers.give(Parts(*parts))
    assert b"".join(open_[0]) == b"".join(parts)
    for answer in open_:
        answer.close()  # type: ignore[attr-defined]
    assert Parts.closed == closed + 17
    answers.give(Parts(*parts))


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

    answered, headers, page = asked(Door(fails))
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
    call = Call(site.url)
    call.begin(path, FORM, "Transfer-Encoding: chunked" if chunked else f"Content-Length: {count}")
    assert call.send(count, chunked=chunked) == count
    status, words = call.answer()
    assert status == 413
    assert "larger than the 256 KB" in words
    assert "connection: close" in words.lower()


def test_who_asks_first_is_refused_before_sending(site: Server) -> None:
    call = Call(site.url)
    call.begin(RESPOND, FORM, f"Content-Length: {300 * MB}", "Expect: 100-continue")
    assert call.answer()[0] == 413


@pytest.fixture(scope="module")
def alone(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One process that answers, for all that try to keep it busy."""
    with _migrated.copied(tmp_path_factory.mktemp("alone")) as installation:
        server = Server(installation, WEB_CONCURRENCY="1")
        yield server
        server.stop()


@pytest.mark.parametrize("chunked", [False, True])
def test_hundreds_of_megabytes_take_no_memory(alone: Server, chunked: bool) -> None:
    size = 300 * MB if RUNS_ALL else 100 * MB
    reading_times(f"{alone.url}/", 20)
    (web,) = web_processes(alone.process.pid)
    Path(f"/proc/{web}/clear_refs").write_text("5")  # the peak begins anew
    before = memory(web, "VmRSS")
    call = Call(alone.url)
    call.begin(RESPOND, FORM, "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}")
    call.send(size, chunked=chunked)
    assert call.answer()[0] == 413
    assert memory(web, "VmHWM") - before < 20 * MB


def test_forty_dripping_bodies_cost_readers_nothing(alone: Server) -> None:

    def others_go_on() -> bool:
        waits = reading_times(f"{alone.url}/", 1000 if RUNS_ALL else 100)
        with closing(Call(alone.url)) as call:
            call.begin(RESPOND, FORM, "Content-Length: 3", "Connection: close")
            call.send(3)
            status = call.answer()[0]
        return waits[len(waits) * 99 // 100] < 0.5 and status == 404  # taken in: there is no such essay

    with drippers(alone.url, 40) as calls:
        assert others_go_on()
        assert {call.answer()[0] for call in calls} == {408}
        assert others_go_on()  # though those that were refused do not go


def test_clients_that_do_not_read_cost_readers_nothing(alone: Server) -> None:
    folder = alone.installation.data_dir / "media"
    folder.mkdir()
    (folder / "long").write_bytes(bytes(16 * MB))
    lazy = [Call(alone.url, receives=4096) for _ in range(100)]
    for call in lazy:
        call.begin("/media/long", method="GET")
    waits = reading_times(f"{alone.url}/", 100)
    for call in lazy:
        call.close()
    assert waits[98] < 0.5


def memory(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
