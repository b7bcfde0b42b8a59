"""What the log shows, and what it keeps to itself."""

import logging
from contextlib import closing
from time import process_time
from typing import Any

import pytest
from django.test import RequestFactory

from comments.models import Address
from comments.notifications import signed_links
from server.logs import SuspiciousRequestCounter
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


def test_a_refused_request_leaves_no_traceback() -> None:
    handler = logging.getLogger("django").handlers[0]
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 1, "Bad Request", (), (ValueError, ValueError(), None)
    )
    record.status_code = 400
    assert handler.filter(record)
    assert not record.exc_info
