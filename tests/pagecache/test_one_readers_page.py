"""Pages in an order chosen by a reader, and personal pages: always current, and shown to no one else."""

import pytest

from accounts.models import User
from comments.models import Comment
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, Page
from tests.pagecache.browsing import get_response
from tests.pagecache.world import HOST, CachedSite

pytestmark = pytest.mark.once


# What a reader chose


def test_a_chosen_order_is_remembered_and_uses_cached_pages(cached_site: CachedSite) -> None:
    path = cached_site.essay.get_absolute_url()
    page = Page(cached_site.admin.get(path, headers=HOST))
    links = {"".join(link.itertext()): str(link.get("href")) for link in page.all("nav[@class='tools']//a")}
    newest, oldest = (links[name].partition("#")[0] for name in ("Newest", "Oldest"))
    navigation = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "navigate"}
    newest_page = get_response(cached_site.cache, newest, **navigation)
    assert newest_page.headers["set-cookie"].startswith(
        "order=newest; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"
    )
    cookie = "theme=dark; order=newest"
    rendered = cached_site.rendered
    remembered = get_response(cached_site.cache, path, cookie=cookie)
    assert (remembered.body, cached_site.rendered) == (newest_page.body, rendered)  # the same cached page
    assert "set-cookie" not in remembered.headers
    assert "set-cookie" not in get_response(cached_site.cache, newest, cookie=cookie, **navigation).headers
    assert get_response(cached_site.cache, path).body == cached_site.get(path).body != newest_page.body
    assert get_response(cached_site.cache, f"{path}?order=oldest", cookie=cookie).body != newest_page.body
    redirect = get_response(cached_site.cache, cached_site.root.get_absolute_url(), cookie=cookie)
    assert "order=newest" in redirect.headers["location"]
    guest = Browser(headers=HOST)
    guest.post_comment(cached_site.essay, text="Mine, and I am remembered.", remember="on")
    guest_cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert (
        get_response(cached_site.cache, newest, cookie=guest_cookie, **navigation)
        .headers["set-cookie"]
        .startswith("order=newest")
    )
    for order, is_there in (("newest", True), ("oldest", False)):
        assert (
            b"Mine, and I am" in get_response(cached_site.cache, path, cookie=f"{guest_cookie}; order={order}").body
        ) == is_there
    make.comment(cached_site.essay, "Newer than your choice.")
    assert b"Newer than your choice." in get_response(cached_site.cache, path, cookie=cookie).body
    oldest_page = get_response(cached_site.cache, oldest, cookie=cookie, **navigation)
    assert oldest_page.headers["set-cookie"].startswith("order=; Max-Age=0; Path=/")
    assert oldest_page.body.decode().partition("thread")[2] == cached_site.read(path).partition("thread")[2]


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
def test_a_query_that_is_no_choice_is_not_remembered(
    cached_site: CachedSite, query: str, headers: dict[str, str]
) -> None:
    response = get_response(cached_site.cache, f"{cached_site.essay.get_absolute_url()}?{query}", **headers)
    assert response.status == 200
    assert "set-cookie" not in response.headers


# Personal pages


def test_a_personal_page_is_shown_to_no_one_else(cached_site: CachedSite) -> None:
    guest = Browser(headers=HOST)
    guest.post_comment(
        cached_site.essay, text="Mine: http://a.example http://b.example", name="Private Person", remember="on"
    )
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    for address in (cached_site.essay.get_absolute_url(), f"{cached_site.essay.get_absolute_url()}?order=newest"):
        personal = get_response(cached_site.cache, address, cookie=cookie)
        assert b"Private Person" in personal.body
        assert personal.headers["cache-control"] == "private, no-store"
        for headers in ({}, {"cookie": "other=1"}):
            assert b"Private Person" not in get_response(cached_site.cache, address, **headers).body
    cached_site.check_pages()


def test_a_page_with_a_muted_person_is_shown_to_no_one_else(cached_site: CachedSite) -> None:
    path, guest = cached_site.essay.get_absolute_url(), Browser(headers=HOST)
    public_pages = {query: get_response(cached_site.cache, path + query).body for query in ("", "?replies=folded")}
    guest.post(f"/comments/{cached_site.deep_reply.pk}/mute/", {"mute": "1"})
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    for query, public_page in public_pages.items():
        personal = get_response(cached_site.cache, path + query, cookie=cookie)
        assert b"is muted for you" in personal.body
        assert personal.headers["cache-control"] == "private, no-store"
        for headers in ({}, {"cookie": "other=1"}):
            assert get_response(cached_site.cache, path + query, **headers).body == public_page
    assert b"is muted for you" not in b"".join(public_pages.values())
    cached_site.check_pages()


def test_an_order_is_remembered_with_top_level_only(cached_site: CachedSite) -> None:
    path = cached_site.essay.get_absolute_url()
    headers = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "navigate"}
    chosen = get_response(cached_site.cache, f"{path}?order=newest&replies=folded", **headers)
    assert chosen.headers["set-cookie"].startswith("order=newest;")
    remembered = get_response(cached_site.cache, f"{path}?replies=folded", cookie="order=newest", **headers)
    assert remembered.body == chosen.body != get_response(cached_site.cache, f"{path}?replies=folded").body
    assert "set-cookie" not in remembered.headers


def test_a_visitor_who_commented_without_being_remembered_gets_the_cached_page(cached_site: CachedSite) -> None:
    path, guest = cached_site.essay.get_absolute_url(), Browser(headers=HOST)
    guest.post_comment(cached_site.essay, text="Mine, and I am not remembered.")
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert cookie.startswith("visit=")
    public_page, rendered = get_response(cached_site.cache, path).body, cached_site.rendered
    assert (get_response(cached_site.cache, path, cookie=cookie).body, cached_site.rendered) == (public_page, rendered)


def test_a_signed_link_is_not_cached(cached_site: CachedSite) -> None:
    response = Browser(headers=HOST).submit_comment(
        cached_site.essay, text="Held: http://a.example http://b.example", name="Linked Person"
    )
    address = response.response.headers["Location"]
    path = get_response(cached_site.cache, address).headers["location"].partition("#")[0]
    pending_page = get_response(cached_site.cache, path)
    assert b"Linked Person" in pending_page.body
    assert pending_page.headers["cache-control"] == "private, no-store"
    assert b"Linked Person" not in get_response(cached_site.cache, path.partition("?")[0]).body
    cached_site.check_pages()


def test_a_readers_personal_page_is_always_current(cached_site: CachedSite) -> None:
    browser = Browser(cached_site.reader, headers=HOST)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    comment: Comment = make.comment(cached_site.other_essay, "Now you see it.")
    page = f"{cached_site.other_essay.get_absolute_url()}?order=newest"
    assert b"Now you see it." in get_response(cached_site.cache, page, cookie=cookie).body
    deciding.trash(comment, by=User.objects.get(pk=cached_site.owner.pk))
    assert b"Now you see it." not in get_response(cached_site.cache, page, cookie=cookie).body
