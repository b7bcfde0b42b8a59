"""Drafts in a real browser: no text is lost by a reload, error, crash, another tab or another visit."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from blog.models import Essay
from moderation.decisions import actions as deciding
from tests import make
from tests.services.chromium import Visitor, kill_with_profile, start_with_profile
from tests.services.processes import wait_until

if TYPE_CHECKING:
    from tests.services.site import Server

WORDS = "The dead keep still, yes.\n\nBut so does a stone, and I *do not* think we owe steadiness to [stones](/a/)."
IS_SAVED = """async (text) => {
  if (!(await indexedDB.databases()).length) return false;
  const opened = await new Promise((done) => (indexedDB.open("drafts").onsuccess = (event) => done(event.target.result)));
  const asked = opened.transaction("drafts").objectStore("drafts").getAll();
  const drafts = await new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  opened.close();
  return text === null ? drafts.length === 0 : drafts.some((draft) => draft.text === text);
}"""


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False)
    return make.essay("Of Drafts", by=make.author(name="Miriam Achterberg"))


@pytest.fixture
def start(visitor: Visitor, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Start separate browser processes with a profile that remains when they end."""
    running: list[BrowserContext] = []
    errors: list[str] = []

    def start() -> BrowserContext:
        context = start_with_profile(visitor.browser, tmp_path)
        context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        running.append(context)
        return context

    yield start
    for context in running:
        context.close()
    assert not errors


def url(site: "Server", essay: Essay) -> str:
    return site.url + essay.get_absolute_url()


def write(page: Page, text: str) -> None:
    """Type, and wait until the draft is saved."""
    page.get_by_role("textbox", name="Comment").fill(text)
    expect_draft(page, text)


def expect_draft(page: Page, text: str | None) -> None:
    wait_until(lambda: bool(page.evaluate(IS_SAVED, text)), f"a draft that reads {text}")


def expect_text(page: Page, text: str) -> None:
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(text)


def post(page: Page, name: str = "Anselm Brandt", email: str = "anselm@brandt.example") -> None:
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Email", exact=True).fill(email)
    page.get_by_role("button", name="Post Comment").click()


def test_a_draft_stays_with_its_tab_until_it_is_posted(visitor: Visitor, site: "Server", essay: Essay) -> None:
    parent = make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))
    page = visitor.open(url(site, essay))
    assert page.evaluate("indexedDB.databases()") == []  # nothing is stored for people who only read
    write(page, WORDS)
    page.reload()
    expect_text(page, WORDS)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    page.get_by_role("link", name="Essays").click()
    page.get_by_role("link", name="Of Drafts").first.click()
    expect_text(page, WORDS)
    expect(page.locator(f"#comment-{parent.pk} form#respond")).to_have_count(1)
    expect(page.locator(".draft")).to_be_hidden()
    post(page, email="nonsense")
    expect(page.locator(".errors")).to_be_focused()
    page.reload()
    expect_text(page, WORDS)
    post(page)
    expect(page.locator(f"#comment-{parent.pk} li.comment .comment-body")).to_contain_text("so does a stone")
    expect_text(page, "")
    expect_draft(page, None)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    write(page, WORDS)
    post(page)
    expect(page.locator(".errors")).to_contain_text("already")
    expect_draft(page, None)


def test_two_tabs_keep_two_drafts(visitor: Visitor, site: "Server", essay: Essay) -> None:
    first = visitor.open(url(site, essay))
    write(first, "In the first tab.")
    second = first.context.new_page()
    second.goto(url(site, essay))
    write(second, "In the second.")
    with first.expect_popup() as popup:
        first.evaluate("open(location.href)")
    copy = popup.value
    copy.wait_for_load_state()  # including the script that saves drafts
    assert copy.evaluate("sessionStorage.length") == 1  # a copy of the first tab's, as in a duplicated tab
    write(copy, "In the copy.")
    for page, text in ((copy, "In the copy."), (first, "In the first tab."), (second, "In the second.")):
        page.reload()
        expect_text(page, text)
        expect(page.locator(".draft")).to_be_hidden()
    post(second)
    expect(second.locator("li.comment")).to_have_count(1)
    expect_text(second, "")
    for page, text in ((first, "In the first tab."), (copy, "In the copy.")):
        page.reload()
        expect_text(page, text)
        expect_draft(page, text)
    assert not second.evaluate(IS_SAVED, "In the second.")


