"""Readers' pages: essays, pages, lists, feeds and redirects; nothing appears before its time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from blog import actions
from blog.models import Essay, Redirect, Tag
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "127.0.0.1"})


def words(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_an_essay_is_shown_under_its_date(client: Client) -> None:
    author = make.author("miriam", name="Miriam Achterberg")
    essay = make.essay(
        "Whose Promise Is It?", by=author, deck="On keeping a word", published=datetime(2026, 11, 24, 9, tzinfo=UTC) - timedelta(days=400)
    )  # fmt: skip
    assert essay.get_absolute_url() == "/2025/10/20/whose-promise-is-it/"
    page = words(client, essay.get_absolute_url())
    for part in ("<h1>Whose Promise Is It?</h1>", "On keeping a word", "Miriam Achterberg", "What I think."):
        assert part in page
    assert words(client, "/2025/10/21/whose-promise-is-it/", 404)


def test_the_date_in_the_address_never_changes_after_the_first_publication() -> None:
    make.site(time_zone="Pacific/Auckland")
    essay = make.essay("Slow", published=datetime(2026, 1, 31, 23, tzinfo=UTC))
    address = essay.get_absolute_url()
    essay.published = datetime(2026, 3, 1, tzinfo=UTC)
    assert actions.save(essay).get_absolute_url() == address


@pytest.mark.parametrize("published", [None, timezone.now() + timedelta(hours=1)])
def test_drafts_and_scheduled_essays_are_hidden_everywhere(client: Client, published: datetime | None) -> None:
    author = make.author("miriam", name="Miriam")
    essay = make.essay("Hidden Thought", by=author, published=published)
    essay.tags.add(Tag.objects.ensure("Secrets"))
    assert words(client, essay.get_absolute_url(), 404)
    assert words(client, f"/?p={essay.pk}", 404)
    for address in ("/", "/archive/", "/feed/", "/feed/atom/", "/sitemap.xml", "/tag/secrets/"):
        assert "Hidden Thought" not in words(client, address)
    assert words(client, "/author/miriam/", 404)


def test_a_scheduled_essay_appears_everywhere_at_its_time(client: Client) -> None:
    moment = timezone.now() + timedelta(hours=1)
    make.essay("In Time", published=moment)
    for seconds, is_there in ((-1, False), (0, True)):
        with time_machine.travel(moment + timedelta(seconds=seconds), tick=False):
            for address in ("/", "/archive/", "/feed/", "/feed/atom/"):
                assert ("In Time" in words(client, address)) is is_there


def test_notes_are_linked_both_ways(client: Client) -> None:
    body = (
        '<p>Said<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>.</p><section role="doc-endnotes">'
        '<ol><li id="note-1"><p>Where it is from.</p></li></ol></section>'
    )
    essay = make.essay(body=body)
    page = words(client, essay.get_absolute_url())
    ids = set(re.findall(r' id="([^"]+)"', page))
    targets = re.findall(r'href="#([^"]*(?:note|ref)[^"]*)"', page)
    assert len(targets) == 2
    assert set(targets) <= ids
    assert "doc-backlink" in page


def test_saved_html_is_clean(client: Client) -> None:
    essay = make.essay(body='<p onclick="x()">Hi<script>alert(1)</script></p><h1>Big</h1><p style="color:red">y</p>')
    assert "script" not in essay.body
    assert "onclick" not in essay.body
    assert "style" not in essay.body
    assert "<h2>Big</h2>" in essay.body


def test_the_newest_essays_come_first_and_are_paged(client: Client) -> None:
    make.site(essays_per_page=2)
    now = timezone.now()
    for days in range(5):
        make.essay(f"Day {days}", published=now - timedelta(days=days + 1))
    titles = [re.findall(r"Day \d", words(client, f"/?page={page}")) for page in (1, 2, 3)]
    assert titles == [["Day 0", "Day 1"], ["Day 2", "Day 3"], ["Day 4"]]
    for nonsense in ("0", "4", "-1", "1e9", "abc", "99999999999999999999", "%00", "٣"):
        assert words(client, f"/?page={nonsense}", 404)


def test_archives_by_year_month_and_day(client: Client) -> None:
    make.essay("Old", published=datetime(2024, 2, 29, 12, tzinfo=UTC))
    make.essay("New", published=datetime(2026, 1, 5, 12, tzinfo=UTC))
    for address in ("/2024/", "/2024/02/", "/2024/02/29/"):
        page = words(client, address)
        assert "Old" in page
        assert "New" not in page
    for address in ("/2023/", "/2024/03/", "/2024/02/28/", "/2024/02/30/", "/2024/13/", "/0000/"):
        assert words(client, address, 404)
    assert {"Old", "New"} <= set(re.findall(r"Old|New", words(client, "/archive/")))


def test_tags_and_authors_have_pages_and_feeds(client: Client) -> None:
    author = make.author("miriam", name="Miriam Achterberg")
    essay = make.essay("Tagged", by=author)
    essay.tags.add(Tag.objects.ensure("Old Promises"))
    make.essay("Other")
    for address in ("/tag/old-promises/", "/author/miriam/", "/tag/old-promises/feed/", "/author/miriam/feed/"):
        page = words(client, address)
        assert "Tagged" in page
        assert "Other" not in page
    answer = client.get("/category/old-promises/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/tag/old-promises/")


@pytest.mark.parametrize("address", ["/feed/", "/feed/atom/", "/comments/feed/", "/sitemap.xml"])
def test_feeds_are_well_formed_and_use_the_sites_address(client: Client, address: str) -> None:
    essay = make.essay("Quotes & <Angles>", body="<p>One &amp; two</p>")
    make.comment(essay, "A & b <i>c</i>")
    answer = client.get(address, headers={"host": "localhost"})
    ElementTree.fromstring(answer.content)
    assert b"://127.0.0.1" in answer.content
    assert b"localhost" not in answer.content


def test_a_feed_contains_the_whole_text(client: Client) -> None:
    make.essay("Whole", body="<p>" + "word " * 300 + "end.</p>")
    item = ElementTree.fromstring(client.get("/feed/").content).find("channel/item")
    assert item is not None
    content = item.find("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert content is not None
    assert (content.text or "").rstrip().endswith("end.</p>")


def test_a_page_has_no_date_and_is_in_no_list(client: Client) -> None:
    page = make.essay("About", kind=Essay.Kind.PAGE)
    assert page.get_absolute_url() == "/about/"
    assert "What I think." in words(client, "/about/")
    assert "About" not in words(client, "/feed/")


def test_a_page_cannot_use_an_address_of_the_site() -> None:
    assert make.essay("Admin", kind=Essay.Kind.PAGE).get_absolute_url() == "/admin-page/"
    assert make.essay("2026", kind=Essay.Kind.PAGE).get_absolute_url() == "/2026-page/"


def test_essays_with_the_same_title_have_different_slugs() -> None:
    slugs = [make.essay("Same").slug for _ in range(3)]
    assert slugs == ["same", "same-2", "same-3"]


def test_old_addresses_redirect_after_several_moves(client: Client) -> None:
    essay = make.essay("First")
    addresses = [essay.get_absolute_url()]
    for slug in ("second", "third"):
        essay.slug = slug
        addresses.append(actions.save(essay).get_absolute_url())
    for old in addresses[:-1]:
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, addresses[-1])
    essay.slug = "first"
    actions.save(essay)
    assert words(client, addresses[0])  # back again, and no loop
    assert client.get(addresses[2]).headers["Location"] == addresses[0]


def test_moving_a_draft_creates_no_redirect() -> None:
    essay = make.essay("Draft", published=None)
    essay.slug = "renamed"
    actions.save(essay)
    assert not Redirect.objects.exists()


def test_a_wordpress_number_redirects_to_its_essay(client: Client) -> None:
    essay = make.essay("Numbered")
    assert client.get(f"/?p={essay.pk}").headers["Location"] == essay.get_absolute_url()
    actions.add_redirect("/?p=4711", essay=essay)
    assert client.get("/?p=4711").status_code == 301
    for nonsense in ("0", "-1", "abc", "1e9", "99999999999999999999", "%00", ""):
        assert words(client, f"/?p={nonsense}", 404)


def test_counts_in_lists_take_one_query(client: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for count in range(5):
        essay = make.essay(f"Essay of {count}")
        for _ in range(count):
            make.comment(essay)
    client.get("/")
    with django_assert_max_num_queries(8):
        page = words(client, "/")
    assert [page.count(f"{n} comment") for n in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_the_masthead_and_dates_are_in_the_sites_language(client: Client, settings: Any) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    make.site(language="de", time_zone="Asia/Tokyo")
    essay = make.essay("Spät", published=datetime(2026, 3, 1, 20, tzinfo=UTC))
    assert essay.get_absolute_url().startswith("/2026/03/02/")  # by the site's calendar, wherever it is saved
    page = words(client, essay.get_absolute_url())
    assert '<html lang="de"' in page
    assert "2. März 2026" in page


@pytest.mark.parametrize("address", ["/", "/archive/", "/2025/10/20/a-promise/"])
def test_the_header_of_a_page_names_the_style_sheet_that_it_loads(client: Client, address: str) -> None:
    make.essay("A Promise", published=datetime(2025, 10, 20, tzinfo=UTC))
    answer = client.get(address)
    sheet, how, kind = answer.headers["Link"].split("; ")
    assert (how, kind) == ("rel=preload", "as=style")
    assert f'<link rel="stylesheet" href="{sheet[1:-1]}">' in answer.content.decode()
    assert "Link" not in client.get("/feed/").headers


def test_favicon_ico_redirects_to_the_icon(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/static/mark")
