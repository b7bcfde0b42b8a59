"""Feeds with whole essays, notes linked both ways, and full URLs."""

import json
import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from blog import markup
from blog.models import Essay
from tests import make
from tests.blog.essay_forms import long_essay

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SITE = "http://127.0.0.1:8000"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def essay() -> Essay:
    more = '<p><img src="/media/hill.png" alt="Hill"> <a href="/about/">us</a> <a href="old/">old</a></p>'
    return make.essay("Long & whole", body=markup.clean_essay(more + long_essay()))


def contents(client: Client) -> list[str]:
    rss = ElementTree.fromstring(client.get("/feed/").content).findtext(f"channel/item/{CONTENT}") or ""
    atom = ElementTree.fromstring(client.get("/feed/atom/").content).findtext(f"{ATOM}entry/{ATOM}content") or ""
    return [rss, atom, json.loads(client.get("/feed.json").content)["items"][0]["content_html"]]


def test_notes_are_complete_and_linked_both_ways_in_every_feed(client: Client, essay: Essay) -> None:
    for content in contents(client):
        for note in range(1, 63):
            assert (
                content.count(f'id="{essay.id_prefix}note-{note}"')
                == content.count(f'href="#{essay.id_prefix}note-{note}"')
                == 1
            )
            assert (
                content.count(f'id="{essay.id_prefix}ref-{note}"')
                == content.count(f'href="#{essay.id_prefix}ref-{note}"')
                == 1
            )
        assert markup.count_words(content) >= 13_600
        assert "<p id=" not in content


def test_addresses_in_feeds_are_full_urls(client: Client, essay: Essay) -> None:
    for content in contents(client):
        site = next(iter(re.findall(r'src="(.*?)/media/hill.png"', content)))
        assert site.startswith("http://")
        assert f'href="{site}/about/"' in content
        assert f'href="{site}{essay.get_absolute_url()}old/"' in content
        assert not re.search(r' (?:src|href)="/', content)
    drawn = '<picture><source srcset="/media/a.webp 480w, /media/b.webp 960w"><img src="/media/a.png"></picture><a href="#gone">x</a>'
    assert markup.absolutize(drawn, SITE, f"{SITE}/a/") == (
        f'<picture><source srcset="{SITE}/media/a.webp 480w, {SITE}/media/b.webp 960w"><img src="{SITE}/media/a.png">'
        f'</picture><a href="{SITE}/a/#gone">x</a>'
    )


def test_the_json_feed_is_valid_and_linked_from_pages(client: Client, essay: Essay) -> None:
    answer = client.get("/feed.json")
    feed = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"].endswith("/feed.json")
    item = feed["items"][0]
    assert item["id"] == item["url"] == feed["home_page_url"].rstrip("/") + essay.get_absolute_url()
    assert item["title"] == "Long & whole"
    assert item["date_published"][10] == "T"
    page = client.get(essay.get_absolute_url()).content.decode()
    for kind, address in (("rss+xml", "/feed/"), ("atom+xml", "/feed/atom/"), ("feed+json", "/feed.json")):
        assert re.search(rf'<link rel="alternate" type="application/{re.escape(kind)}"[^>]* href="{address}">', page)
