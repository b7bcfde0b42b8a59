"""How long a moderator waits for the next row: from the deciding key press to the frame in which the next row has the
focus, over 100 pending rows in Chromium."""

import os
from statistics import median

from django.conf import settings
from django.db import connection
from playwright.sync_api import Page, expect

from tests import make
from tests.services.chromium import chromium
from tests.services.sessions import log_in
from tests.services.site import Server, temporary_server

COUNT = 100
KEYS = "asd"
# Two frames after the key: the first draws the new focus, the second begins when that is done.
MEASURE = """() => {
  window.taken = [];
  addEventListener("keydown", ({ timeStamp }) => {
    const before = document.activeElement;
    requestAnimationFrame(() => requestAnimationFrame((now) => {
      const row = document.activeElement;
      taken.push(row !== before && row.matches("li.row") ? now - timeStamp : Infinity);
    }));
  }, true);
}"""

UNTIL = """(count) => new Promise((done) => {
  const look = () => (taken.length < count ? requestAnimationFrame(look) : done());
  look();
})"""


def main() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in this thread
    with (
        temporary_server(SECRET_KEY=settings.SECRET_KEY) as server,  # so that it accepts our session
        chromium() as browser,  # before the connection, which belongs to the code in its event loop
        server.connected(),
    ):
        times = measure(server, browser.new_page())
    print(f"from key press to next row, {COUNT} pending, {connection.vendor}; ms in Chromium")
    print(f"{'rows':>10}{'median':>10}{'maximum':>10}")
    print(f"{len(times):>10}{median(times):>10.0f}{max(times):>10.0f}")


def measure(server: Server, page: Page) -> list[float]:
    make.site()
    make.rules(hold_first_comment=True)
    essay = make.essay("Whose Promise Is It?")
    for number in range(COUNT):
        make.comment(essay, f"Words {number}. " * 20, by=make.guest(f"Guest {number}"), status="pending")
    log_in(page.context, make.moderator(), server.url)
    page.goto(f"{server.url}/admin/comments/queue/?per_page={COUNT}")
    page.evaluate(MEASURE)
    return decide(page)


def decide(page: Page) -> list[float]:
    """Decide all rows but the last, which has no next."""
    page.locator("li.row").first.focus()
    for number in range(COUNT - 1):
        page.keyboard.press(KEYS[number % len(KEYS)])
        page.evaluate(UNTIL, number + 1)
    expect(page.locator("li.row")).to_have_count(1)
    times: list[float] = page.evaluate("taken")
    return times
