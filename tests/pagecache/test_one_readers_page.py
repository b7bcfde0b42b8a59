"""A page as one reader chose it, or made for one alone: as new as everybody's, and shown to nobody else."""

import pytest

from accounts.models import User
from comments.models import Comment
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.door import Browser, Page
from tests.pagecache.browsing import ask
from tests.pagecache.world import HOST, World

pytestmark = pytest.mark.once


# What a reader chose


def test_an_order_that_a_reader_chose(world: World) -> None:
    here = world.essay.get_absolute_url()
    page = Page(world.admin.get(here, headers=HOST))
    links = {"".join(link.itertext()): str(link.get("href")) for link in page.all("nav[@class='tools']//a")}
    newest, usual = (links[name].partition("#")[0] for name in ("Newest", "Oldest"))
    followed = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "navigate"}
    chosen = ask(world.cache, newest, **followed)
    assert chosen.headers["set-cookie"].startswith("order=newest; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax")
    cookie = "theme=dark; order=newest"
    drawn = world.drawn
    remembered = ask(world.cache, here, cookie=cookie)
    assert (remembered.body, world.drawn) == (chosen.body, drawn)  # the same kept page
    assert "set-cookie" not in remembered.headers
    assert "set-cookie" not in ask(world.cache, newest, cookie=cookie, **followed).headers
    assert ask(world.cache, here).body == world.answer(here).body != chosen.body
    assert ask(world.cache, f"{here}?order=oldest", cookie=cookie).body != chosen.body
    onward = ask(world.cache, world.root.get_absolute_url(), cookie=cookie)
    assert "order=newest" in onward.headers["location"]
    guest = Browser(headers=HOST)
    guest.say(world.essay, text="Mine, and I am remembered.", remember="on")
    known = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert ask(world.cache, newest, cookie=known, **followed).headers["set-cookie"].startswith("order=newest")
    for order, is_there in (("newest", True), ("oldest", False)):
        assert (b"Mine, and I am" in ask(world.cache, here, cookie=f"{known}; order={order}").body) == is_there
    make.comment(world.essay, "Newer than your choice.")
    assert b"Newer than your choice." in ask(world.cache, here, cookie=cookie).body
    forgotten = ask(world.cache, usual, cookie=cookie, **followed)
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
def test_what_is_no_choice_is_not_remembered(world: World, query: str, headers: dict[str, str]) -> None:
    answer = ask(world.cache, f"{world.essay.get_absolute_url()}?{query}", **headers)
    assert answer.status == 200
    assert "set-cookie" not in answer.headers


# Whose page it is


def test_a_page_made_for_one_is_shown_to_nobody_else(world: World) -> None:
    guest = Browser(headers=HOST)
    guest.say(world.essay, text="Mine: http://a.example http://b.example", name="Private Person", remember="on")
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    for address in (world.essay.get_absolute_url(), f"{world.essay.get_absolute_url()}?order=newest"):
        personal = ask(world.cache, address, cookie=cookie)
        assert b"Private Person" in personal.body
        assert personal.headers["cache-control"] == "private, no-store"
        for headers in ({}, {"cookie": "other=1"}):
            assert b"Private Person" not in ask(world.cache, address, **headers).body
    world.agree()


def test_who_commented_in_this_visit_is_shown_the_page_that_everybody_is_shown(world: World) -> None:
    here, guest = world.essay.get_absolute_url(), Browser(headers=HOST)
    guest.say(world.essay, text="Mine, and I am not remembered.")
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert cookie.startswith("visit=")
    everybodys, drawn = ask(world.cache, here).body, world.drawn
    assert (ask(world.cache, here, cookie=cookie).body, world.drawn) == (everybodys, drawn)


def test_a_signed_link_is_kept_for_nobody(world: World) -> None:
    answer = Browser(headers=HOST).post_to(
        world.essay, text="Held: http://a.example http://b.example", name="Linked Person"
    )
    address = answer.answer.headers["Location"]
    there = ask(world.cache, address).headers["location"].partition("#")[0]
    held = ask(world.cache, there)
    assert b"Linked Person" in held.body
    assert held.headers["cache-control"] == "private, no-store"
    assert b"Linked Person" not in ask(world.cache, there.partition("?")[0]).body
    world.agree()


def test_a_readers_own_page_is_as_new_as_anybodys(world: World) -> None:
    browser = Browser(world.reader, headers=HOST)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    comment: Comment = make.comment(world.other, "Now you see it.")
    page = f"{world.other.get_absolute_url()}?order=newest"
    assert b"Now you see it." in ask(world.cache, page, cookie=cookie).body
    deciding.trash(comment, by=User.objects.get(pk=world.owner.pk))
    assert b"Now you see it." not in ask(world.cache, page, cookie=cookie).body
