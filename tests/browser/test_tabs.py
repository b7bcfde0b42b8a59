"""The tests' own tabs: a visitor finds nothing of the previous one in a reused tab."""

from typing import TYPE_CHECKING

from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

LEAVE = """async () => {
    document.cookie = "left=1";
    for (const place of [localStorage, sessionStorage]) place.setItem("left", "1");
    name = "left";
    await new Promise((done) => (indexedDB.open("left", 1).onsuccess = done));
    await caches.open("left");
}"""
FOUND = """async () => ({
    cookies: document.cookie, local: localStorage.length, session: sessionStorage.length, name,
    databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
    isDark: matchMedia("(prefers-color-scheme: dark)").matches, isOnPaper: matchMedia("print").matches, width: innerWidth,
})"""


def test_nothing_stays_in_a_reused_tab(visitor: Visitor, site: "Server") -> None:
    page = visitor.open(f"{site.url}/about/", width=1111)  # options of its own, so that no tab of other tests is used
    state = page.evaluate(FOUND)
    page.evaluate(LEAVE)
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 800})
    page.route("**/about/", lambda route: route.fulfill(body="left"))
    page.context.new_page()
    page.context.set_offline(True)
    visitor.close()
    next_page = Visitor(visitor.tabs)
    again = next_page.open(f"{site.url}/about/", width=1111)
    assert again == page
    assert again.context.pages == [page]
    assert again.get_by_role("heading", level=1).inner_text() != "left"
    assert again.evaluate(FOUND) == state
    next_page.close()
