"""What a view can say of its page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from pagecache import mark_cacheable
from pagecache.declaration import Declaration

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def declared(response: HttpResponse) -> Declaration | None:
    return Declaration.read(response.items())


def test_every_page_is_made_from_the_site() -> None:
    assert declared(mark_cacheable(HttpResponse(), "essay:12")) == (("site", "essay:12"), float("inf"))


def test_what_is_said_twice_adds_up_and_the_earliest_end_holds() -> None:
    response = mark_cacheable(HttpResponse(), "essay:1", expires=NOON)
    mark_cacheable(response, "comments", "essay:1", expires=NOON + timedelta(hours=1))
    mark_cacheable(response, expires=NOON - timedelta(hours=1))
    assert declared(response) == (("site", "essay:1", "comments"), (NOON - timedelta(hours=1)).timestamp())


def test_a_response_that_says_nothing_declares_nothing() -> None:
    assert declared(HttpResponse()) is None


@pytest.mark.parametrize("key", ["", "two words", "essay:1\nSet-Cookie: a=1", "é", '"', "a" * 65])
def test_the_name_of_a_generation_is_plain(key: str) -> None:
    with pytest.raises(ValueError, match="Not the name"):
        mark_cacheable(HttpResponse(), key)


def test_an_end_has_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        mark_cacheable(HttpResponse(), expires=datetime(2026, 11, 24))  # noqa: DTZ001


def test_a_stream_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="streaming"):
        mark_cacheable(StreamingHttpResponse([b"a"]), "essay:1")
