"""Whatever authors do in the admin, and whatever becomes visible at a set time, shows on cached pages immediately."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay, Redirect, Tag
from moderation.decisions import actions as deciding
from tests import make
from tests.lists import one_in
from tests.pagecache.world import CachedSite, at, rules

pytestmark = pytest.mark.once


# What authors do in the admin


def test_an_essays_new_text_shows(world: CachedSite) -> None:
    make.comment(world.essay)
    world.fill_cache()
    world.change(world.essay, title="Whose Word Is It?", deck="On another word", body="<p>In the autumn.</p>")
    world.check_pages()
    for address in ("/", "/archive/", "/feed/", "/author/miriam/", "/tag/promises/", "/comments/feed/"):
        assert "Whose Word Is It?" in world.read(address), address
    assert "In the autumn." in world.read(world.essay)
    world.change(world.essay, excerpt="A quite different excerpt.")
    world.check_pages()
    assert "A quite different excerpt." in world.read("/")


def test_an_essays_new_address_shows(world: CachedSite) -> None:
    old = world.other_essay.get_absolute_url()
    world.change(world.other_essay, slug="a-dinner")
    world.addresses.append(world.other_essay.get_absolute_url())
    world.check_pages()
    assert world.get(old).headers["location"] == world.other_essay.get_absolute_url()
    for address in ("/", "/archive/", "/sitemap-essays.xml", "/feed/"):
        assert "/a-dinner/" in world.read(address), address


def test_an_essays_new_tags_show(world: CachedSite) -> None:
    world.change(world.other_essay, tags=[])
    world.check_pages()
    assert str(world.other_essay) not in world.read("/tag/promises/")
    world.change(world.other_essay, tags=[str(world.tag.pk)])
    world.check_pages()
    assert str(world.other_essay) in world.read("/tag/promises/")


def test_an_essays_new_authors_show(world: CachedSite) -> None:
    joris = make.author("joris", name="Joris Vane")
    world.addresses.append("/author/joris/")
    world.fill_cache()
    world.change(
        world.other_essay,
        **{
            "authorships-TOTAL_FORMS": "2",
            "authorships-1-essay": str(world.other_essay.pk),
            "authorships-1-author": str(joris.pk),
            "authorships-1-position": "1",
        },
    )
    world.check_pages()
    assert "Joris Vane" in world.read("/")
    assert str(world.other_essay) in world.read("/author/joris/")
    world.change(world.other_essay, **{"authorships-1-DELETE": "on"})
    world.check_pages()
    assert "Joris Vane" not in world.read("/")


def test_an_essay_withdrawn_and_published_again_shows(world: CachedSite) -> None:
    published = world.other_essay.published
    world.change(world.other_essay, published_0="", published_1="")
    world.check_pages()
    assert world.get(world.other_essay.get_absolute_url()).status == 404
    assert str(world.other_essay) not in world.read("/") + world.read("/sitemap-essays.xml") + world.read(
        "/comments/feed/"
    )
    assert published
    world.change(world.other_essay, published_0=f"{published:%Y-%m-%d}", published_1=f"{published:%H:%M:%S}")
    world.check_pages()
    assert str(world.other_essay) in world.read("/")


def test_a_new_essay_shows(world: CachedSite) -> None:
    now = timezone.now()
    fresh = world.add(
        Essay, kind="essay", title="Fresh", body="<p>New.</p>", published_0=f"{now:%Y-%m-%d}", published_1="00:00:00"
    )
    world.addresses.append(fresh.get_absolute_url())
    world.check_pages()
    for address in ("/", "/archive/", "/feed/", "/feed/atom/", "/author/owner/"):
        assert "Fresh" in world.read(address), address
    assert fresh.get_absolute_url() in world.read("/sitemap-essays.xml")


@pytest.mark.parametrize("way", ["delete", "delete_in_list"])
def test_a_deleted_essay_disappears(world: CachedSite, way: str) -> None:
    essay = make.essay(f"Not Long For This World: {way}", by=world.author)
    make.comment(essay, "Nor is this.")
    world.addresses.append(essay.get_absolute_url())
    world.fill_cache()
    assert "Nor is this." in world.read("/comments/feed/")
    getattr(world, way)(essay)
    world.check_pages()
    for address in ("/", "/archive/", "/comments/feed/", "/sitemap-essays.xml", "/feed/"):
        assert "Not Long For This World" not in world.read(address), address
    assert "Nor is this." not in world.read("/comments/feed/")
    assert world.get(essay.get_absolute_url()).status == 404


def test_a_page_in_the_menu_shows_everywhere(world: CachedSite) -> None:
    now = timezone.now() - timedelta(days=1)
    when = {"published_0": f"{now:%Y-%m-%d}", "published_1": "00:00:00"}
    page = world.add(Essay, kind="page", title="Colophon", body="<p>Who made it.</p>", **when)
    world.check_pages()
    assert "Colophon" not in world.read("/")
    world.change(page, is_in_menu="on")
    world.check_pages()
    for address in ("/", "/archive/", world.essay.get_absolute_url(), "/about/"):
        assert "Colophon" in world.read(address), address
    world.delete(page)
    world.check_pages()
    assert "Colophon" not in world.read(world.essay)


def test_a_discussion_closed_and_opened_shows(world: CachedSite) -> None:
    world.change(world.essay, **{"discussion-0-is_open": False})
    world.check_pages()
    assert "Comments are closed." in world.read(world.essay)
    world.change(world.essay, **{"discussion-0-is_open": "on"})
    world.check_pages()
    assert "Leave a Reply" in world.read(world.essay)


@pytest.mark.parametrize(
    ("setting", "value", "words", "is_there"),
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
    world: CachedSite, setting: str, value: str | bool, words: str, is_there: bool
) -> None:
    assert (words in world.read(world.essay)) != is_there
    elsewhere = world.read(world.other_essay)
    world.change(world.essay, **{f"discussion-0-{setting}": value})
    world.check_pages()
    assert (words in world.read(world.essay)) == is_there
    assert world.read(world.other_essay) == elsewhere
    world.change(world.essay, **{f"discussion-0-{setting}": "on" if value is False else ""})
    world.check_pages()
    assert (words in world.read(world.essay)) != is_there


def test_an_essays_own_closing_time_counts_for_it_alone(world: CachedSite) -> None:
    world.change(world.essay, **{"discussion-0-own_close_after_days": "3"})
    world.fill_cache()
    assert world.essay.published
    for seconds, is_closed in ((-30, False), (1, True)):
        with at(world.essay.published + timedelta(days=3, seconds=seconds)):
            world.check_pages()
            assert ("Comments are closed." in world.read(world.essay)) == is_closed
            assert "Comments are closed." not in world.read(world.other_essay)
    world.change(world.essay, **{"discussion-0-own_close_after_days": ""})


def test_an_essay_stays_open_where_others_close(world: CachedSite) -> None:
    world.change(world.essay, **{"discussion-0-own_close_after_days": "0"})
    world.change(rules(), close_after_days="1")
    world.check_pages()
    assert "Comments are closed." not in world.read(world.essay)
    assert "Comments are closed." in world.read(world.other_essay)
    world.change(rules(), close_after_days="0")
    world.change(world.essay, **{"discussion-0-own_close_after_days": ""})


def test_the_authors_replies_show(world: CachedSite) -> None:
    said = make.comment(world.essay, "So I meant it.", by=Commenter.objects.for_user(world.author), to=world.reply)
    alone = f"{world.essay.get_absolute_url()}?by=author"
    for decide, count in ((None, 1), (deciding.trash, 0), (deciding.restore, 1), (deciding.trash, 0)):
        if decide:
            decide(said, by=world.owner)
        world.check_pages()
        assert ("1 reply by the author" in world.read(world.essay)) == (count == 1)
        assert world.read(alone).count("So I meant it.") == count


def test_a_changed_tag_shows(world: CachedSite) -> None:
    world.change(world.tag, name="Oaths", slug="oaths", description="On swearing them.")
    world.addresses.append("/tag/oaths/")
    world.check_pages()
    assert world.get("/tag/promises/").status == 301
    assert "Oaths" in world.read(world.essay)
    assert "On swearing them." in world.read("/tag/oaths/")
    world.fill_cache()
    world.change(world.tag, name="Promises", slug="promises", description="On keeping them.")


@pytest.mark.parametrize("way", ["delete", "delete_in_list"])
def test_a_new_and_a_deleted_tag_show(world: CachedSite, way: str) -> None:
    tag = world.add(Tag, name=f"Fleeting {way}", slug=f"fleeting-{way}")
    world.addresses.append(tag.get_absolute_url())
    world.fill_cache()
    world.change(world.essay, tags=[str(world.tag.pk), str(tag.pk)])
    world.check_pages()
    assert "Fleeting" in world.read(world.essay)
    assert tag.get_absolute_url() in world.read("/sitemap-tags.xml")
    getattr(world, way)(tag)
    world.check_pages()
    assert "Fleeting" not in world.read(world.essay)
    assert world.get(tag.get_absolute_url()).status == 404


def test_a_redirect_works_immediately(world: CachedSite) -> None:
    world.addresses.append("/once/upon/a/time/")
    assert world.get("/once/upon/a/time/").status == 404
    row = world.add(Redirect, old="/once/upon/a/time/", essay=str(world.essay.pk))
    world.check_pages()
    assert world.get("/once/upon/a/time/").status == 301
    world.delete(row)
    world.check_pages()


# What becomes visible at a set time


def test_a_scheduled_essay_shows_at_its_time(world: CachedSite) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=10)
    essay = make.essay("All In Good Time", by=world.author, published=moment)
    essay.tags.add(world.tag)
    world.addresses.append(essay.get_absolute_url())
    world.fill_cache()
    places = ("/", "/archive/", "/feed/", "/feed/atom/", "/tag/promises/", "/author/miriam/")
    for seconds, is_there in ((-30, False), (1, True)):
        with at(moment + timedelta(seconds=seconds)):
            world.check_pages()
            for address in places:
                assert ("All In Good Time" in world.read(address)) == is_there, address
            assert (essay.get_absolute_url() in world.read("/sitemap-essays.xml")) == is_there
    Essay.objects.filter(pk=essay.pk).update(published=timezone.now() - timedelta(hours=1))


def test_a_scheduled_page_shows_at_its_time(world: CachedSite) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=10)
    page = make.essay("Imprint", by=world.author, kind="page", is_in_menu=True, published=moment)
    world.addresses.append(page.get_absolute_url())
    world.fill_cache()
    places = ("/", "/archive/", "/about/", world.essay.get_absolute_url(), world.other_essay.get_absolute_url())
    for seconds, is_there in ((-30, False), (1, True)):
        with at(moment + timedelta(seconds=seconds)):
            world.check_pages()
            for address in places:
                assert ("Imprint" in world.read(address)) == is_there, address
    world.delete(page)


def test_a_discussion_closes_at_its_time(world: CachedSite) -> None:
    world.change(rules(), close_after_days="3")
    world.fill_cache()
    assert world.essay.published
    moment = world.essay.published + timedelta(days=3)
    for seconds, is_closed in ((-30, False), (1, True)):
        with at(moment + timedelta(seconds=seconds)):
            world.check_pages()
            assert ("Comments are closed." in world.read(world.essay)) == is_closed
    world.change(rules(), close_after_days="0")
