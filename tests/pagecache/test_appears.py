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
PUBLICATION = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def installed(
    _migrated: "Installation", tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    with (
        _migrated.copy(tmp_path_factory.mktemp("appears")) as installation,
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
COUNTS = {"/series/": "2 essays", "/sitemap.xml": f"<lastmod>{PUBLICATION.isoformat()}"}  # where the title is not shown
OWN = {
    "essay": "{path}",
    "day": "/2026/11/26/",
    "essay-feed": "{path}feed/",
    "essay-feed-atom": "{path}feed/atom/",
    "cite": "{path}cite/",
    "corrections": "{path}corrections/",
    "card": "/cards/{number}-0123456789ab.png",
    "by its number": "/?p={number}",
    "an old address": "/an-old-address/",
    "like": "{path}like/",
    "comment": "/comments/{comment}/",
    "comment-more": "/comments/{comment}/more/",
    "thread-feed": "/comments/{comment}/feed/",
    "thread-feed-atom": "/comments/{comment}/feed/atom/",
    "like-comment": "/comments/{comment}/like/",
    "report-comment": "/comments/{comment}/report/",
}
# Pages that show no essay, that accept only POST, that need a login or a secret, or that are not cached (the search).
NEITHER = """
    account_claim account_claim_ask account_claim_sent account_claims answer-comment appeal-comment category change
    confirm-subscriptions connect data data-file decide-by-mail delete-comment edit-comment
    favicon subscribe forget forgotten identity log-out media moderation-record mute-commenter muted-commenters my-comments
    my-subscriptions opensearch preview privacy queue-mail renew-replies-feed replies replies-feed respond respond-page
    robots search site-card stop-daily stop-subscription subscription-requested subscriptions notify-decision
    version
""".split()  # noqa: SIM905
FOR_PAGES = {
    "page",
    "page-feed",
    "page-feed-atom",
    "page-corrections",
    "page-version",
}  # like those of an essay, tested below
OTHER_VIEWS = ("accounts.", "allauth.", "django.", "server.")


def public_names() -> set[str]:
    """Return the names of all URLs outside the admin, whose permissions have their own tests."""
    names_, open_ = set(), [(get_resolver().url_patterns, "")]
    while open_:
        patterns, before = open_.pop()
        for pattern in patterns:
            path = f"{before}{pattern.pattern}"
            if path.startswith("admin/"):
                continue
            if isinstance(pattern, URLResolver):
                open_.append((pattern.url_patterns, path))
            else:
                view = getattr(pattern.callback, "view_class", pattern.callback)
                if pattern.name and not view.__module__.startswith(OTHER_VIEWS):
                    names_.add(pattern.name)
    return names_


def test_every_public_url_is_listed_above() -> None:
    """An entry in SHARED or OWN proves that a new page shows the essay at its second."""
    listed = {*SHARED, *OWN, *NEITHER, *FOR_PAGES}
    assert public_names() - listed == set()
    assert {name for name in listed - public_names() if " " not in name} == set()


def test_a_scheduled_essay_is_nowhere_a_second_before_and_everywhere_a_second_after(installed: Any) -> None:
    """The essay was published before, received a comment, and was withdrawn."""
    with time_machine.travel(PUBLICATION - timedelta(hours=20), tick=False) as clock:
        make.rules(guests_may_like=True)
        author = make.author("miriam", name="Miriam Achterberg")
        tag = Tag.objects.create(name="Promises", slug="promises")
        series = Series.objects.create(title="Debts", slug="debts")
        first = make.essay("The First", by=author, series=series, published=PUBLICATION - timedelta(hours=21))
        first.tags.add(tag)
        make.comment(first, "Said of the first.")
        essay = make.essay(
            "What Waits", by=author, series=series, translation_of=first, language="de",
            published=timezone.now(), dated=PUBLICATION.date(),
        )  # fmt: skip
        essay.tags.add(tag)
        comment = make.comment(essay, "Said while it was out: Waits.")
        essay = Essay.objects.get(pk=essay.pk)
        essay.published = PUBLICATION
        essay = actions.save(essay)
        actions.add_redirect("/an-old-address/", essay=essay)
        make.essay("Colophon", kind="page", is_in_menu=True, published=PUBLICATION + HOUR)
        path = essay.get_absolute_url()
        own_paths = {
            name: pattern.format(path=path, number=essay.pk, comment=comment.pk) for name, pattern in OWN.items()
        }
        cache = PageCache(get_wsgi_application())
        clock.move_to(PUBLICATION - SECOND)
        validators: dict[str, dict[str, str]] = {}
        for address in [*SHARED.values()] * 3:  # so that each is cached
            response = get_response(cache, address)
            assert response.status == 200, address
            for excerpt in ("Waits", path, f"#comment-{comment.pk}", "2 essays"):
                assert excerpt not in response.body.decode(), address
            headers = {"if_none_match": "etag", "if_modified_since": "last-modified"}
            validators[address] = {
                name: response.headers[header] for name, header in headers.items() if header in response.headers
            }
        for address in own_paths.values():
            response = get_response(cache, address)
            assert response.status == 404, address
            assert "Waits" not in response.body.decode(), address
        generations = sorted(Generation.objects.values_list("key", "number"))
        clock.move_to(PUBLICATION + SECOND)
        with CaptureQueriesContext(connection) as captured:
            for address in SHARED.values():
                response = get_response(cache, address, **validators[address])  # as a browser revalidates its copy
                assert response.status == 200, address
                body = response.body.decode()
                assert COUNTS.get(address, "Waits") in body or path in body, address
            for name, address in own_paths.items():
                assert get_response(cache, address).status in {200, 301, 302}, name
            clock.move_to(PUBLICATION + HOUR - SECOND)
            with_menu = ("/", path, f"{path}cite/")
            assert [address for address in with_menu if "Colophon" in get_response(cache, address).body.decode()] == []
            assert {get_response(cache, f"/colophon/{suffix}").status for suffix in ("", "feed/", "feed/atom/")} == {
                404
            }
            clock.move_to(PUBLICATION + HOUR + SECOND)
            for address in (*with_menu, "/colophon/", "/colophon/feed/"):
                assert "Colophon" in get_response(cache, address).body.decode(), address
            for address in ("/sitemap-pages.xml", "/colophon/"):
                assert "/colophon/" in get_response(cache, address).body.decode(), address
        assert [query["sql"] for query in captured if not query["sql"].strip().upper().startswith("SELECT")] == []
        assert sorted(Generation.objects.values_list("key", "number")) == generations
        cache.close()
