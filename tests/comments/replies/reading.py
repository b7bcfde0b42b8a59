"""Helpers that read “Replies to you” and find its feed."""

from tests.comments.browser_client import Browser, Page, text_of

REPLIES = "/replies/"


def shown(page: Page) -> list[str]:
    """Return the text of each entry, without its time and essay."""
    found = []
    for entry in page.all("li[@data-kind]"):
        for meta in list(entry.iter("span")):
            if meta.get("class") == "meta":
                meta.clear()
        text = text_of(entry.find("article"))
        found.append(text.replace(" ,", ",").replace("“ ", "“").replace(" ”", "”"))
    return found


def entries_of(browser: Browser, query: str = "") -> list[str]:
    return shown(browser.read(f"{REPLIES}{query}"))


def feed_of(browser: Browser) -> str:
    links = [link.get("href", "") for link in browser.read(REPLIES).all("p[@class='address']/a")]
    assert len(links) == 1
    return links[0]
