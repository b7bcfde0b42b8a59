"""What a view can declare about its page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from pagecache import mark_cacheable
from pagecache.declaration import Declaration

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def declared_headers(response: HttpResponse) -> Declaration | None:
    return Declaration.read(response.items())


def test_every_page_depends_on_the_site() -> None:
    assert declared_headers(mark_cacheable(HttpResponse(), "essay:12")) == (("site", "essay:12"), float("inf"))


def test_repeated_declarations_add_keys_and_the_earliest_expiry_counts() -> None:
    response = mark_cacheable(HttpResponse(), "essay:1", expires=NOON)
    mark_cacheable(response, "comments", "essay:1", expires=NOON + timedelta(hours=1))
    mark_cacheable(response, expires=NOON - timedelta(hours=1))
    assert declared_headers(response) == (("site", "essay:1", "comments"), (NOON - timedelta(hours=1)).timestamp())


def test_a_response_without_a_declaration_declares_nothing() -> None:
    assert declared_headers(HttpResponse()) is None


@pytest.mark.parametrize("key", ["", "two words", "essay:1\nSet-Cookie: a=1", "é", '"', "a" * 65])
def test_a_key_must_be_plain(key: str) -> None:
    with pytest.raises(ValueError, match="Not the name"):
        mark_cacheable(HttpResponse(), key)


def test_an_expiry_must_have_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        mark_cacheable(HttpResponse(), expires=datetime(2026, 11, 24))  # noqa: DTZ001


def test_a_stream_cannot_be_cached() -> None:
    with pytest.raises(ValueError, match="streaming"):
        mark_cacheable(StreamingHttpResponse([b"a"]), "essay:1")
