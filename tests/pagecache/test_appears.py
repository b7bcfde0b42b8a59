"""A scheduled essay: absent one second before its time on every page that is kept, there one second after."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from blog.models import Series, Tag
from pagecache.models import Generation
from pagecache.wsgi import PageCache
from tests import make
from tests.pagecache.browsing import ask

if TYPE_CHECKING:
    from tests.services.site import Installation

pytestmark = pytest.mark.once
ITS_TIME = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def installed(
    _migrated: "Installation", tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    with (
        _migrated.copied(tmp_path_factory.mktemp("appears")) as installation,
        django_db_blocker.unblock(),
        installation.connected(),
    ):
        yield


def test_it_is_nowhere_a_second_before_and_everywhere_a_second_after(installed: Any) -> None:
    with time_machine.travel(ITS_TIME - timedelta(days=1), tick=False) as clock:
        author = make.author("miriam", name="Miriam Achterberg")
        tag = Tag.objects.create(name="Promises", slug="promises")
        series = Series.objects.create(title="Debts", slug="debts")
        first = make.essay("The First", by=author, series=series)
        first.tags.add(tag)
        it = make.essay("What Waits", by=author, series=series, translation_of=first, language="de", published=ITS_TIME)
        it.tags.add(tag)
        make.essay("Colophon", kind="page", published=ITS_TIME + HOUR)
        here = it.get_absolute_url()
        its_own = [here, f"{here}feed/", f"/?p={it.pk}", "/2026/11/26/"]
        shared = [
            "/", "/archive/", "/2026/", "/2026/11/", "/tag/promises/", "/author/miriam/", "/series/debts/", "/feed/", "/feed/atom/",
            "/tag/promises/feed/", "/author/miriam/feed/", "/series/debts/feed/", "/sitemap.xml", first.get_absolute_url(),
        ]  # fmt: skip
        cache = PageCache(get_wsgi_application())
        clock.move_to(ITS_TIME - SECOND)
        for address in shared * 3:  # so that each is kept
            answer = ask(cache, address)
            assert answer.status == 200, address
            for sign in ("Waits", here):
                assert sign not in answer.body.decode(), address
        assert {ask(cache, address).status for address in its_own} == {404}
        generations = sorted(Generation.objects.values_list("key", "number"))
        clock.move_to(ITS_TIME + SECOND)
        with CaptureQueriesContext(connection) as asked:
            for address in shared:
                body = ask(cache, address).body.decode()
                assert "Waits" in body or here in body, address
            assert [ask(cache, address).status for address in its_own] == [200, 200, 301, 200]
            clock.move_to(ITS_TIME + HOUR - SECOND)
            assert "Colophon" not in ask(cache, "/").body.decode() + ask(cache, here).body.decode()
            clock.move_to(ITS_TIME + HOUR + SECOND)
            for address in ("/", here, "/sitemap.xml", "/colophon/"):
                assert "olophon" in ask(cache, address).body.decode(), address
        assert all(query["sql"].upper().startswith("SELECT") for query in asked)
        assert sorted(Generation.objects.values_list("key", "number")) == generations
        cache.close()
