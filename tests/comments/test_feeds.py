"""Comment feeds of the site, an essay and a thread; each entry links its parent."""

from xml.etree import ElementTree

import pytest
from django.conf import settings

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ATOM = "{http://www.w3.org/2005/Atom}"
ANSWERS = "{http://purl.org/syndication/thread/1.0}in-reply-to"


def feed(browser: Browser, address: str) -> ElementTree.Element:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    assert answer.headers["Content-Type"].startswith(("application/rss+xml", "application/atom+xml"))
    return ElementTree.fromstring(answer.content)


def told(browser: Browser, address: str) -> list[tuple[str | None, str | None]]:
    """Each entry's URL and that of its parent, in RSS and in Atom."""
    rss = [(item.findtext("guid"), item.find(ANSWERS)) for item in feed(browser, address).findall("channel/item")]
    atom = [
        (entry.findtext(f"{ATOM}id"), entry.find(ANSWERS))
        for entry in feed(browser, f"{address}atom/").findall(f"{ATOM}entry")
    ]
    found = [[(own, place.get("ref") if place is not None else None) for own, place in kind] for kind in (rss, atom)]
    assert found[0] == found[1]
    return found[0]


def whole(thing: Comment | Essay) -> str:
    return settings.SITE_URL + thing.get_absolute_url()


@pytest.fixture
def thread(essay: Essay) -> list[Comment]:
    root = make.comment(essay, "The first.")
    reply = make.comment(essay, "The second.", to=root)
    make.comment(essay, "It waits.", to=root, status="pending")
    return [root, reply, make.comment(essay, "The third.", to=reply), make.comment(essay, "Elsewhere.")]


def test_each_entry_names_its_parent(essay: Essay, thread: list[Comment], stranger: Browser) -> None:
    root, reply, below, elsewhere = thread
    expected = [
        (whole(elsewhere), whole(essay)), (whole(below), whole(reply)), (whole(reply), whole(root)), (whole(root), whole(essay)),
    ]  # fmt: skip
    assert told(stranger, "/comments/feed/") == expected
    assert told(stranger, f"{essay.get_absolute_url()}feed/") == expected
    assert told(stranger, f"{reply.get_absolute_url()}feed/") == expected[1:3]
    assert [item.findtext("guid") for item in feed(stranger, "/feed/").findall("channel/item")] == [whole(essay)]


def test_a_page_has_its_own_feed(stranger: Browser) -> None:
    about = make.essay("About", kind="page")
    said = make.comment(about)
    assert told(stranger, "/about/feed/") == [(whole(said), whole(about))]


def test_comments_on_withdrawn_essays_are_left_out_and_older_ones_take_their_place(
    essay: Essay, stranger: Browser
) -> None:
    root, *replies = make.create_thread(essay, None, 0, 0)
    for title in ("Withdrawn", "Not yet"):
        withdrawn = make.essay(title)
        make.create_thread(withdrawn, *[None] * 12)
        Essay.objects.filter(pk=withdrawn.pk).update(published=None)
    assert [entry for entry, _ in told(stranger, "/comments/feed/")] == [whole(one) for one in (*replies[::-1], root)]


def test_unpublished_content_has_no_feed(essay: Essay, stranger: Browser) -> None:
    waiting = make.comment(essay, status="pending")
    assert stranger.get(f"{waiting.get_absolute_url()}feed/").status_code == 404
    assert stranger.get("/comments/4711/feed/").status_code == 404
    assert stranger.get("/nothing/feed/").status_code == 404


def test_a_thread_feed_omits_the_name_of_a_removed_comment(essay: Essay, stranger: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    reply = make.comment(essay, "Still here.", to=root)
    Comment.objects.filter(pk=root.pk).update(status="trash")
    answer = stranger.get(f"{root.get_absolute_url()}feed/")
    assert b"Still here." in answer.content
    assert b"Okafor" not in answer.content
    assert told(stranger, f"{root.get_absolute_url()}feed/") == [(whole(reply), whole(root))]


def test_the_essays_page_links_its_feed(essay: Essay, stranger: Browser) -> None:
    page = stranger.read(essay)
    links = [str(link.get("href")) for link in page.all("link[@rel='alternate']")]
    assert f"{essay.get_absolute_url()}feed/" in links
