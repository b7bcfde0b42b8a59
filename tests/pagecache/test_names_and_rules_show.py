"""Changes to people, the site and its rules show on cached pages immediately."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Commenter
from tests import make
from tests.lists import one_in
from tests.pagecache.world import CachedSite, rules, site

pytestmark = pytest.mark.once


# People


def test_an_authors_new_name_shows(world: CachedSite) -> None:
    make.comment(world.essay, "I wrote this.", by=Commenter.objects.for_user(world.author))
    world.fill_cache()
    world.change(world.author, name="Miriam A. Berg")
    world.check_pages()
    for address in ("/", "/author/miriam/", world.essay.get_absolute_url(), "/feed/", "/comments/feed/"):
        assert "Miriam A. Berg" in world.read(address), address
        assert "Achterberg" not in world.read(address), address


def test_an_authors_new_username_shows(world: CachedSite) -> None:
    world.change(world.author, username="miri")
    world.addresses.append("/author/miri/")
    world.check_pages()
    assert "/author/miri/" in world.read("/")
    assert world.get("/author/miriam/").status == 404
    world.change(world.author, username="miriam")


def test_a_readers_new_name_shows(world: CachedSite) -> None:
    world.change(world.reader, name="Rosa C.")
    world.check_pages()
    assert "Rosa C." in world.read(world.essay)
    assert "Castellanos" not in world.read(f"{world.essay.get_absolute_url()}?replyto={world.root.pk}")


def test_a_guests_new_name_and_website_show(world: CachedSite) -> None:
    comment = make.comment(world.other_essay, by=make.guest("Anna Karg"))
    world.fill_cache()
    world.change(comment.commenter, name="Anna Kargova", website="https://karg.example/")
    world.check_pages()
    assert "Anna Kargova" in world.read("/comments/feed/")
    assert "https://karg.example/" in world.read(f"{world.other_essay.get_absolute_url()}?order=newest")


@pytest.mark.parametrize("way", ["delete", "delete_in_list"])
def test_a_deleted_author_disappears(world: CachedSite, way: str) -> None:
    somebody = make.author(f"brief-{way}", name="Brief Visit")
    essay = make.essay(by=somebody)
    make.comment(essay, by=Commenter.objects.for_user(somebody))
    world.addresses += [f"/author/brief-{way}/", essay.get_absolute_url()]
    world.fill_cache()
    assert "by-author" in world.read(essay)
    getattr(world, way)(somebody)
    world.check_pages()
    assert "by-author" not in world.read(essay)
    assert world.get(f"/author/brief-{way}/").status == 404


# The site


@pytest.mark.parametrize(
    ("field", "value", "address", "words"),
    [
        ("name", "Retort", "/archive/", "Retort"),
        ("tagline", "What was said", "/", "What was said"),
        ("language", "de", "/about/", 'lang="de"'),
        ("essays_per_page", "1", "/", "Older Essays"),
    ],
)
def test_a_changed_site_setting_shows(
    world: CachedSite, settings: Any, field: str, value: str, address: str, words: str
) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    before = getattr(site(), field)
    assert words not in world.read(address)
    world.change(site(), **{field: value})
    world.check_pages()
    assert words in world.read(address)
    world.change(site(), **{field: before})


def test_the_sites_new_time_zone_shows(world: CachedSite) -> None:
    before = world.read(world.essay)
    world.change(site(), time_zone="Pacific/Kiritimati")
    world.check_pages()
    assert world.read(world.essay) != before
    world.change(site(), time_zone="UTC")
    assert world.read(world.essay) == before


@pytest.mark.parametrize(
    ("field", "value", "words", "is_there"),
    one_in(
        2,
        [
            ("who_may_comment", "login", "Log in to leave a reply:", True),
            ("who_may_comment", "name", "optional, never made public", True),
            ("hold_everything", True, "A moderator reads every comment", True),
            ("hold_first_comment", True, "A moderator will read your first comment", True),
            ("close_after_days", 1, "Comments are closed.", True),
            ("shown_depth", 2, '<p class="to"', True),
            ("threads_a_page", 50, "Newer Comments", False),
            ("order", "newest", "The second.", False),
            ("likes", False, "Be the first to like this.", False),
        ],
    ),
)
def test_a_changed_discussion_rule_shows(world: CachedSite, field: str, value: Any, words: str, is_there: bool) -> None:
    before = getattr(rules(), field)
    assert (words in world.read(world.essay)) != is_there
    world.change(rules(), **{field: value})
    world.check_pages()
    assert (words in world.read(world.essay)) == is_there
    world.change(rules(), **{field: before})


def test_rules_changed_by_command_show(world: CachedSite) -> None:
    for setting in ("hold_everything=true", "hold_everything=false"):
        call_command("rules", setting, stdout=StringIO())
        world.check_pages()
    assert "A moderator reads every comment" not in world.read(world.essay)
