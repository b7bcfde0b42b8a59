"""The window in which a reader logs in: closed, canceled, slow or blocked, a login still counts once it is complete."""

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from blog.models import Essay
from tests.browser.login_form import (
    WAITS,
    WORDS,
    expect_logged_in,
    expect_typed_text,
    open_form,
    open_popup,
    post,
    press_icon,
)
from tests.services import provider
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server


def expect_icons(page: Page) -> None:
    expect(page.locator(".identity")).not_to_contain_text("Connecting")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Log in with X (Twitter)")).not_to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    expect_typed_text(page)


RETURNS = {
    "focus": "dispatchEvent(new Event('focus'))",
    "visibilitychange": "document.dispatchEvent(new Event('visibilitychange'))",
}


@pytest.mark.parametrize("return_to_page", RETURNS)
def test_closing_the_popup_by_hand_brings_the_icons_back(
    visitor: Visitor, site: "Server", essay: Essay, return_to_page: str
) -> None:
    page = open_form(visitor, site, essay)
    open_popup(page).close()
    page.evaluate(RETURNS[return_to_page])
    expect_icons(page)
    expect(page.get_by_role("status")).to_contain_text(WAITS)
    provider.allow(open_popup(page), "Mara Lindqvist")
    expect_logged_in(page)


def test_a_login_completed_after_the_icons_came_back_still_counts(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    popup = open_popup(page)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect_icons(page)
    provider.allow(popup, "Mara Lindqvist")
    expect_logged_in(page)
    expect_typed_text(page)
    page.get_by_role("button", name="Log Out").click()
    popup = open_popup(page)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect_icons(page)
    provider.deny(popup)
    expect(page.locator(".identity")).to_contain_text("Login canceled")


def test_a_login_without_a_report_is_found_on_the_next_return(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(alone=True)
    page.add_init_script("delete window.BroadcastChannel")
    page.goto(site.url + essay.get_absolute_url())
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    popup = open_popup(page)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect_icons(page)
    provider.allow(popup, "Mara Lindqvist")
    if not popup.is_closed():
        popup.wait_for_event("close")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect_logged_in(page)


def test_cancel_works_while_the_site_does_not_respond_and_a_later_login_counts(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    popup = open_popup(page)
    page.route("**/identity/", lambda route: None)  # never answered
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect_icons(page)
    expect(page.locator(".identity .trouble")).to_have_count(0)
    page.unroute("**/identity/")
    provider.allow(popup, "Mara Lindqvist")
    expect_logged_in(page)
    expect_typed_text(page)


@pytest.mark.long
@pytest.mark.parametrize(
    ("cause", "least", "most", "sentence"),
    [
        ("slow", 9.5, 16, "You are commenting using your X (Twitter) account."),  # the service is slow by itself
        ("very-slow", 4.5, 6, "We couldn’t log you in."),
    ],
)
def test_readers_can_keep_writing_while_they_wait_for_a_service(
    visitor: Visitor, site: "Server", essay: Essay, cause: str, least: float, most: float, sentence: str
) -> None:
    page = open_form(visitor, site, essay)
    comment = page.get_by_role("textbox", name="Comment")
    row = page.locator(".identity")
    popup = open_popup(page)
    start = time.monotonic()
    # Not `click()`, which would wait until the page it leads to has loaded.
    popup.locator(f"button[value={cause}]").evaluate("button => button.click()")
    comment.press("End")
    page.keyboard.type(" And on.")
    expect(row).to_contain_text("Connecting to X (Twitter)…")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    visitor.check_accessibility(page)
    expect(row).to_contain_text("Connecting to X (Twitter)…")
    expect(row).to_contain_text(sentence)
    assert least < time.monotonic() - start < most
    page.keyboard.type(" And on.")  # at the caret, so nothing moved the focus
    expect(comment).to_have_value(f"{WORDS} And on. And on.")
    expect(row).not_to_contain_text("Connecting")
    if not popup.is_closed():
        popup.wait_for_event("close")


def test_a_blocked_popup_is_reported_and_the_tab_itself_can_log_in(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    page.evaluate("window.open = () => null")
    press_icon(page)
    expect(page.locator(".identity")).to_contain_text("Your browser blocked the login window.")
    page.get_by_role("button", name="Continue in this tab").press("Enter")
    provider.allow(page, "Mara Lindqvist")
    expect_logged_in(page)
    expect_typed_text(page)
    post(page)
