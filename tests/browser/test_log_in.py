"""Logging in from the reply form in a real browser: whatever happens, no typed text is lost."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Page, expect

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.lists import one_in
from tests.services import provider
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

WORDS = "The dead keep still, yes.\n\n“But so does a stone” – and I do not think we owe steadiness to stones."
SERVICES = {
    "X (Twitter)": "X: @maralindqvist",
    "Facebook": "Facebook",
    "WordPress.com": "WordPress.com: @maralindqvist",
    "Demo ID": "Demo ID: @maralindqvist",
}


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=True)
    return make.essay("Of Forms", by=make.author(name="Miriam Achterberg"))


def open_form(visitor: Visitor, site: "Server", essay: Essay, *, script: bool = True) -> Page:
    page = visitor.open(site.url + essay.get_absolute_url(), script=script)
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    return page


def icon(page: Page, service: str = "X (Twitter)") -> None:
    page.get_by_role("button", name=f"Log in with {service}").click()


def open_popup(page: Page, service: str = "X (Twitter)") -> Page:
    with page.expect_popup() as popup:
        icon(page, service)
    expect(page.locator(".identity")).to_contain_text(f"Connecting to {service}…")
    return popup.value


def expect_logged_in(page: Page, service: str = "X (Twitter)") -> None:
    expect(page.locator(".identity")).to_contain_text(f"You are commenting using your {service} account.")


def expect_typed_text(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(WORDS)


def post(page: Page) -> Comment:
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment[data-status=pending] .comment-body")).to_contain_text("so does a stone")
    comment: Comment = Comment.objects.latest("pk")
    assert comment.wording is not None
    assert comment.wording.text == WORDS
    return comment


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
    icon(page, service)
    provider.deny(page)
    expect(page.locator(".identity")).to_contain_text("Login canceled.")
    expect_typed_text(page)
    icon(page, service)
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
    icon(page, service)
    provider.allow(page, "Mara Lindqvist")
    assert post(page).parent == parent


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_sites_own_account_logs_in_from_the_form(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    name = f"rosa-{script}".lower()
    user = make.user(name, name="Rosa Castellanos", password="orchards are not sold")
    page = open_form(visitor, site, essay, script=script)
    if script:
        popup = open_popup(page, "Rejoinder")
    else:
        icon(page, "Rejoinder")
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


WAITS = "You’re not logged in yet."
NO_ANSWER = "We couldn’t log you in."
TROUBLES: list[tuple[Callable[[Page], None], str]] = [
    (close_popup, WAITS),
    (deny_login, "Login canceled. Your comment is still here."),
    (log_in_as_rejected_staff, "Log in with your password first, then connect X (Twitter) in your account settings."),
    (cause_trouble("wrong-state"), "Your login timed out."),
    (cause_trouble("replayed-code"), NO_ANSWER),
]
MORE_TROUBLES = [(leave_waiting, WAITS), (cause_trouble("token-broken"), NO_ANSWER)]


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
    icon(page)
    expect(page.locator(".identity")).to_contain_text("Your browser blocked the login window.")
    page.get_by_role("button", name="Continue in this tab").press("Enter")
    provider.allow(page, "Mara Lindqvist")
    expect_logged_in(page)
    expect_typed_text(page)
    post(page)


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
    icon(other)
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
    icon(page)
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
