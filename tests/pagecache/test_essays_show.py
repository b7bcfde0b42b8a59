"""Whatever authors do in the admin, and whatever becomes visible at a set time, shows on cached pages immediately."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay, Redirect, Tag
from moderation.decisions import actions as deciding
from tests import make
from tests.blog.essay_forms import at
from tests.lists import one_in
from tests.pagecache.world import CachedSite, rules, travel_to

pytestmark = pytest.mark.once


# What authors do in the admin


def test_an_essays_new_text_shows(cached_site: CachedSite) -> None:
    make.comment(cached_site.essay)
    cached_site.fill_cache()
    cached_site.change(
        cached_site.essay, title="Whose Word Is It?", deck="On another word", body="<p>In the autumn.</p>"
    )
    cached_site.check_pages()
    for address in ("/", "/archive/", "/feed/", "/author/miriam/", "/tag/promises/", "/comments/feed/"):
        assert "Whose Word Is It?" in cached_site.read(address), address
    assert "In the autumn." in cached_site.read(cached_site.essay)
    cached_site.change(cached_site.essay, excerpt="A quite different excerpt.")
    cached_site.check_pages()
    assert "A quite different excerpt." in cached_site.read("/")


def test_an_essays_new_address_shows(cached_site: CachedSite) -> None:
    old = cached_site.other_essay.get_absolute_url()
    cached_site.change(cached_site.other_essay, slug="a-dinner")
    cached_site.addresses.append(cached_site.other_essay.get_absolute_url())
    cached_site.check_pages()
    assert cached_site.get(old).headers["location"] == cached_site.other_essay.get_absolute_url()
    for address in ("/", "/archive/", "/sitemap-essays.xml", "/feed/"):
        assert "/a-dinner/" in cached_site.read(address), address


def test_an_essays_new_tags_show(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.other_essay, tags="")
    cached_site.check_pages()
    assert str(cached_site.other_essay) not in cached_site.read("/tag/promises/")
    cached_site.change(cached_site.other_essay, tags="Promises")
    cached_site.check_pages()
    assert str(cached_site.other_essay) in cached_site.read("/tag/promises/")


def test_an_essays_new_authors_show(cached_site: CachedSite) -> None:
    joris = make.author("joris", name="Joris Vane")
    cached_site.addresses.append("/author/joris/")
    cached_site.fill_cache()
    cached_site.change(
        cached_site.other_essay,
        **{
            "authorships-TOTAL_FORMS": "2",
            "authorships-1-essay": str(cached_site.other_essay.pk),
            "authorships-1-author": str(joris.pk),
            "authorships-1-position": "1",
        },
    )
    cached_site.check_pages()
    assert "Joris Vane" in cached_site.read("/")
    assert str(cached_site.other_essay) in cached_site.read("/author/joris/")
    cached_site.change(cached_site.other_essay, **{"authorships-1-DELETE": "on"})
    cached_site.check_pages()
    assert "Joris Vane" not in cached_site.read("/")


def test_an_essay_withdrawn_and_published_again_shows(cached_site: CachedSite) -> None:
    published = cached_site.other_essay.published
    cached_site.change(cached_site.other_essay, _unpublish="1")
    cached_site.check_pages()
    assert cached_site.get(cached_site.other_essay.get_absolute_url()).status == 404
    assert str(cached_site.other_essay) not in cached_site.read("/") + cached_site.read(
        "/sitemap-essays.xml"
    ) + cached_site.read("/comments/feed/")
    assert published
    cached_site.publish(cached_site.other_essay, **at(published))
    cached_site.check_pages()
    assert str(cached_site.other_essay) in cached_site.read("/")


def test_a_new_essay_shows(cached_site: CachedSite) -> None:
    now = timezone.now()
    essay = cached_site.add(Essay, kind="essay", title="Fresh", body="<p>New.</p>")
    cached_site.publish(essay, when="at", date=f"{now:%Y-%m-%d}", time="00:00")
    cached_site.addresses.append(essay.get_absolute_url())
    cached_site.check_pages()
    for address in ("/", "/archive/", "/feed/", "/feed/atom/", "/author/owner/"):
        assert "Fresh" in cached_site.read(address), address
    assert essay.get_absolute_url() in cached_site.read("/sitemap-essays.xml")


@pytest.mark.parametrize("delete", ["delete", "delete_in_list"])
def test_a_deleted_essay_disappears(cached_site: CachedSite, delete: str) -> None:
    essay = make.essay(f"Not Long For This World: {delete}", by=cached_site.author)
    make.comment(essay, "Nor is this.")
    cached_site.addresses.append(essay.get_absolute_url())
    cached_site.fill_cache()
    assert "Nor is this." in cached_site.read("/comments/feed/")
    getattr(cached_site, delete)(essay)
    cached_site.check_pages()
    for address in ("/", "/archive/", "/comments/feed/", "/sitemap-essays.xml", "/feed/"):
        assert "Not Long For This World" not in cached_site.read(address), address
    assert "Nor is this." not in cached_site.read("/comments/feed/")
    assert cached_site.get(essay.get_absolute_url()).status == 404


def test_a_page_in_the_menu_shows_everywhere(cached_site: CachedSite) -> None:
    now = timezone.now() - timedelta(days=1)
    page = cached_site.add(Essay, kind="page", title="Colophon", body="<p>Who made it.</p>")
    cached_site.publish(page, when="at", date=f"{now:%Y-%m-%d}", time="00:00")
    cached_site.check_pages()
    assert "Colophon" not in cached_site.read("/")
    cached_site.change(page, is_in_menu="on")
    cached_site.check_pages()
    for address in ("/", "/archive/", cached_site.essay.get_absolute_url(), "/about/"):
        assert "Colophon" in cached_site.read(address), address
    cached_site.delete(page)
    cached_site.check_pages()
    assert "Colophon" not in cached_site.read(cached_site.essay)


def test_a_discussion_closed_and_opened_shows(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.essay, **{"discussion-0-is_open": False})
    cached_site.check_pages()
    assert "Comments are closed." in cached_site.read(cached_site.essay)
    cached_site.change(cached_site.essay, **{"discussion-0-is_open": "on"})
    cached_site.check_pages()
    assert "Leave a Reply" in cached_site.read(cached_site.essay)


@pytest.mark.parametrize(
    ("setting", "value", "text", "is_there"),
    one_in(
        2,
        [
            ("own_close_after_days", "1", "Comments are closed.", True),
            ("own_shown_depth", "2", '<p class="to"', True),
            ("own_threads_a_page", "50", "Newer Comments", False),
            ("own_order", "newest", "The second.", False),
            ("may_be_liked", False, "Be the first to like this.", False),
        ],
    ),
)
def test_an_essays_own_settings_show(
    cached_site: CachedSite, setting: str, value: str | bool, text: str, is_there: bool
) -> None:
    assert (text in cached_site.read(cached_site.essay)) != is_there
    elsewhere = cached_site.read(cached_site.other_essay)
    cached_site.change(cached_site.essay, **{f"discussion-0-{setting}": value})
    cached_site.check_pages()
    assert (text in cached_site.read(cached_site.essay)) == is_there
    assert cached_site.read(cached_site.other_essay) == elsewhere
    cached_site.change(cached_site.essay, **{f"discussion-0-{setting}": "on" if value is False else ""})
    cached_site.check_pages()
    assert (text in cached_site.read(cached_site.essay)) != is_there


def test_an_essays_own_closing_time_counts_for_it_alone(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.essay, **{"discussion-0-own_close_after_days": "3"})
    cached_site.fill_cache()
    assert cached_site.essay.published
    for seconds, is_closed in ((-30, False), (1, True)):
        with travel_to(cached_site.essay.published + timedelta(days=3, seconds=seconds)):
            cached_site.check_pages()
            assert ("Comments are closed." in cached_site.read(cached_site.essay)) == is_closed
            assert "Comments are closed." not in cached_site.read(cached_site.other_essay)
    cached_site.change(cached_site.essay, **{"discussion-0-own_close_after_days": ""})


def test_an_essay_stays_open_where_others_close(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.essay, **{"discussion-0-own_close_after_days": "0"})
    cached_site.change(rules(), close_after_days="1")
    cached_site.check_pages()
    assert "Comments are closed." not in cached_site.read(cached_site.essay)
    assert "Comments are closed." in cached_site.read(cached_site.other_essay)
    cached_site.change(rules(), close_after_days="0")
    cached_site.change(cached_site.essay, **{"discussion-0-own_close_after_days": ""})


def test_the_authors_replies_show(cached_site: CachedSite) -> None:
    comment = make.comment(
        cached_site.essay, "So I meant it.", by=Commenter.objects.for_user(cached_site.author), to=cached_site.reply
    )
    only_by_author = f"{cached_site.essay.get_absolute_url()}?by=author"
    for decide, count in ((None, 1), (deciding.trash, 0), (deciding.restore, 1), (deciding.trash, 0)):
        if decide:
            decide(comment, by=cached_site.owner)
        cached_site.check_pages()
        assert ("1 reply by the author" in cached_site.read(cached_site.essay)) == (count == 1)
        assert cached_site.read(only_by_author).count("So I meant it.") == count


def test_a_changed_tag_shows(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.tag, name="Oaths", slug="oaths", description="On swearing them.")
    cached_site.addresses.append("/tag/oaths/")
    cached_site.check_pages()
    assert cached_site.get("/tag/promises/").status == 301
    assert "Oaths" in cached_site.read(cached_site.essay)
    assert "On swearing them." in cached_site.read("/tag/oaths/")
    cached_site.fill_cache()
    cached_site.change(cached_site.tag, name="Promises", slug="promises", description="On keeping them.")


@pytest.mark.parametrize("delete", ["delete", "delete_in_list"])
def test_a_new_and_a_deleted_tag_show(cached_site: CachedSite, delete: str) -> None:
    tag = cached_site.add(Tag, name=f"Fleeting {delete}", slug=f"fleeting-{delete}")
    cached_site.addresses.append(tag.get_absolute_url())
    cached_site.fill_cache()
    cached_site.change(cached_site.essay, tags=f"Promises, {tag}")
    cached_site.check_pages()
    assert "Fleeting" in cached_site.read(cached_site.essay)
    assert tag.get_absolute_url() in cached_site.read("/sitemap-tags.xml")
    getattr(cached_site, delete)(tag)
    cached_site.check_pages()
    assert "Fleeting" not in cached_site.read(cached_site.essay)
    assert cached_site.get(tag.get_absolute_url()).status == 404


def test_a_redirect_works_immediately(cached_site: CachedSite) -> None:
    cached_site.addresses.append("/once/upon/a/time/")
    assert cached_site.get("/once/upon/a/time/").status == 404
    row = cached_site.add(Redirect, old_path="/once/upon/a/time/", essay=str(cached_site.essay.pk))
    cached_site.check_pages()
    assert cached_site.get("/once/upon/a/time/").status == 301
    cached_site.delete(row)
    cached_site.check_pages()


# What becomes visible at a set time


def test_a_scheduled_essay_shows_at_its_time(cached_site: CachedSite) -> None:
    publication = datetime.now(UTC) + timedelta(minutes=10)
    essay = make.essay("All In Good Time", by=cached_site.author, published=publication)
    essay.tags.add(cached_site.tag)
    cached_site.addresses.append(essay.get_absolute_url())
    cached_site.fill_cache()
    addresses = (
        "/",
        "/archive/",
        "/feed/",
        "/feed/atom/",
        "/tag/promises/",
        "/author/miriam/",
        cached_site.other_essay.get_absolute_url(),
    )
    for seconds, is_there in ((-30, False), (1, True)):
        with travel_to(publication + timedelta(seconds=seconds)):
            cached_site.check_pages()
            for address in addresses:
                assert ("All In Good Time" in cached_site.read(address)) == is_there, address
            assert (essay.get_absolute_url() in cached_site.read("/sitemap-essays.xml")) == is_there
    Essay.objects.filter(pk=essay.pk).update(published=timezone.now() - timedelta(hours=1))


def test_a_scheduled_page_shows_at_its_time(cached_site: CachedSite) -> None:
    publication = datetime.now(UTC) + timedelta(minutes=10)
    page = make.essay("Imprint", by=cached_site.author, kind="page", is_in_menu=True, published=publication)
    cached_site.addresses.append(page.get_absolute_url())
    cached_site.fill_cache()
    addresses = (
        "/",
        "/archive/",
        "/about/",
        cached_site.essay.get_absolute_url(),
        cached_site.other_essay.get_absolute_url(),
    )
    for seconds, is_there in ((-30, False), (1, True)):
        with travel_to(publication + timedelta(seconds=seconds)):
            cached_site.check_pages()
            for address in addresses:
                assert ("Imprint" in cached_site.read(address)) == is_there, address
    cached_site.delete(page)


def test_a_discussion_closes_at_its_time(cached_site: CachedSite) -> None:
    cached_site.change(rules(), close_after_days="3")
    cached_site.fill_cache()
    assert cached_site.essay.published
    closing = cached_site.essay.published + timedelta(days=3)
    for seconds, is_closed in ((-30, False), (1, True)):
        with travel_to(closing + timedelta(seconds=seconds)):
            cached_site.check_pages()
            assert ("Comments are closed." in cached_site.read(cached_site.essay)) == is_closed
    cached_site.change(rules(), close_after_days="0")
