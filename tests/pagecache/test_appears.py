"""A scheduled essay is on no cached page one second before its time, and on all of them one second after."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from blog import actions
from blog.models import Essay, Series, Tag
from pagecache.models import Generation
from pagecache.wsgi import PageCache
from tests import make
from tests.pagecache.browsing import get_response

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


# Pages open to everyone, by URL name. Those in SHARED exist before the essay, those in OWN only after.
SHARED = {
    "home": "/",
    "archive": "/archive/",
    "year": "/2026/",
    "month": "/2026/11/",
    "tag": "/tag/promises/",
    "tag-feed": "/tag/promises/feed/",
    "author": "/author/miriam/",
    "author-feed": "/author/miriam/feed/",
    "all-series": "/series/",
    "series": "/series/debts/",
    "series-feed": "/series/debts/feed/",
    "feed": "/feed/",
    "atom": "/feed/atom/",
    "json-feed": "/feed.json",
    "comments-feed": "/comments/feed/",
    "comments-feed-atom": "/comments/feed/atom/",
    "sitemap": "/sitemap.xml",
    "sitemap-part": "/sitemap-essays.xml",
    "its translation": "/2026/11/25/the-first/",
}
COUNTED = {"/series/": "2 essays", "/sitemap.xml": f"<lastmod>{ITS_TIME.isoformat()}"}  # where the title is not shown
OWN = {
    "essay": "{here}",
    "day": "/2026/11/26/",
    "essay-feed": "{here}feed/",
    "essay-feed-atom": "{here}feed/atom/",
    "by its number": "/?p={number}",
    "an old address": "/an-old-address/",
    "like": "{here}like/",
    "comment": "/comments/{comment}/",
    "thread-feed": "/comments/{comment}/feed/",
    "thread-feed-atom": "/comments/{comment}/feed/atom/",
    "like-comment": "/comments/{comment}/like/",
    "report-comment": "/comments/{comment}/report/",
}
# Pages that show no essay, that accept only POST, or that need a login or a secret.
NEITHER = """
    account_claim account_claim_ask account_claim_sent account_claims appeal-comment category change
    confirm-subscriptions connect data data-file decide-by-mail delete-comment edit-comment
    favicon subscribe forget forgotten identity log-out media moderation-record my-comments my-subscriptions preview privacy
    queue-mail respond respond-page robots stop-daily stop-subscription subscription-requested subscriptions notify-decision
""".split()  # noqa: SIM905
OF_A_PAGE = {"page", "page-feed", "page-feed-atom"}  # like those of an essay, tested below
NOBODYS_ESSAYS = ("accounts.", "allauth.", "django.", "server.")


def public_names() -> set[str]:
    """Return the names of all URLs outside the admin, whose permissions have their own tests."""
    found, open_ = set(), [(get_resolver().url_patterns, "")]
    while open_:
        patterns, before = open_.pop()
        for pattern in patterns:
            here = f"{before}{pattern.pattern}"
            if here.startswith("admin/"):
                continue
            if isinstance(pattern, URLResolver):
                open_.append((pattern.url_patterns, here))
            else:
                view = getattr(pattern.callback, "view_class", pattern.callback)
                if pattern.name and not view.__module__.startswith(NOBODYS_ESSAYS):
                    found.add(pattern.name)
    return found


def test_every_public_url_is_listed_above() -> None:
    """An entry in SHARED or OWN proves that a new page shows the essay at its second."""
    known = {*SHARED, *OWN, *NEITHER, *OF_A_PAGE}
    assert public_names() - known == set()
    assert {name for name in known - public_names() if " " not in name} == set()


def test_a_scheduled_essay_is_nowhere_a_second_before_and_everywhere_a_second_after(installed: Any) -> None:
    """The essay was published before, received a comment, and was withdrawn."""
    with time_machine.travel(ITS_TIME - timedelta(hours=20), tick=False) as clock:
        make.rules(guests_may_like=True)
        author = make.author("miriam", name="Miriam Achterberg")
        tag = Tag.objects.create(name="Promises", slug="promises")
        series = Series.objects.create(title="Debts", slug="debts")
        first = make.essay("The First", by=author, series=series, published=ITS_TIME - timedelta(hours=21))
        first.tags.add(tag)
        make.comment(first, "Said of the first.")
        it = make.essay(
            "What Waits", by=author, series=series, translation_of=first, language="de",
            published=timezone.now(), dated=ITS_TIME.date(),
        )  # fmt: skip
        it.tags.add(tag)
        said = make.comment(it, "Said while it was out: Waits.")
        it = Essay.objects.get(pk=it.pk)
        it.published = ITS_TIME
        it = actions.save(it)
        actions.add_redirect("/an-old-address/", essay=it)
        make.essay("Colophon", kind="page", is_in_menu=True, published=ITS_TIME + HOUR)
        here = it.get_absolute_url()
        own = {name: form.format(here=here, number=it.pk, comment=said.pk) for name, form in OWN.items()}
        cache = PageCache(get_wsgi_application())
        clock.move_to(ITS_TIME - SECOND)
        prints: dict[str, dict[str, str]] = {}
        for address in [*SHARED.values()] * 3:  # so that each is cached
            answer = get_response(cache, address)
            assert answer.status == 200, address
            for sign in ("Waits", here, f"#comment-{said.pk}", "2 essays"):
                assert sign not in answer.body.decode(), address
            headers = {"if_none_match": "etag", "if_modified_since": "last-modified"}
            prints[address] = {name: answer.headers[of] for name, of in headers.items() if of in answer.headers}
        for address in own.values():
            answer = get_response(cache, address)
            assert answer.status == 404, address
            assert "Waits" not in answer.body.decode(), address
        generations = sorted(Generation.objects.values_list("key", "number"))
        clock.move_to(ITS_TIME + SECOND)
        with CaptureQueriesContext(connection) as asked:
            for address in SHARED.values():
                answer = get_response(cache, address, **prints[address])  # as a browser revalidates its copy
                assert answer.status == 200, address
                body = answer.body.decode()
                assert COUNTED.get(address, "Waits") in body or here in body, address
            for name, address in own.items():
                assert get_response(cache, address).status in {200, 301, 302}, name
            clock.move_to(ITS_TIME + HOUR - SECOND)
            assert "Colophon" not in get_response(cache, "/").body.decode() + get_response(cache, here).body.decode()
            assert {get_response(cache, f"/colophon/{more}").status for more in ("", "feed/", "feed/atom/")} == {404}
            clock.move_to(ITS_TIME + HOUR + SECOND)
            for address in ("/", here, "/sitemap-pages.xml", "/colophon/", "/colophon/feed/"):
                assert "olophon" in get_response(cache, address).body.decode(), address
        assert all(query["sql"].upper().startswith("SELECT") for query in asked)
        assert sorted(Generation.objects.values_list("key", "number")) == generations
        cache.close()
