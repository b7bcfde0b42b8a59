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


def test_an_authors_new_name_shows(cached_site: CachedSite) -> None:
    make.comment(cached_site.essay, "I wrote this.", by=Commenter.objects.for_user(cached_site.author))
    cached_site.fill_cache()
    cached_site.change(cached_site.author, name="Miriam A. Berg")
    cached_site.check_pages()
    for address in ("/", "/author/miriam/", cached_site.essay.get_absolute_url(), "/feed/", "/comments/feed/"):
        assert "Miriam A. Berg" in cached_site.read(address), address
        assert "Achterberg" not in cached_site.read(address), address


def test_an_authors_new_username_shows(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.author, username="miri")
    cached_site.addresses.append("/author/miri/")
    cached_site.check_pages()
    assert "/author/miri/" in cached_site.read("/")
    assert cached_site.get("/author/miriam/").status == 404
    cached_site.change(cached_site.author, username="miriam")


def test_a_readers_new_name_shows(cached_site: CachedSite) -> None:
    cached_site.change(cached_site.reader, name="Rosa C.")
    cached_site.check_pages()
    assert "Rosa C." in cached_site.read(cached_site.essay)
    assert "Castellanos" not in cached_site.read(
        f"{cached_site.essay.get_absolute_url()}?replyto={cached_site.root.pk}"
    )


def test_a_guests_new_name_and_website_show(cached_site: CachedSite) -> None:
    comment = make.comment(cached_site.other_essay, by=make.guest("Anna Karg"))
    cached_site.fill_cache()
    cached_site.change(comment.commenter, name="Anna Kargova", website="https://karg.example/")
    cached_site.check_pages()
    assert "Anna Kargova" in cached_site.read("/comments/feed/")
    assert "https://karg.example/" in cached_site.read(f"{cached_site.other_essay.get_absolute_url()}?order=newest")


@pytest.mark.parametrize("delete", ["delete", "delete_in_list"])
def test_a_deleted_author_disappears(cached_site: CachedSite, delete: str) -> None:
    author = make.author(f"brief-{delete}", name="Brief Visit")
    essay = make.essay(by=author)
    make.comment(essay, by=Commenter.objects.for_user(author))
    cached_site.addresses += [f"/author/brief-{delete}/", essay.get_absolute_url()]
    cached_site.fill_cache()
    assert "by-author" in cached_site.read(essay)
    getattr(cached_site, delete)(author)
    cached_site.check_pages()
    assert "by-author" not in cached_site.read(essay)
    assert cached_site.get(f"/author/brief-{delete}/").status == 404


# The site


@pytest.mark.parametrize(
    ("field", "value", "address", "text"),
    [
        ("name", "Retort", "/archive/", "Retort"),
        ("tagline", "What was said", "/", "What was said"),
        ("language", "de", "/about/", 'lang="de"'),
        ("essays_per_page", "1", "/", "Older Essays"),
    ],
)
def test_a_changed_site_setting_shows(
    cached_site: CachedSite, settings: Any, field: str, value: str, address: str, text: str
) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    before = getattr(site(), field)
    assert text not in cached_site.read(address)
    cached_site.change(site(), **{field: value})
    cached_site.check_pages()
    assert text in cached_site.read(address)
    cached_site.change(site(), **{field: before})


def test_the_sites_new_time_zone_shows(cached_site: CachedSite) -> None:
    before = cached_site.read(cached_site.essay)
    cached_site.change(site(), time_zone="Pacific/Kiritimati")
    cached_site.check_pages()
    assert cached_site.read(cached_site.essay) != before
    cached_site.change(site(), time_zone="UTC")
    assert cached_site.read(cached_site.essay) == before


@pytest.mark.parametrize(
    ("field", "value", "text", "is_there"),
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
def test_a_changed_discussion_rule_shows(
    cached_site: CachedSite, field: str, value: Any, text: str, is_there: bool
) -> None:
    before = getattr(rules(), field)
    assert (text in cached_site.read(cached_site.essay)) != is_there
    cached_site.change(rules(), **{field: value})
    cached_site.check_pages()
    assert (text in cached_site.read(cached_site.essay)) == is_there
    cached_site.change(rules(), **{field: before})


def test_rules_changed_by_command_show(cached_site: CachedSite) -> None:
    for setting in ("hold_everything=true", "hold_everything=false"):
        call_command("rules", setting, stdout=StringIO())
        cached_site.check_pages()
    assert "A moderator reads every comment" not in cached_site.read(cached_site.essay)
