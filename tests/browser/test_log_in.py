"""Logging in from the reply form, in a real browser: no word is lost on the way, whatever happens there."""

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


def small_window(page: Page, service: str = "X (Twitter)") -> Page:
    with page.expect_popup() as opened:
        icon(page, service)
    expect(page.locator(".identity")).to_contain_text(f"Connecting to {service}…")
    return opened.value


def is_in(page: Page, service: str = "X (Twitter)") -> None:
    expect(page.locator(".identity")).to_contain_text(f"You are commenting using your {service} account.")


def has_words(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(WORDS)


def post(page: Page) -> Comment:
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment[data-status=pending] .comment-body")).to_contain_text("so does a stone")
    comment: Comment = Comment.objects.latest("pk")
    assert comment.wording is not None
    assert comment.wording.text == WORDS
    return comment


@pytest.mark.parametrize(("service", "mark"), one_in(3, SERVICES.items()))
def test_the_very_words_are_posted_under_the_account(
    visitor: Visitor, site: "Server", essay: Essay, service: str, mark: str
) -> None:
    page = open_form(visitor, site, essay)
    page.evaluate("window.untouched = true")
    provider.allow(small_window(page, service), "Mara Lindqvist")
    is_in(page, service)
    has_words(page)
    assert page.evaluate("window.untouched")  # not loaded anew
    comment = post(page)
    assert (comment.commenter.name, comment.commenter.mark) == ("Mara Lindqvist", mark)


@pytest.mark.parametrize(
    "service", ["Demo ID", *(pytest.param(each, marks=pytest.mark.long) for each in SERVICES if each != "Demo ID")]
)
def test_without_script_the_round_trip_comes_back_to_the_very_reply_box(
    visitor: Visitor, site: "Server", essay: Essay, service: str
) -> None:
    answered = make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))
    page = visitor.open(f"{site.url}{essay.get_absolute_url()}?replyto={answered.pk}", script=False)
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    icon(page, service)
    provider.deny(page)
    expect(page.locator(".identity")).to_contain_text("Login canceled.")
    has_words(page)
    icon(page, service)
    provider.allow(page, "Mara Lindqvist")
    expect(page.get_by_role("heading", name="Leave a Reply to Ines Okafor")).to_be_visible()
    is_in(page, service)
    has_words(page)
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".identity")).to_contain_text("or click an icon to log in:")
    has_words(page)
    page.get_by_role("button", name="Keep commenting as Mara Lindqvist").click()
    is_in(page, service)
    page.get_by_role("button", name="Log Out").click()
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    has_words(page)
    icon(page, service)
    provider.allow(page, "Mara Lindqvist")
    assert post(page).parent == answered


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_sites_own_account(visitor: Visitor, site: "Server", essay: Essay, script: bool) -> None:
    name = f"rosa-{script}".lower()
    user = make.user(name, name="Rosa Castellanos", password="orchards are not sold")
    page = open_form(visitor, site, essay, script=script)
    if script:
        small = small_window(page, "Rejoinder")
    else:
        icon(page, "Rejoinder")
        small = page
    small.locator("[name=login]").fill(name)
    small.locator("[name=password]").fill("orchards are not sold")
    small.locator("[name=password]").press("Enter")
    is_in(page, "Rejoinder")
    has_words(page)
    assert post(page).commenter.user == user


def closed(page: Page) -> None:
    small_window(page).close()
    page.evaluate("dispatchEvent(new Event('focus'))")  # what closing a real window over this one does


def left_waiting(page: Page) -> None:
    small_window(page)
    page.evaluate("dispatchEvent(new Event('focus'))")


def denied(page: Page) -> None:
    provider.deny(small_window(page))


def fault(name: str) -> Callable[[Page], None]:
    return lambda page: provider.fault(small_window(page), name)


def refused_as_staff(page: Page) -> None:
    provider.allow(small_window(page), "Teodor Marin")  # who has the demo moderator's email address


WAITS = "You’re not logged in yet."
NO_ANSWER = "We couldn’t log you in."
FAULTS: list[tuple[Callable[[Page], None], str]] = [
    (closed, WAITS),
    (denied, "Login canceled. Your comment is still here."),
    (refused_as_staff, "Log in with your password first, then connect X (Twitter) in your account settings."),
    (fault("wrong-state"), "Your login timed out."),
    (fault("replayed-code"), NO_ANSWER),
]
MORE_FAULTS = [(left_waiting, WAITS), (fault("token-broken"), NO_ANSWER)]