def test_without_locks_no_tab_loses_its_draft(visitor: Visitor, site: "Server", essay: Essay) -> None:
    """As over plain HTTP in a local network: an open tab looks closed to others."""
    first = visitor.open(alone=True)
    first.context.add_init_script("delete Navigator.prototype.locks")
    first.goto(url(site, essay))
    write(first, "Mine.")
    second = first.context.new_page()
    second.goto(url(site, essay))
    expect(second.locator(".draft")).to_contain_text("saved in this browser")
    write(second, "Mine, and more.")
    for page, text in ((first, "Mine."), (second, "Mine, and more.")):
        page.reload()
        expect_text(page, text)


def test_drafts_of_other_visits_are_offered(visitor: Visitor, site: "Server", essay: Essay) -> None:
    """The newest is in the form, the others are a click away; each shows when it was written and can be discarded."""
    parent = make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))
    reply_form = f"#comment-{parent.pk} form#respond"
    context = visitor.open(alone=True).context

    def visit(date: str) -> Page:
        context.clock.set_fixed_time(f"2026-{date}")
        page = context.new_page()
        page.goto(url(site, essay))
        return page

    old = visit("08-12T14:05:00")
    write(old, "Three months ago.")
    old.close()
    essays = visit("11-12T14:05:00")
    wait_until(lambda: not essays.evaluate(IS_SAVED, "Three months ago."), "a draft of 92 days to be dropped")
    expect_text(essays, "")
    write(essays, "For the essay")
    replies = visit("11-12T15:05:00")
    replies.get_by_role("link", name="Reply to Ines Okafor").click()
    write(replies, "For Ines.")
    for page in (essays, replies):
        page.close()

    page = visit("11-25T12:00:00")
    draft = page.locator(".draft")
    expect(draft.get_by_role("status")).to_have_text("Draft from 12 November 2026 at 15:05, saved in this browser.")
    expect_text(page, "For Ines.")
    expect(page.locator(reply_form)).to_have_count(1)
    visitor.check_accessibility(page)
    more_button = page.get_by_role("button", name="1 more draft")
    more_button.click()
    expect_text(page, "For the essay")
    expect(draft.get_by_role("status")).to_contain_text("at 14:05")
    expect(page.locator(reply_form)).to_have_count(0)
    expect(more_button).to_be_focused()
    field = page.get_by_role("textbox", name="Comment")
    field.press_sequentially("!")
    more_button.press("Enter")
    expect_text(page, "For Ines.")
    more_button.press("Enter")
    expect_text(page, "For the essay!")

    page.get_by_role("button", name="Discard").click()
    expect_text(page, "")
    expect(field).to_be_focused()
    expect(draft.get_by_role("status")).to_have_text("Draft discarded.")
    field.press("Control+z")
    expect_text(page, "For the essay!")
    expect_draft(page, "For the essay!")
    field.fill("")
    wait_until(lambda: not page.evaluate(IS_SAVED, "For the essay!"), "a draft to be deleted with its last word")
    page.close()

    page = visit("11-26T12:00:00")
    expect_text(page, "For Ines.")
    expect(page.get_by_role("button", name="more draft")).to_be_hidden()
    post(page)
    expect(page.locator(f"#comment-{parent.pk} li.comment")).to_have_count(1)
    expect_draft(page, None)


def test_a_draft_links_to_the_page_of_the_comment_it_replies_to(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.rules(threads_a_page=1)
    make.comment(essay)
    parent = make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))
    page = visitor.open(f"{url(site, essay)}?replyto={parent.pk}")
    context = page.context
    write(page, WORDS)

    def visit_again() -> Page:
        context.pages[-1].close()
        page = context.new_page()
        page.goto(url(site, essay))
        expect(page.locator(".draft")).to_contain_text(", a reply to a comment on another page")
        expect_text(page, "")
        page.get_by_role("link", name="Continue").click()
        expect_text(page, WORDS)
        expect(page.locator(".draft")).to_contain_text("saved in this browser")
        return page

    page = visit_again()
    expect(page.locator(f"#comment-{parent.pk} form#respond")).to_have_count(1)
    deciding.trash(parent, by=make.moderator())
    page = visit_again()
    expect(page.get_by_role("heading", name="Leave a Reply", exact=True)).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect_draft(page, None)


def log_in_without_a_popup(page: Page) -> None:
    """As in browsers that open no popup: the page is left, and rendered again with the typed text."""
    user = make.user(password="a long enough secret")
    page.locator(".icons button").first.evaluate("(button) => button.form.requestSubmit(button)")
    page.locator("[name=login]").fill(user.username)
    page.locator("[name=password]").fill("a long enough secret")
    page.get_by_role("button", name="Log in", exact=True).last.click()
    expect(page.locator(".identity.you")).to_be_visible()
    expect_text(page, "Before the log-in.")


