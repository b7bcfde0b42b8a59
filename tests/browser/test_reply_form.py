"""The reply form in a real browser, with and without JavaScript: typed text is kept and posted in the right thread."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from blog.models import Essay
from comments.models import Comment, Discussion
from tests import make
from tests.lists import SCRIPT_OR_NOT
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

WORDS = "The dead keep still, yes.\n\nBut so does a stone, and I do not think we owe steadiness to stones."


@pytest.fixture(params=SCRIPT_OR_NOT)
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def fill(page: Page, text: str = WORDS, *, name: str = "Anselm Brandt", email: str = "anselm@brandt.example") -> None:
    page.get_by_role("textbox", name="Comment").fill(text)
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Email", exact=True).fill(email)


def open_essay(visitor: Visitor, site: "Server", essay: Essay, script: bool = True) -> Page:
    return visitor.open(site.url + essay.get_absolute_url(), script=script)


def cookie_names(page: Page) -> set[str]:
    return {str(cookie["name"]) for cookie in page.context.cookies()}


def test_a_guest_posts_and_sees_the_held_comment(visitor: Visitor, site: "Server", essay: Essay, script: bool) -> None:
    page = open_essay(visitor, site, essay, script)
    assert page.context.cookies() == []
    fill(page)
    page.get_by_role("button", name="Post Comment").click()
    pending = page.locator("li.comment[data-status=pending]")
    expect(pending.locator(".comment-body")).to_contain_text("so does a stone")
    expect(pending).to_contain_text("Your comment is awaiting moderation.")
    assert cookie_names(page) == {"visit"}  # the guest did not ask to be remembered
    assert Comment.objects.get(essay=essay).status == "pending"
    stranger = open_essay(visitor, site, essay)
    expect(stranger.get_by_text("so does a stone")).to_have_count(0)


def test_a_reply_is_shown_under_its_parent(visitor: Visitor, site: "Server", essay: Essay, script: bool) -> None:
    parent = make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))
    page = open_essay(visitor, site, essay, script)
    if script:
        page.get_by_role("textbox", name="Comment").fill("Typed before I knew whom I answer.")
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    expect(page.get_by_role("heading", name="Leave a Reply to Ines Okafor")).to_be_visible()
    expect(page.locator(f"#comment-{parent.pk} form#respond")).to_have_count(1)
    expect(page.locator("form#respond")).to_have_count(1)
    if script:
        expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
        expect(page.get_by_role("textbox", name="Comment")).to_have_value("Typed before I knew whom I answer.")
    fill(page, "I do.")
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator(f"#comment-{parent.pk} li.comment .comment-body")).to_have_text("I do.")
    assert Comment.objects.get(parent=parent).wording.text == "I do."


def test_cancel_reply_moves_the_form_back(visitor: Visitor, site: "Server", essay: Essay, script: bool) -> None:
    parent = make.comment(essay, by=make.guest("Ines Okafor"))
    page = open_essay(visitor, site, essay, script)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    if script:
        page.get_by_role("textbox", name="Comment").fill(WORDS)
    page.get_by_role("link", name="Cancel reply").click()
    expect(page.get_by_role("heading", name="Leave a Reply", exact=True)).to_be_visible()
    expect(page.locator(f"#comment-{parent.pk} form#respond")).to_have_count(0)
    expect(page.locator("form#respond [name=parent]")).to_have_value("")
    if script:
        expect(page.get_by_role("textbox", name="Comment")).to_have_value(WORDS)


def test_a_rejection_keeps_all_typed_text(visitor: Visitor, site: "Server", essay: Essay, script: bool) -> None:
    parent = make.comment(essay, by=make.guest("Ines Okafor"))
    page = open_essay(visitor, site, essay, script)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    fill(page, email="anselm@brandt")
    page.get_by_role("textbox", name="Website").fill("brandt.example/a b")
    page.get_by_label(re.compile("Save my name")).check()
    page.get_by_role("button", name="Post Comment").click()
    summary = page.locator(".errors")
    expect(summary).to_be_focused()
    expect(page.locator(f"#comment-{parent.pk} form#respond")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(WORDS)
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Anselm Brandt")
    expect(page.get_by_role("textbox", name="Website")).to_have_value(re.compile("brandt.example/a b$"))
    expect(page.get_by_label(re.compile("Save my name"))).to_be_checked()
    email = page.get_by_role("textbox", name="Email", exact=True)
    expect(email).to_have_attribute("aria-invalid", "true")
    assert "respond-email-error" in (email.get_attribute("aria-describedby") or "")
    summary.get_by_role("link", name="needs an ending").click()
    expect(email).to_be_focused()
    email.fill("anselm@brandt.example")
    page.get_by_role("textbox", name="Website").fill("")
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment[data-status=pending]")).to_have_count(1)
    assert Comment.objects.get(parent=parent).wording.text == WORDS


def test_a_browser_remembers_a_guest_who_asks_for_it(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    page = open_essay(visitor, site, essay, script)
    fill(page)
    page.get_by_label(re.compile("Save my name")).check()
    page.get_by_role("button", name="Post Comment").click()
    expect(page.get_by_text("awaiting moderation")).to_be_visible()
    assert cookie_names(page) == {"commenter"}
    assert {(cookie["httpOnly"], cookie["sameSite"]) for cookie in page.context.cookies()} == {(True, "Lax")}
    page.goto(site.url + essay.get_absolute_url())
    expect(page.get_by_text("awaiting moderation")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Anselm Brandt")
    fill(page, "A second thought.")
    page.get_by_label(re.compile("Save my name")).uncheck()
    page.get_by_role("button", name="Post Comment").click()
    expect(page.get_by_text("A second thought.")).to_be_visible()
    assert cookie_names(page) == {"visit"}
    assert len({comment.commenter_id for comment in Comment.objects.filter(essay=essay)}) == 1


def test_control_and_enter_post_once(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    fill(page)
    page.get_by_role("textbox", name="Comment").press("Control+Enter")
    expect(page.get_by_text("awaiting moderation")).to_be_visible()
    assert Comment.objects.filter(essay=essay).count() == 1


def test_a_permalink_focuses_its_comment(visitor: Visitor, site: "Server", essay: Essay) -> None:
    Discussion.objects.create(essay=essay, own_threads_a_page=5)
    comments = [make.comment(essay, f"Thread {number}.") for number in range(10)]
    reply = make.comment(essay, "The one meant.", to=comments[7])
    page = visitor.open(f"{site.url}/comments/{reply.pk}/")
    expect(page.locator(f"#comment-{reply.pk} > .say")).to_be_focused()
    expect(page.get_by_text("Thread 0.")).to_have_count(0)  # it is another page
    expect(page.locator(f"#comment-{reply.pk}")).to_be_in_viewport()


def test_everything_is_reached_by_keyboard(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.comment(essay, by=make.guest("Ines Okafor"))
    page = open_essay(visitor, site, essay)
    page.get_by_role("link", name="Reply to Ines Okafor").press("Enter")
    for text in (WORDS, "Anselm Brandt", "anselm@brandt.example"):
        if text == "Anselm Brandt":
            while page.evaluate("document.activeElement.name") != "name":
                page.keyboard.press("Tab")
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("awaiting moderation")).to_be_visible()


def test_a_preview_by_keyboard_is_above_the_button_and_keeps_the_form(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    page = open_essay(visitor, site, essay, script)
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.locator(".preview")).to_be_focused()
    expect(page.locator(".preview")).to_contain_text("Please write something")
    fill(page, "I *do*.", email="not yet")
    page.get_by_role("textbox", name="Comment").press("Tab")
    expect(page.locator(".guide summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".guide dd").first).to_be_visible()
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.locator(".preview")).to_be_focused()
    expect(page.locator(".preview-body em")).to_have_text("do")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("I *do*.")
    expect(page.get_by_role("textbox", name="Email", exact=True)).to_have_value("not yet")
    expect(page.locator(".errors")).to_have_count(0)
    if script:
        visitor.check_accessibility(page)
        page.context.set_offline(True)
        page.get_by_role("button", name="Preview").press("Enter")
        expect(page.locator(".preview")).to_contain_text("We couldn’t load the preview.")
        page.context.set_offline(False)
        visitor.errors.clear()  # about the 422 response, and about being offline
    page.get_by_role("textbox", name="Email", exact=True).fill("anselm@brandt.example")
    page.get_by_role("button", name="Post Comment").press("Enter")
    expect(page.locator("li.comment[data-status=pending] .comment-body")).to_have_text("I do.")
