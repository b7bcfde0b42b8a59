"""What the log shows, and what it keeps to itself."""

import logging
from time import process_time
from typing import Any

import pytest

from comments import mailed_links
from comments.models import Address
from tests.comments.door import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("method", ["put", "post"])
def test_no_line_shows_a_link_by_which_others_could_act(caplog: pytest.LogCaptureFixture, method: str) -> None:
    link = mailed_links.to_all(Address.objects.create(email="rhea@example.org"))
    path, token = "/" + link.split("/", 3)[3], link.split("/")[-2]
    foreign = Browser(headers={"Sec-Fetch-Site": "cross-site"})
    assert getattr(foreign, method)(path).status_code == 403
    handler: Any = logging.getLogger("django").handlers[0]
    lines = [handler.format(record) for record in caplog.records]
    assert any("Forbidden: /subscriptions/…/" in line for line in lines)
    assert not any(token in line or token.split(":")[-1] in line for line in lines)


def test_nor_does_what_is_told_of_an_error() -> None:
    link = mailed_links.to_all(Address.objects.create(email="rhea@example.org"))
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
