"""How long the browser of a slow phone (a quarter of this machine's speed) is blocked on pages with 1,000 and 10,000
comments: the longest task of each action of readers and commenters."""

import os
from collections.abc import Callable
from statistics import median

from django.db import connection
from playwright.sync_api import Page

from tests import make
from tests.bench import corpus
from tests.services.chromium import chromium
from tests.services.site import temporary_server

SLOWER = 4
ROUNDS = 3
KINDS = {1_000: (0.28, 6), 10_000: (0.05, 60)}  # share of roots, greatest depth
OBSERVE = """() => {
  window.tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask', buffered: true });
}"""
WORST = """() => new Promise((done) => setTimeout(() => {
  done(Math.max(0, ...tasks));
  tasks = [];
}, 300))"""


def main() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in this thread
    print(
        f"longest task on the page, {connection.vendor}; ms with the CPU {SLOWER} x slower, median of {ROUNDS}; – is under 50"
    )
    print(f"{'':>10}" + "".join(f"{name:>18}" for name in ["opening", *ACTIONS]))
    for count in KINDS:
        print(f"{count:>10,}" + "".join(f"{formatted(each):>18}" for each in measure(count)), flush=True)


def formatted(milliseconds: float) -> str:
    return f"{milliseconds:.0f}" if milliseconds else "–"


def measure(count: int) -> list[float]:
    roots, depth = KINDS[count]
    with temporary_server() as server:
        with server.connected():
            make.site()
            make.rules(hold_first_comment=False)
            address = corpus.essay(count, seed=count, roots=roots, depth=depth).get_absolute_url()
        rounds = [visit(server.url + address, number) for number in range(ROUNDS)]
    return [median(each) for each in zip(*rounds, strict=True)]


def visit(url: str, number: int) -> list[float]:
    with chromium() as browser:
        page = browser.new_page()
        page.add_init_script(f"({OBSERVE})()")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(url)
        worst = [float(page.evaluate(WORST))]
        for action in ACTIONS.values():
            action(page, number)
            worst.append(float(page.evaluate(WORST)))
    return worst


def collapse(page: Page, number: int) -> None:
    page.locator(".thread > li > .replies > summary").first.click()


def show_more(page: Page, number: int) -> None:
    if link := page.query_selector(".rest a"):
        link.evaluate("(link) => link.click()")
        page.wait_for_function("(link) => !link.isConnected", arg=link)


def reply(page: Page, number: int) -> None:
    page.locator(".reply").first.click()


def write(page: Page, number: int) -> None:
    page.get_by_role("textbox", name="Comment").press_sequentially("What I think of it.", delay=30)


def send(page: Page, number: int) -> None:
    page.get_by_role("textbox", name="Name").fill("Ida")
    page.get_by_role("textbox", name="Email", exact=True).fill(f"ida{number}@example.org")
    page.get_by_role("button", name="Post Comment").click()
    page.wait_for_selector("li.comment .notice")


ACTIONS: dict[str, Callable[[Page, int], None]] = {
    "collapsing": collapse,
    "“Show N replies”": show_more,
    "“Reply”": reply,
    "typing": write,
    "posting": send,
}