@pytest.mark.parametrize("faults", [FAULTS, pytest.param(MORE_FAULTS, marks=pytest.mark.long)], ids=["these", "more"])
def test_what_goes_wrong_is_said_and_no_word_is_lost(
    visitor: Visitor, site: "Server", essay: Essay, faults: list[tuple[Callable[[Page], None], str]]
) -> None:
    page = open_form(visitor, site, essay)
    for happens, sentence in faults:
        page.get_by_role("textbox", name="Name").fill("Anselm Brandt")
        happens(page)
        expect(page.locator(".identity")).to_contain_text(sentence)
        expect(page.get_by_role("status")).to_contain_text(sentence)
        if page.get_by_role("button", name="Cancel").is_visible():
            page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Log in with X (Twitter)")).to_be_focused()
        expect(page.get_by_role("textbox", name="Name")).to_have_value("Anselm Brandt")
        has_words(page)
        assert "You are commenting" not in page.request.get(f"{page.url}identity/").text()
        provider.allow(small_window(page), "Mara Lindqvist")
        is_in(page)
        has_words(page)
        page.get_by_role("button", name="Log Out").click()
        expect(page.get_by_role("textbox", name="Name")).to_be_visible()
        for other in page.context.pages[1:]:
            other.close()


def offers_icons(page: Page) -> None:
    expect(page.locator(".identity")).not_to_contain_text("Connecting")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Log in with X (Twitter)")).not_to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    has_words(page)


RETURNS = {
    "focus": "dispatchEvent(new Event('focus'))",
    "visibilitychange": "document.dispatchEvent(new Event('visibilitychange'))",
}


@pytest.mark.parametrize("returns", RETURNS)
def test_whoever_closes_the_window_by_hand_finds_the_icons_again(
    visitor: Visitor, site: "Server", essay: Essay, returns: str
) -> None:
    page = open_form(visitor, site, essay)
    small_window(page).close()
    page.evaluate(RETURNS[returns])
    offers_icons(page)
    expect(page.get_by_role("status")).to_contain_text(WAITS)
    provider.allow(small_window(page), "Mara Lindqvist")
    is_in(page)