def test_an_older_copy_from_the_server_gives_way(visitor: Visitor, site: "Server", essay: Essay) -> None:
    """After a login the server renders the form with the text sent along; that is only a copy of the draft."""
    page = visitor.open(url(site, essay))
    write(page, "Before the log-in.")
    log_in_without_a_popup(page)
    write(page, "After the log-in.")
    page.reload()
    expect_text(page, "After the log-in.")
    expect(page.locator(".draft")).to_be_hidden()
    page.context.new_page().goto(url(site, essay))
    newer = page.context.pages[-1]
    expect_text(newer, "Before the log-in.")  # the other tab is open, so its draft is not offered
    newer.close()
    page.close()
    page = newer.context.new_page()
    page.goto(url(site, essay))
    expect_text(page, "After the log-in.")
    expect(page.locator(".draft")).to_contain_text("saved in this browser")
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment .comment-body")).to_have_text("After the log-in.")
    expect_text(page, "")
    expect_draft(page, None)


def test_typing_over_an_older_copy_before_the_drafts_load_is_saved(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = visitor.open(url(site, essay), alone=True)  # in a used tab the script is already cached
    write(page, "Before the log-in.")
    routes: list[Route] = []
    page.route("**/draft-recovery*.js", lambda route: routes.append(route))
    log_in_without_a_popup(page)
    page.get_by_role("textbox", name="Comment").fill("After the log-in.")
    wait_until(lambda: bool(routes), "the script to be requested")
    routes[0].continue_()
    expect_draft(page, "After the log-in.")
    wait_until(lambda: not page.evaluate(IS_SAVED, "Before the log-in."), "one draft that continues the other")
    page.unroute_all()
    page.reload()
    expect_text(page, "After the log-in.")
    expect(page.locator(".draft")).to_be_hidden()


def test_text_typed_before_any_script_loads_is_saved(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(alone=True)
    routes: list[Route] = []
    page.route("**/reading/essay*.js", lambda route: routes.append(route))
    page.goto(url(site, essay), wait_until="commit")
    page.get_by_role("textbox", name="Comment").fill(WORDS)
    wait_until(lambda: bool(routes), "the script to be requested")
    routes[0].continue_()
    expect_draft(page, WORDS)


def test_text_that_a_browser_cannot_store_can_still_be_posted(
    visitor: Visitor, site: "Server", essay: Essay, tmp_path: Path, start: Callable[[], BrowserContext]
) -> None:
    preferences = tmp_path / "Default" / "Preferences"
    preferences.parent.mkdir()
    preferences.write_text('{"profile": {"default_content_setting_values": {"cookies": 2}}}')
    page = start().pages[0]
    page.goto(url(site, essay))
    page.get_by_role("textbox", name="Comment").fill("Refused.")
    expect(page.locator(".draft")).to_contain_text("Post your comment before you leave this page")
    post(page)
    expect(page.locator("li.comment .comment-body")).to_have_text("Refused.")

    page = visitor.open(url(site, essay))
    write(page, "There is room for this.")
    # As when the disk is full.
    page.evaluate("() => { IDBTransaction.prototype.commit = IDBTransaction.prototype.abort }")
    page.get_by_role("textbox", name="Comment").fill("None for that.")
    expect(page.locator(".draft")).to_contain_text("Post your comment before you leave this page")
    visitor.check_accessibility(page)
    post(page)
    expect(page.locator("li.comment .comment-body").last).to_have_text("None for that.")


def test_at_most_a_second_is_lost_when_the_browser_is_killed(
    site: "Server", essay: Essay, tmp_path: Path, start: Callable[[], BrowserContext]
) -> None:
    page = start().pages[0]
    page.goto(url(site, essay))
    page.get_by_role("textbox", name="Comment").focus()
    typed: list[float] = []
    text = "Whoever writes this is cut off somewhere in the middle, as are we all"
    for character in text:
        page.keyboard.type(character, delay=25)
        typed.append(time.monotonic())
    kill_with_profile(tmp_path)
    end = time.monotonic()
    page = start().pages[0]
    page.goto(url(site, essay))
    expect(page.locator(".draft")).to_contain_text("saved in this browser")
    restored = page.get_by_role("textbox", name="Comment").input_value()
    assert text.startswith(restored)
    assert len(restored) >= len([moment for moment in typed if moment < end - 1])
