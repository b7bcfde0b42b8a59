"""A page as somebody uses it who has a keyboard and nothing else."""

from playwright.sync_api import Page

STOPS = 120  # no page here has as many


def tab_to(page: Page, selector: str) -> None:
    """On and on, past the end and from the start again."""
    for _stop in range(STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def type_into(page: Page, selector: str, words: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)