def test_a_login_that_is_completed_after_the_icons_came_back_still_arrives(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    small = small_window(page)
    page.evaluate("dispatchEvent(new Event('focus'))")
    offers_icons(page)
    provider.allow(small, "Mara Lindqvist")
    is_in(page)
    has_words(page)
    page.get_by_role("button", name="Log Out").click()
    small = small_window(page)
    page.evaluate("dispatchEvent(new Event('focus'))")
    offers_icons(page)
    provider.deny(small)
    expect(page.locator(".identity")).to_contain_text("Login canceled")


def test_a_login_that_nothing_tells_of_is_found_at_the_next_return(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = visitor.open(alone=True)
    page.add_init_script("delete window.BroadcastChannel")
    page.goto(site.url + essay.get_absolute_url())
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    small = small_window(page)
    page.evaluate("dispatchEvent(new Event('focus'))")
    offers_icons(page)
    provider.allow(small, "Mara Lindqvist")
    if not small.is_closed():
        small.wait_for_event("close")
    page.evaluate("dispatchEvent(new Event('focus'))")
    is_in(page)


def test_cancel_works_while_the_site_does_not_answer_and_a_later_login_arrives(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    small = small_window(page)
    page.route("**/identity/", lambda route: None)  # never answered
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.get_by_role("button", name="Cancel", exact=True).click()
    offers_icons(page)
    expect(page.locator(".identity .trouble")).to_have_count(0)
    page.unroute("**/identity/")
    provider.allow(small, "Mara Lindqvist")
    is_in(page)
    has_words(page)


@pytest.mark.long
@pytest.mark.parametrize(
    ("happens", "least", "most", "sentence"),
    [
        ("slow", 9.5, 16, "You are commenting using your X (Twitter) account."),  # it is theirs to be slow by itself
        ("very-slow", 4.5, 6, "We couldn’t log you in."),
    ],
)
def test_whoever_waits_for_a_service_goes_on_writing(
    visitor: Visitor, site: "Server", essay: Essay, happens: str, least: float, most: float, sentence: str
) -> None:
    page = open_form(visitor, site, essay)
    comment = page.get_by_role("textbox", name="Comment")
    row = page.locator(".identity")
    small = small_window(page)
    start = time.monotonic()
    # Not clicked: a click is over when the page that it leads to is there.
    small.locator(f"button[value={happens}]").evaluate("button => button.click()")
    comment.press("End")
    page.keyboard.type(" And on.")
    expect(row).to_contain_text("Connecting to X (Twitter)…")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    visitor.axe(page)
    expect(row).to_contain_text("Connecting to X (Twitter)…")
    expect(row).to_contain_text(sentence)
    assert least < time.monotonic() - start < most
    page.keyboard.type(" And on.")  # where the caret stood: nothing took the focus away
    expect(comment).to_have_value(f"{WORDS} And on. And on.")
    expect(row).not_to_contain_text("Connecting")
    if not small.is_closed():
        small.wait_for_event("close")


def test_a_blocked_window_is_said_at_once_and_the_tab_itself_will_do(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    page.evaluate("window.open = () => null")
    icon(page)
    expect(page.locator(".identity")).to_contain_text("Your browser blocked the login window.")
    page.get_by_role("button", name="Continue in this tab").press("Enter")
    provider.allow(page, "Mara Lindqvist")
    is_in(page)
    has_words(page)
    post(page)


def test_a_session_that_ended_meanwhile_is_no_end_of_the_words(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_form(visitor, site, essay)
    provider.allow(small_window(page), "Mara Lindqvist")
    is_in(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator(".errors")).to_contain_text("You’re no longer logged in.")
    expect(page.locator(".errors")).to_be_focused()
    has_words(page)
    provider.allow(small_window(page), "Mara Lindqvist")
    is_in(page)
    post(page)


def test_no_other_tab_goes_on_saying_the_old_thing(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_form(visitor, site, essay)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("textbox", name="Comment").fill("Other words.")
    other.get_by_role("textbox", name="Website").fill("example.org")
    provider.allow(small_window(page), "Mara Lindqvist")
    is_in(other)
    expect(other.get_by_role("textbox", name="Comment")).to_have_value("Other words.")
    page.get_by_role("button", name="Log Out").click()
    for tab in (page, other):
        expect(tab.get_by_role("textbox", name="Name")).to_be_visible()
    expect(other.get_by_role("textbox", name="Website")).to_have_value("example.org")
    other.goto(f"{site.url}/accounts/login/?next={essay.get_absolute_url()}")
    icon(other)
    provider.allow(other, "Mara Lindqvist")
    is_in(other)
    is_in(page)
    other.goto(f"{site.url}/accounts/logout/")
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_role("heading", name="You are logged out.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    has_words(page)


def test_cookies_refused(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_form(visitor, site, essay)
    small = small_window(page)
    small.get_by_role("button", name="Deny").wait_for()
    page.context.clear_cookies()  # as if the browser had kept none
    provider.allow(small, "Mara Lindqvist")
    expect(page.locator(".identity")).to_contain_text("Your login timed out.")
    page.evaluate("Object.defineProperty(navigator, 'cookieEnabled', { value: false })")
    icon(page)
    expect(page.locator(".identity")).to_contain_text("Your browser blocks cookies")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    has_words(page)


LOOKS = [(360, "dark"), (360, "light"), (1280, "dark"), (1280, "light")]


@pytest.mark.parametrize("looks", [LOOKS[:1], pytest.param(LOOKS[1:], marks=pytest.mark.long)], ids=["phone", "all"])
def test_every_state_fits_and_can_be_read(
    visitor: Visitor, site: "Server", essay: Essay, looks: list[tuple[int, Literal["dark", "light"]]]
) -> None:
    page = open_form(visitor, site, essay)
    button = page.get_by_role("button", name="Log in with Facebook")

    def look_at(words: str) -> None:
        expect(page.locator(".identity")).to_contain_text(words)
        for width, scheme in looks:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (words, width)
            visitor.axe(page)

    look_at("or click an icon to log in:")
    small = small_window(page, "Facebook")
    look_at("Connecting to Facebook…")
    page.evaluate("dispatchEvent(new Event('focus'))")
    look_at("You’re not logged in yet.")
    page.get_by_role("textbox", name="Comment").focus()
    provider.deny(small)
    look_at("Login canceled")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()  # whoever writes on is left alone
    page.evaluate("() => { window.really = window.open; window.open = () => null }")
    button.click()
    look_at("Your browser blocked the login window.")
    page.get_by_role("button", name="Cancel").click()
    page.evaluate("() => { window.open = window.really }")
    provider.allow(small_window(page, "Facebook"), "Mara Lindqvist")
    look_at("You are commenting using your Facebook account.")
    page.get_by_role("button", name="Change").click()
    look_at("Keep commenting as Mara Lindqvist")


def test_every_state_is_reached_by_keys_and_axe_has_nothing_to_say(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_form(visitor, site, essay)
    button = page.get_by_role("button", name="Log in with X (Twitter)")
    button.focus()
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    visitor.axe(page)
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    opened.value.close()
    with page.expect_popup() as opened:
        page.keyboard.press("Space")
    provider.deny(opened.value)
    expect(button).to_be_focused()
    visitor.axe(page)
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    provider.allow(opened.value, "Mara Lindqvist")
    expect(page.locator(".identity")).to_be_focused()
    visitor.axe(page)
    page.keyboard.press("Tab")  # the name, which leads to the profile
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Change")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log in with Rejoinder")).to_be_focused()
    visitor.axe(page)
    closed(page)  # who is logged in all the while has not come in by the window
    expect(page.locator(".identity")).to_contain_text("You’re not logged in yet.")
    expect(page.get_by_role("button", name="Keep commenting as Mara Lindqvist")).to_be_visible()
