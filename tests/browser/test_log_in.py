"""Logging in from the reply form in a real browser: whatever happens, no typed text is lost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Page, expect

from blog.models import Essay
from tests import make
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
from tests.lists import SCRIPT_OR_NOT, one_in
from tests.services import provider
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

SERVICES = {
    "X (Twitter)": "X: @maralindqvist",
    "Facebook": "Facebook",
    "WordPress.com": "WordPress.com: @maralindqvist",
    "Demo ID": "Demo ID: @maralindqvist",
}


@pytest.mark.parametrize(("service", "mark"), one_in(3, SERVICES.items()))
def test_the_typed_text_is_posted_under_the_account(
    visitor: Visitor, site: "Server", essay: Essay, service: str, mark: str
) -> None:
    page = open_form(visitor, site, essay)
    page.evaluate("window.untouched = true")
    provider.allow(open_popup(page, service), "Mara Lindqvist")
    expect_logged_in(page, service)
    expect_typed_text(page)
    assert page.evaluate("window.untouched")  # the page was not loaded again
    comment = post(page)
    assert (comment.commenter.name, comment.commenter.mark) == ("Mara Lindqvist", mark)


@pytest.mark.parametrize(
    "service", ["Demo ID", *(pytest.param(each, marks=pytest.mark.long) for each in SERVICES if each != "Demo ID")]
)
def test_without_script_the_login_returns_to_the_same_reply_form(
    visitor: Visitor, site: "Server", essay: Essay, service: str
) -> None:
    parent = make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))
    page = visitor.open(f"{site.url}{essay.get_absolute_url()}?replyto={parent.pk}", script=False)
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    press_icon(page, service)
    provider.deny(page)
    expect(page.locator(".identity")).to_contain_text("Login canceled.")
    expect_typed_text(page)
    press_icon(page, service)
    provider.allow(page, "Mara Lindqvist")
    expect(page.get_by_role("heading", name="Leave a Reply to Ines Okafor")).to_be_visible()
    expect_logged_in(page, service)
    expect_typed_text(page)
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".identity")).to_contain_text("or click an icon to log in:")
    expect_typed_text(page)
    page.get_by_role("button", name="Keep commenting as Mara Lindqvist").click()
    expect_logged_in(page, service)
    page.get_by_role("button", name="Log Out").click()
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    expect_typed_text(page)
    press_icon(page, service)
    provider.allow(page, "Mara Lindqvist")
    assert post(page).parent == parent


@pytest.mark.parametrize("script", SCRIPT_OR_NOT)
def test_the_sites_own_account_logs_in_from_the_form(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    name = f"rosa-{script}".lower()
    user = make.user(name, name="Rosa Castellanos", password="orchards are not sold")
    page = open_form(visitor, site, essay, script=script)
    if script:
        popup = open_popup(page, "Rejoinder")
    else:
        press_icon(page, "Rejoinder")
        popup = page
    popup.locator("[name=login]").fill(name)
    popup.locator("[name=password]").fill("orchards are not sold")
    popup.locator("[name=password]").press("Enter")
    expect_logged_in(page, "Rejoinder")
    expect_typed_text(page)
    assert post(page).commenter.user == user


def close_popup(page: Page) -> None:
    open_popup(page).close()
    page.evaluate("dispatchEvent(new Event('focus'))")  # has the same effect as closing a real window over this one


def leave_waiting(page: Page) -> None:
    open_popup(page)
    page.evaluate("dispatchEvent(new Event('focus'))")


def deny_login(page: Page) -> None:
    provider.deny(open_popup(page))


def cause_trouble(name: str) -> Callable[[Page], None]:
    return lambda page: provider.fault(open_popup(page), name)


def log_in_as_rejected_staff(page: Page) -> None:
    provider.allow(open_popup(page), "Teodor Marin")  # the account with the demo moderator's email address


NO_ANSWER = "We couldn’t log you in."
TROUBLES: list[tuple[Callable[[Page], None], str]] = [
    (close_popup, WAITS),
    (deny_login, "Login canceled. Your comment is still here."),
    (log_in_as_rejected_staff, "Log in with your password first, then connect X (Twitter) in your account settings."),
    (cause_trouble("replayed-code"), NO_ANSWER),
]
MORE_TROUBLES = [
    (leave_waiting, WAITS),
    (cause_trouble("wrong-state"), "Your login timed out."),  # in every run by the test of blocked cookies
    (cause_trouble("token-broken"), NO_ANSWER),
]


@pytest.mark.parametrize(
    "troubles", [TROUBLES, pytest.param(MORE_TROUBLES, marks=pytest.mark.long)], ids=["these", "more"]
)
def test_a_failed_login_is_reported_and_no_text_is_lost(
    visitor: Visitor, site: "Server", essay: Essay, troubles: list[tuple[Callable[[Page], None], str]]
) -> None:
    page = open_form(visitor, site, essay)
    for cause, sentence in troubles:
        page.get_by_role("textbox", name="Name").fill("Anselm Brandt")
        cause(page)
        expect(page.locator(".identity")).to_contain_text(sentence)
        expect(page.get_by_role("status")).to_contain_text(sentence)
        if page.get_by_role("button", name="Cancel").is_visible():
            page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Log in with X (Twitter)")).to_be_focused()
        expect(page.get_by_role("textbox", name="Name")).to_have_value("Anselm Brandt")
        expect_typed_text(page)
        assert "You are commenting" not in page.request.get(f"{page.url}identity/").text()
        provider.allow(open_popup(page), "Mara Lindqvist")
        expect_logged_in(page)
        expect_typed_text(page)
        page.get_by_role("button", name="Log Out").click()
        expect(page.get_by_role("textbox", name="Name")).to_be_visible()
        for other in page.context.pages[1:]:
            other.close()


def test_an_expired_session_loses_no_text(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_form(visitor, site, essay)
    provider.allow(open_popup(page), "Mara Lindqvist")
    expect_logged_in(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator(".errors")).to_contain_text("You’re no longer logged in.")
    expect(page.locator(".errors")).to_be_focused()
    expect_typed_text(page)
    provider.allow(open_popup(page), "Mara Lindqvist")
    expect_logged_in(page)
    post(page)


def test_every_other_tab_shows_the_new_login_state(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_form(visitor, site, essay)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("textbox", name="Comment").fill("Other words.")
    other.get_by_role("textbox", name="Website").fill("example.org")
    provider.allow(open_popup(page), "Mara Lindqvist")
    expect_logged_in(other)
    expect(other.get_by_role("textbox", name="Comment")).to_have_value("Other words.")
    page.get_by_role("button", name="Log Out").click()
    for tab in (page, other):
        expect(tab.get_by_role("textbox", name="Name")).to_be_visible()
    expect(other.get_by_role("textbox", name="Website")).to_have_value("example.org")
    other.goto(f"{site.url}/accounts/login/?next={essay.get_absolute_url()}")
    press_icon(other)
    provider.allow(other, "Mara Lindqvist")
    expect_logged_in(other)
    expect_logged_in(page)
    other.goto(f"{site.url}/accounts/logout/")
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_role("heading", name="You are logged out.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    expect_typed_text(page)


def test_a_login_with_blocked_cookies_is_reported(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_form(visitor, site, essay)
    popup = open_popup(page)
    popup.get_by_role("button", name="Deny").wait_for()
    page.context.clear_cookies()  # as if the browser had stored no cookies
    provider.allow(popup, "Mara Lindqvist")
    expect(page.locator(".identity")).to_contain_text("Your login timed out.")
    page.evaluate("Object.defineProperty(navigator, 'cookieEnabled', { value: false })")
    press_icon(page)
    expect(page.locator(".identity")).to_contain_text("Your browser blocks cookies")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    expect_typed_text(page)


LOOKS = [(360, "dark"), (360, "light"), (1280, "dark"), (1280, "light")]


@pytest.mark.parametrize("sizes", [LOOKS[:1], pytest.param(LOOKS[1:], marks=pytest.mark.long)], ids=["phone", "all"])
def test_every_login_state_fits_and_is_accessible(
    visitor: Visitor, site: "Server", essay: Essay, sizes: list[tuple[int, Literal["dark", "light"]]]
) -> None:
    page = open_form(visitor, site, essay)
    button = page.get_by_role("button", name="Log in with Facebook")

    def check(text: str) -> None:
        expect(page.locator(".identity")).to_contain_text(text)
        for width, scheme in sizes:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (text, width)
            visitor.check_accessibility(page)

    check("or click an icon to log in:")
    popup = open_popup(page, "Facebook")
    check("Connecting to Facebook…")
    page.evaluate("dispatchEvent(new Event('focus'))")
    check("You’re not logged in yet.")
    page.get_by_role("textbox", name="Comment").focus()
    provider.deny(popup)
    check("Login canceled")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()  # while the reader types, the focus stays
    page.evaluate("() => { window.really = window.open; window.open = () => null }")
    button.click()
    check("Your browser blocked the login window.")
    page.get_by_role("button", name="Cancel").click()
    page.evaluate("() => { window.open = window.really }")
    provider.allow(open_popup(page, "Facebook"), "Mara Lindqvist")
    check("You are commenting using your Facebook account.")
    page.get_by_role("button", name="Change").click()
    check("Keep commenting as Mara Lindqvist")


def test_every_login_state_is_reached_by_keyboard_and_is_accessible(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    button = page.get_by_role("button", name="Log in with X (Twitter)")
    button.focus()
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    visitor.check_accessibility(page)
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    popup.value.close()
    with page.expect_popup() as popup:
        page.keyboard.press("Space")
    provider.deny(popup.value)
    expect(button).to_be_focused()
    visitor.check_accessibility(page)
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    provider.allow(popup.value, "Mara Lindqvist")
    expect(page.locator(".identity")).to_be_focused()
    visitor.check_accessibility(page)
    page.keyboard.press("Tab")  # the name, which links to the profile
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Change")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log in with Rejoinder")).to_be_focused()
    visitor.check_accessibility(page)
    close_popup(page)  # the reader was logged in already, not by the popup
    expect(page.locator(".identity")).to_contain_text("You’re not logged in yet.")
    expect(page.get_by_role("button", name="Keep commenting as Mara Lindqvist")).to_be_visible()
