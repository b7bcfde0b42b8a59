"""Uses a page by keyboard alone."""

from playwright.sync_api import Page

MAX_STOPS = 120  # more than any page has
# The number of tab stops between the focused element and the wanted one, so that these need no check.
COUNT_STOPS_BETWEEN = """(selector) => {
  const here = document.activeElement;
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea")];
  if (here === document.body || document.querySelector("dialog[open]") || all.some((one) => one.tabIndex > 0)) return 0;
  const is_stop = (one) => one.tabIndex === 0 && !one.matches("[type=radio], :disabled") && !one.closest("[inert]")
    && one.checkVisibility({ visibilityProperty: true });
  const stops = all.filter(is_stop);
  const is_behind = (one) => here !== one && here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  const behind = stops.filter(is_behind);
  const found = [...behind, ...stops.filter((one) => !behind.includes(one))].findIndex((one) => one.matches(selector));
  return Math.max(found, 0);
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, continuing at the start after the end."""
    count = page.evaluate(COUNT_STOPS_BETWEEN, selector)
    for _stop in range(count):
        page.keyboard.press("Tab")
    for _stop in range(count, MAX_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def type_into(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
