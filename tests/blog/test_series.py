"""Essays in a series, in several languages, or first published elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Essay, Series
from tests import make
from tests.blog.writing.test_admin import client_of
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def series() -> Series:
    return Series.objects.create(title="Debts without Creditors", slug="debts", description="On what is owed.")


def parts(series: Series, *titles: str, **fields: Any) -> list[Essay]:
    now = timezone.now()
    days = range(len(titles), 0, -1)
    return [
        make.essay(title, series=series, published=now - timedelta(days=day), **fields)
        for day, title in zip(days, titles, strict=True)
    ]


def kicker(page: Page) -> str:
    return " ".join("".join(page.only("header/p[@class='caps kicker']").itertext()).split())


def test_an_essay_shows_its_number_in_the_series_and_links_onward(series: Series, client: Client) -> None:
    first, second, third = parts(series, "One", "Two", "Three")
    page = Page(client.get(second.get_absolute_url()))
    assert kicker(page) == "Debts without Creditors, second of three"
    around = {link.get("rel"): link.get("href") for link in page.all("nav/div/p/a")}
    assert around == {"prev": first.get_absolute_url(), "next": third.get_absolute_url()}
    assert "Next in this series" in page.text


def test_the_order_is_the_authors_and_then_by_time(series: Series, client: Client) -> None:
    parts(series, "B", "C")
    make.essay("A", series=series, series_position=1)
    page = Page(client.get("/series/debts/"))
    assert [heading.findtext("a") for heading in page.all("h2")] == ["A", "B", "C"]
    assert "On what is owed." in page.text
    assert "Series" in page.text


def test_series_are_listed_once_they_have_published_essays(series: Series, client: Client) -> None:
    other = Series.objects.create(title="Small Courtesies", slug="courtesies")
    Series.objects.create(title="Never Begun", slug="never")
    assert client.get("/series/").status_code == 404
    parts(series, "One", "Two")
    make.essay("Held Doors", series=other, published=timezone.now() + timedelta(days=1))
    assert "/series/" not in client.get("/archive/").content.decode()
    assert [link.get("href") for link in Page(client.get("/series/")).only("main").iterfind(".//h2/a")] == [
        "/series/debts/"
    ]
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        page = Page(client.get("/series/"))
        assert [heading.findtext("a") for heading in page.all("h2")] == ["Small Courtesies", "Debts without Creditors"]
        assert "2 essays" in page.text
        for address in ("/archive/", "/series/debts/"):
            assert 'href="/series/"' in client.get(address).content.decode()
        with CaptureQueriesContext(connection) as asked:
            client.get("/series/")
        assert len(asked) <= 4


def test_its_form_lists_its_essays_without_other_authors_drafts(series: Series) -> None:
    author = make.author()
    parts(series, "Read by All")
    make.essay("My Draft", by=author, series=series, published=None)
    make.essay("Not Yet Yours to See", by=make.author(), series=series, published=None)
    address = f"/admin/blog/series/{series.pk}/change/"
    shown = client_of(author).get(address).content.decode()
    assert "Read by All</a>" in shown
    assert "My Draft</a>" in shown
    assert "Not Yet Yours" not in shown
    assert "Not Yet Yours" in client_of(make.editor()).get(address).content.decode()


def test_scheduled_essays_are_not_counted(series: Series, client: Client) -> None:
    (one,) = parts(series, "One")
    make.essay("Two", series=series, published=timezone.now() + timedelta(days=1))
    page = Page(client.get(one.get_absolute_url()))
    assert kicker(page) == "Debts without Creditors, first of one"
    assert "in this series" not in page.text


def test_large_numbers_are_written_in_figures(series: Series, client: Client) -> None:
    essays = parts(series, *[f"Part {number}" for number in range(1, 14)])
    assert kicker(Page(client.get(essays[1].get_absolute_url()))) == "Debts without Creditors, 2 of 13"


def test_a_renamed_series_redirects_from_its_old_address(series: Series, client: Client) -> None:
    parts(series, "One")
    desk = client_of(make.author())
    sent = {"title": series.title, "slug": "owed", "description": ""}
    assert desk.post(f"/admin/blog/series/{series.pk}/change/", sent).status_code == 302
    answer = client.get("/series/debts/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/series/owed/")
    assert client.get("/series/none/").status_code == 404


def test_translations_link_to_each_other(client: Client) -> None:
    english = make.essay("A Promise")
    german = make.essay("Ein Versprechen", language="de", translation_of=english)
    hebrew = make.essay("הבטחה", language="he", translation_of=english)
    make.essay("Un serment", language="fr", translation_of=english, published=None)
    expected = {
        "en": english.get_absolute_url(),
        "de": german.get_absolute_url(),
        "he": hebrew.get_absolute_url(),
    }
    for essay in (english, german, hebrew):
        page = Page(client.get(essay.get_absolute_url()))
        found = {str(link.get("hreflang")): str(link.get("href")) for link in page.all("link") if link.get("hreflang")}
        assert found == {code: f"http://127.0.0.1:8000{address}" for code, address in expected.items()}
        seen = [link.get("hreflang") for link in page.only("p[@class='byline']").findall("a") if link.get("hreflang")]
        assert seen == [code for code, address in expected.items() if address != essay.get_absolute_url()]
    article = Page(client.get(hebrew.get_absolute_url())).only("article")
    assert (article.get("lang"), article.get("dir")) == ("he", "rtl")
    assert Page(client.get(english.get_absolute_url())).only("article").get("lang") is None


def test_an_essay_first_published_elsewhere_links_there(client: Client) -> None:
    essay = make.essay(canonical="https://review.example/2026/promise")
    page = Page(client.get(essay.get_absolute_url()))
    assert [link.get("href") for link in page.all("link") if link.get("rel") == "canonical"] == [essay.canonical]


def test_an_essay_with_all_of_this_needs_few_queries(
    series: Series, client: Client, django_assert_max_num_queries: Any
) -> None:
    essay = parts(series, "One", "Two", language="de")[0]
    make.essay("Eins", translation_of=essay, by=make.author())
    make.comment(essay)
    client.get(essay.get_absolute_url())
    with django_assert_max_num_queries(12):
        client.get(essay.get_absolute_url())
