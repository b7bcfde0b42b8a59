"""What the log shows, and what it keeps to itself."""

import json
import logging
from contextlib import closing
from time import process_time
from typing import Any

import pytest
from django.test import RequestFactory

from comments.models import Address
from comments.notifications import signed_links
from server.logs import JsonFormatter, RepeatLimiter, SuspiciousRequestCounter, TextFormatter, current, current_id
from server.logs.request_lines import RequestLines
from tests.comments.browser_client import Browser
from tests.server.raw_http import RawConnection
from tests.services.site import Serve, Server

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("method", ["put", "post"])
def test_no_line_shows_a_link_by_which_others_could_act(caplog: pytest.LogCaptureFixture, method: str) -> None:
    link = signed_links.subscriptions_url(Address.objects.create(email="rhea@example.org"))
    path, token = "/" + link.split("/", 3)[3], link.split("/")[-2]
    foreign = Browser(headers={"Sec-Fetch-Site": "cross-site"})
    assert getattr(foreign, method)(path).status_code == 403
    handler: Any = logging.getLogger("django").handlers[0]
    lines = [handler.format(record) for record in caplog.records]
    assert any("Forbidden: /subscriptions/…/" in line for line in lines)
    assert not any(token in line or token.split(":")[-1] in line for line in lines)


def test_nor_does_what_is_told_of_an_error() -> None:
    link = signed_links.subscriptions_url(Address.objects.create(email="rhea@example.org"))
    handler: Any = logging.getLogger("rejoinder").handlers[0]
    try:
        raise ValueError(link)
    except ValueError as error:
        record = logging.LogRecord(
            "rejoinder.x", logging.ERROR, "x.py", 1, "At %s", (link,), (type(error), error, None)
        )
    lines = handler.format(record)
    assert "ValueError" in lines
    assert link.split("/")[-2] not in lines


@pytest.mark.parametrize(
    "piece", ["a", "%", "%3A", "a%3A", "a:", ":", "-", "a.", "%3Aa" + "b" * 43, "a" * 43 + ":", "/preview/"]
)
def test_no_address_is_long_to_write_down(piece: str) -> None:
    record = logging.LogRecord(
        "x", logging.WARNING, "x.py", 1, "Not Found: %s", ("/" + piece * (60_000 // len(piece)),), None
    )
    began = process_time()
    logging.getLogger("rejoinder").handlers[0].format(record)
    assert process_time() - began < 1


def lines_of(site: Server) -> list[str]:
    return [line for line in site.process.output().splitlines() if "Host" in line or "Traceback" in line]


def test_many_requests_with_a_wrong_host_are_one_line_a_minute(serve: Serve) -> None:
    site = serve(SITE_URL="https://essays.example", WEB_CONCURRENCY="1", DEBUG=None)
    for number in range(37):
        with closing(RawConnection(site.url)) as call:
            call.socket.sendall(
                f"POST /accounts/login/ HTTP/1.1\r\nHost: {number}.example\r\nConnection: close\r\n\r\n".encode()
            )
            assert call.read_response()[0] == 400
    (line,) = lines_of(site)
    assert "1 request with an unknown Host header" in line
    assert "'0.example'" in line
    assert "SITE_URL" in line
    assert "ALLOWED_HOSTS" not in site.process.output()


def test_the_rest_of_a_minute_is_counted_and_its_last_host_is_escaped(caplog: pytest.LogCaptureFixture) -> None:
    counted = SuspiciousRequestCounter()
    for host in ["a.example"] * 37 + ["b\x1b[2J\n" + "x" * 9000]:
        record = logging.LogRecord("django.security.DisallowedHost", logging.ERROR, "", 1, "Invalid", (), None)
        record.request = RequestFactory().get("/", HTTP_HOST=host)
        counted.handle(record)
    counted.report("DisallowedHost")
    counted.report("DisallowedHost")
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("1 request with")
    assert second.startswith("37 requests with an unknown Host header in the last minute, latest: 'b\\x1b[2J\\n")
    assert len(second) < 300


def test_refused_requests_are_one_line_for_each_status_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    stderr, counted = logging.getLogger("django.request").handlers[0], SuspiciousRequestCounter()
    for status in [400] * 5 + [404] * 5:
        record = logging.LogRecord(
            "django.request", logging.WARNING, "", 1, "Refused: %s", ("/preview/x7/",), (ValueError, ValueError(), None)
        )
        record.status_code = status
        assert not stderr.filter(record)
        counted.handle(record)
    assert [record.getMessage() for record in caplog.records] == [
        "1 request refused with status 400 in the last minute, latest: 'Refused: /preview/\\u2026/'.",
        "1 request for unknown pages in the last minute, latest: 'Refused: /preview/\\u2026/'.",
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_errors_that_a_stranger_repeats_are_limited_and_their_number_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limiter = RepeatLimiter()

    def passed(at: float) -> bool:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 1, "Internal Server Error: %s", (f"/{at}",), None
        )
        record.created = at
        return bool(limiter.filter(record))

    assert sum(passed(1000 + number / 10) for number in range(100)) == RepeatLimiter.MOST
    assert passed(1061)
    assert [record.getMessage() for record in caplog.records] == ["70 repeated lines were left out of the log."]


FORGERY = '/a\r\n2026-12-01T00:00:00.000Z WARNING rejoinder.login: login failed: address=192.0.2.1 \x1b[2J\u202e"}'


def test_a_line_has_the_request_and_neither_path_nor_error_can_forge_another(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": FORGERY.encode().decode("latin-1"), "QUERY_STRING": "key=secret"}
    monkeypatch.setattr(current, "environ", environ)
    error = ValueError(f"{FORGERY} rhea.long@example.org\nDETAIL:  Failing row contains (A comment.)")
    record = logging.LogRecord("rejoinder.x", logging.ERROR, "x.py", 1, "At %s", (FORGERY,), (ValueError, error, None))
    text, line = TextFormatter().format(record), JsonFormatter().format(record)
    entry = json.loads(line)
    first, *others = text.splitlines()
    assert first.split(" ")[1:4] == ["ERROR", "rejoinder.x", f"[{current_id()}]"]
    assert all(other.startswith("  ") for other in others)
    assert line.isascii()
    assert line.isprintable()
    assert (entry["request_id"], entry["method"]) == (current_id(), "POST")
    assert entry["path"].startswith("/a%0D%0A2026-12-01T00:00:00.000Z%20WARNING")
    for said in (text, line):
        assert "\x1b" not in said
        assert not any(word in said for word in ("secret", "rhea", "A comment", "\u202e"))


@pytest.mark.parametrize("is_json", [False, True])
def test_request_lines_have_id_status_and_duration_but_no_query(
    capsys: pytest.CaptureFixture[str], is_json: bool
) -> None:
    lines = RequestLines(is_json=is_json)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": '/preview/x7y/ \u202e\n"'.encode().decode("latin-1"),
        "QUERY_STRING": "q=secret",
    }
    environ["rejoinder.request_id"] = "abc-1"
    lines.add(environ, 200, 0.0123, "cached")
    lines.write()
    (line,) = capsys.readouterr().err.splitlines()
    if is_json:
        entry = json.loads(line)
        assert (entry["path"], entry["status"], entry["duration_ms"]) == ("/preview/.../%20%E2%80%AE%0A%22", 200, 12.3)
    else:
        assert line.partition(" ")[2] == (
            "INFO rejoinder.request [abc-1] GET /preview/.../%20%E2%80%AE%0A%22: 200 in 12.3 ms, cached"
        )
