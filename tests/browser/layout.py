"""Checks of a page's layout: nothing is wider than the window, and no text is cut off."""

from playwright.sync_api import Page

from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor

# Every visible piece of text, and what of it lies beyond its block, the element that clips it, or the page; what
# scrolls may be wider.
CUT_OFF = """() => {
    const found = [];
    const scrolls = (part) => part.closest("pre, .scroll, textarea, input, select") !== null;
    const blockOf = (part) => (getComputedStyle(part).display === "inline" ? blockOf(part.parentElement) : part);
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode, part = text.parentElement;
        if (!text.data.trim() || part.closest(".unseen, .skip, svg, script, noscript") || scrolls(part)) continue;
        if (!part.checkVisibility({ visibilityProperty: true })) continue;
        const block = blockOf(part);
        const range = document.createRange();
        range.selectNodeContents(text);
        const lines = [...range.getClientRects()].filter(({ width }) => width > 1);
        for (let box = part; box !== document.documentElement; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.display === "inline" || style.display === "contents") continue;
            const isClipped = style.overflowX !== "visible" || style.contain.includes("paint");
            if (box !== document.body && !isClipped && box !== block) continue;
            const { left, right } = box.getBoundingClientRect();
            if (lines.some((line) => line.left < left - 1 || line.right > right + 1)) {
                found.push(`${box.tagName}.${box.className} is too narrow: ${text.data.trim()}`);
            }
        }
    }
    return [...new Set(found)];
}"""

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((part) => { const { left, right } = part.getBoundingClientRect(); return left < 0 || right > innerWidth })
    .map((part) => part.outerHTML.slice(0, 100))"""


def texts_cut_off(page: Page) -> list[str]:
    """Return each text that reaches beyond its block or what clips it, with the element that is too narrow."""
    found: list[str] = page.evaluate(CUT_OFF)
    return found


def parts_too_wide(page: Page) -> list[str]:
    """Return the HTML of each element that reaches beyond the window, if the page is wider than the window."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def check_layout(
    visitor: Visitor, page: Page, *, dark: bool = False, width: int = 360, has_script: bool = True, also_in: str = ""
) -> None:
    """Check with axe on a phone of this width, and that nothing is wider than the window, there and on a desktop.

    `has_script`: axe needs it. `also_in`: the state of the same page that test_every_state.py checks with axe in every
    run; here only --all does.
    """
    from tests.browser.states import STATES  # models, so only once Django is set up

    assert not also_in or also_in in STATES, also_in
    page.emulate_media(color_scheme="dark" if dark else "light")
    for each in (1280, width):
        page.set_viewport_size({"width": each, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    if has_script and (RUNS_ALL or not also_in):
        visitor.check_accessibility(page)
