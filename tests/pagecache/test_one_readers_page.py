"""Pages in an order chosen by a reader, and personal pages: always current, and shown to no one else."""

import pytest

from accounts.models import User
from comments.models import Comment
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.door import Browser, Page
from tests.pagecache.browsing import get_response
from tests.pagecache.world import HOST, CachedSite

pytestmark = pytest.mark.once


# What a reader chose


def test_a_chosen_order_is_remembered_and_uses_cached_pages(world: CachedSite) -> None:
    here = world.essay.get_absolute_url()
    page = Page(world.admin.get(here, headers=HOST))
    links = {"".join(link.itertext()): str(link.get("href")) for link in page.all("nav[@class='tools']//a")}
    newest, usual = (links[name].partition("#")[0] for name in ("Newest", "Oldest"))
    followed = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "navigate"}
    chosen = get_response(world.cache, newest, **followed)
    assert chosen.headers["set-cookie"].startswith("order=newest; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax")
    cookie = "theme=dark; order=newest"
    drawn = world.rendered
    remembered = get_response(world.cache, here, cookie=cookie)
    assert (remembered.body, world.rendered) == (chosen.body, drawn)  # the same cached page
    assert "set-cookie" not in remembered.headers
    assert "set-cookie" not in get_response(world.cache, newest, cookie=cookie, **followed).headers
    assert get_response(world.cache, here).body == world.get(here).body != chosen.body
    assert get_response(world.cache, f"{here}?order=oldest", cookie=cookie).body != chosen.body
    onward = get_response(world.cache, world.root.get_absolute_url(), cookie=cookie)
    assert "order=newest" in onward.headers["location"]
    guest = Browser(headers=HOST)
    guest.say(world.essay, text="Mine, and I am remembered.", remember="on")
    known = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert get_response(world.cache, newest, cookie=known, **followed).headers["set-cookie"].startswith("order=newest")
    for order, is_there in (("newest", True), ("oldest", False)):
        assert (b"Mine, and I am" in get_response(world.cache, here, cookie=f"{known}; order={order}").body) == is_there
    make.comment(world.essay, "Newer than your choice.")
    assert b"Newer than your choice." in get_response(world.cache, here, cookie=cookie).body
    forgotten = get_response(world.cache, usual, cookie=cookie, **followed)
    assert forgotten.headers["set-cookie"].startswith("order=; Max-Age=0; Path=/")
    assert forgotten.body.decode().partition("thread")[2] == world.read(here).partition("thread")[2]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("order=newest", {"sec_fetch_site": "cross-site"}),
        ("order=newest", {}),
        ("order=newest", {"sec_fetch_site": "same-origin", "sec_purpose": "prefetch"}),
        ("order=newest", {"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}),
        ("order=newest&cpage=2", {"sec_fetch_site": "same-origin"}),
        ("order=sideways", {"sec_fetch_site": "same-origin"}),
        ("order=newest%0d%0aSet-Cookie:x", {"sec_fetch_site": "same-origin"}),
    ],
)
def test_a_query_that_is_no_choice_is_not_remembered(world: CachedSite, query: str, headers: dict[str, str]) -> None:
    answer = get_response(world.cache, f"{world.essay.get_absolute_url()}?{query}", **headers)
    assert answer.status == 200
    assert "set-cookie" not in answer.headers


# Personal pages


def test_a_personal_page_is_shown_to_no_one_else(world: CachedSite) -> None:
    guest = Browser(headers=HOST)
    guest.say(world.essay, text="Mine: http://a.example http://b.example", name="Private Person", remember="on")
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    for address in (world.essay.get_absolute_url(), f"{world.essay.get_absolute_url()}?order=newest"):
        personal = get_response(world.cache, address, cookie=cookie)
        assert b"Private Person" in personal.body
        assert personal.headers["cache-control"] == "private, no-store"
        for headers in ({}, {"cookie": "other=1"}):
            assert b"Private Person" not in get_response(world.cache, address, **headers).body
    world.check_pages()


def test_a_visitor_who_commented_without_being_remembered_gets_the_cached_page(world: CachedSite) -> None:
    here, guest = world.essay.get_absolute_url(), Browser(headers=HOST)
    guest.say(world.essay, text="Mine, and I am not remembered.")
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert cookie.startswith("visit=")
    everybodys, drawn = get_response(world.cache, here).body, world.rendered
    assert (get_response(world.cache, here, cookie=cookie).body, world.rendered) == (everybodys, drawn)


def test_a_signed_link_is_not_cached(world: CachedSite) -> None:
    answer = Browser(headers=HOST).post_to(
        world.essay, text="Held: http://a.example http://b.example", name="Linked Person"
    )
    address = answer.answer.headers["Location"]
    there = get_response(world.cache, address).headers["location"].partition("#")[0]
    held = get_response(world.cache, there)
    assert b"Linked Person" in held.body
    assert held.headers["cache-control"] == "private, no-store"
    assert b"Linked Person" not in get_response(world.cache, there.partition("?")[0]).body
    world.check_pages()


def test_a_readers_personal_page_is_always_current(world: CachedSite) -> None:
    browser = Browser(world.reader, headers=HOST)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    comment: Comment = make.comment(world.other_essay, "Now you see it.")
    page = f"{world.other_essay.get_absolute_url()}?order=newest"
    assert b"Now you see it." in get_response(world.cache, page, cookie=cookie).body
    deciding.trash(comment, by=User.objects.get(pk=world.owner.pk))
    assert b"Now you see it." not in get_response(world.cache, page, cookie=cookie).body
