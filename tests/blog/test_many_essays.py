"""A site with many essays: no page, feed or sitemap needs more queries or memory than on a small site."""

import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Essay
from tests import make, plans
from tests.bench import corpus

pytestmark = pytest.mark.django_db

LINK = re.compile(r'href="(/\d{4}/\d\d/\d\d/[^"]+)"')
LOCATION = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
ADDRESSES = [
    "/", "/?page=2", "/archive/", "/archive/?page=2", "/{year}/", "/{year}/{month}/", "/tag/all/", "/tag/all/?page=2",
    "/series/everything/", "/series/everything/?page=2", "/series/", "/author/everybody/", "/author/everybody/?page=2",
    "/feed/", "/feed/atom/", "/feed.json", "/tag/all/feed/", "/series/everything/feed/", "/author/everybody/feed/",
    "/sitemap.xml", "/sitemap-essays.xml", "/sitemap-pages.xml", "/sitemap-tags.xml", "/sitemap-series.xml",
    "{essay}",
]  # fmt: skip
MOST = {"/archive/": 40_000, "/{year}/": 40_000, "/{year}/{month}/": 40_000, "/sitemap-essays.xml": 110_000}  # bytes


def costs(essays: list[Essay]) -> dict[str, tuple[int, int]]:
    """Return the number of queries and of bytes for each address."""
    client, found = Client(), {}
    middle = essays[len(essays) // 2]
    day = middle.day
    for form in ADDRESSES:
        address = form.format(year=day.year, month=f"{day.month:02}", essay=middle.get_absolute_url())
        with plans.queries() as asked:
            answer = client.get(address)
        if answer.status_code == 200:
            found[form] = len(asked), len(answer.content)
        else:
            assert "page=2" in form, address
    return found


def test_no_page_needs_more_queries_or_bytes_with_many_essays() -> None:
    make.site(essays_per_page=5)
    few = costs(corpus.essays(10, years=0.4))
    some = costs(corpus.essays(600, years=0.4))
    many = costs(corpus.essays(1_500, years=0.4))
    assert set(some) == set(many) == set(ADDRESSES)
    for form, (queries, size) in many.items():
        assert queries == some[form][0], form
        assert form not in few or queries == few[form][0], form
        assert size <= MOST.get(form.partition("?")[0], 30_000), form
        assert size <= some[form][1] * 1.05 + 1_000, form


def test_the_archive_lists_its_years_once_it_has_several_pages(client: Client) -> None:
    corpus.essays(90, years=3)
    page = client.get("/archive/").content.decode()
    assert len(LINK.findall(page)) == 90
    assert 'class="years"' not in page
    corpus.essays(60, years=3)
    first = client.get("/archive/").content.decode()
    second = client.get("/archive/?page=2").content.decode()
    shown = [*LINK.findall(first), *LINK.findall(second)]
    assert len(shown) == len(set(shown)) == 150
    assert shown == [essay.get_absolute_url() for essay in Essay.objects.order_by("-dated", "-published", "-pk")]
    assert client.get("/archive/?page=3").status_code == 404
    years = re.findall(r'<a href="/(\d{4})/"[^>]*>\1</a> .*?<span class="unseen">(\d+) essays?</span>', first)
    assert sum(int(count) for _year, count in years) == 150
    for year, count in years:
        assert len(LINK.findall(client.get(f"/{year}/").content.decode())) == int(count)


def test_a_year_with_more_essays_than_a_page_holds_is_paged(client: Client) -> None:
    year = timezone.now().year - 1
    made = corpus.essays(130, years=1)
    Essay.objects.filter(pk__in=[essay.pk for essay in made]).update(dated=f"{year}-05-03")
    pages = [client.get(f"/{year}/{query}").content.decode() for query in ("", "?page=2")]
    assert [len(LINK.findall(page)) for page in pages] == [100, 30]
    assert "Older Essays" in pages[0]
    assert f'href="/{year}/"' in pages[1]
    assert "Newer Essays" in pages[1]
    assert client.get(f"/{year}/05/?page=2").status_code == client.get(f"/{year}/05/03/?page=2").status_code == 200
    for nonsense in ("0", "3", "x", "1" * 9, ""):
        assert client.get(f"/{year}/", {"page": nonsense}).status_code == 404


def test_pinned_essays_are_first_and_every_essay_is_on_one_page(client: Client) -> None:
    make.site(essays_per_page=4)
    made = corpus.essays(11)
    pinned = [made[7].pk, made[2].pk, made[9].pk, made[4].pk, made[10].pk]
    Essay.objects.filter(pk__in=pinned).update(is_pinned=True)
    shown = [
        address
        for number in (1, 2, 3)
        for address in dict.fromkeys(LINK.findall(client.get(f"/?page={number}").content.decode()))
    ]
    assert shown == [essay.get_absolute_url() for essay in Essay.objects.order_by("-is_pinned", "-published", "-pk")]


def locations(client: Client, address: str) -> list[str]:
    return [str(place.text) for place in ElementTree.fromstring(client.get(address).content).iter(LOCATION)]


def test_the_sitemap_parts_contain_every_essay_once(client: Client) -> None:
    corpus.essays(1_100)
    about = make.essay("About", kind="page")
    parts = [part.removeprefix("http://127.0.0.1:8000") for part in locations(client, "/sitemap.xml")]
    essays = [part for part in parts if "essays" in part]
    assert essays == ["/sitemap-essays.xml", "/sitemap-essays.xml?p=2", "/sitemap-essays.xml?p=3"]
    found = [place for part in essays for place in locations(client, part)]
    assert len(found) == len(set(found)) == 1_100
    assert locations(client, "/sitemap-pages.xml") == [f"http://127.0.0.1:8000{about.get_absolute_url()}"]
    assert [place for part in parts[4:] for place in locations(client, part)] == [
        "http://127.0.0.1:8000/tag/all/",
        "http://127.0.0.1:8000/series/everything/",
    ]
    assert b"<lastmod>" in client.get("/sitemap.xml").content
    for nonsense in ("/sitemap-essays.xml?p=4", "/sitemap-essays.xml?p=x", "/sitemap-nothing.xml"):
        assert client.get(nonsense).status_code == 404


FEW = {"accounts_user", "blog_series", "blog_tag"}  # here, so that statistics may call for reading them whole


@pytest.mark.once
@pytest.mark.parametrize("has_statistics", [False, True], ids=["without statistics", "with statistics"])
def test_lists_are_read_from_an_index(has_statistics: bool, client: Client) -> None:
    essays = corpus.essays(1_200)
    make.essay("About", kind="page")
    corpus.clear_statistics()
    if has_statistics:
        corpus.gather_statistics()
    old = essays[-1].day
    for form in (
        "/",
        "/archive/",
        f"/{old.year}/",
        "/tag/all/",
        "/author/everybody/",
        "/feed/",
        "{essay}",
        "/sitemap.xml",
    ):
        with plans.queries() as asked:
            assert client.get(form.format(essay=essays[600].get_absolute_url())).status_code == 200
        for query in asked:
            scans = [step for step in query.scans() if step.split()[1] not in FEW and "essay_changed" not in step]
            assert scans == [], f"{form}\n{query.plan()}\n{query.sql}"
            assert "FOR ORDER BY" not in sorts(query), f"{form}\n{query.plan()}\n{query.sql}"


def sorts(query: plans.Query) -> str:
    """Return what SQLite sorts for a query that reads several essays."""
    return query.plan() if '"blog_essay"."published" <= ' in query.sql and "LIMIT" in query.sql else ""
