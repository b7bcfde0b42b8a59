"""Posting without leaving the page: the comment appears in its thread, or the error is shown; nothing is lost."""

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Rules
from moderation.decisions import actions as deciding
from tests import make
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server


@pytest.fixture
def rules(site: "Server") -> Rules:
    return make.rules(hold_first_comment=False)


@pytest.fixture
def essay(rules: Rules) -> Essay:
    return make.essay("Of Forms", by=make.author(name="Miriam Achterberg"))


def open_essay(visitor: Visitor, site: "Server", essay: Essay, after: str = "", **look: Any) -> Page:
    """Open the essay's page with a mark that shows whether it was loaded again."""
    page = visitor.open(site.url + essay.get_absolute_url() + after, **look)
    page.evaluate("window.isSame = true")
    return page


def is_not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.isSame === true"))


def write(page: Page, text: str, *, name: str = "Anselm Brandt", email: str = "anselm@brandt.example") -> None:
    page.get_by_role("textbox", name="Comment").fill(text)
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Email", exact=True).fill(email)


def post(page: Page, text: str, **details: str) -> None:
    write(page, text, **details)
    page.get_by_role("button", name="Post Comment").click()


def expect_status(page: Page, text: str) -> None:
    expect(page.locator("li.comment .notice[role=status]")).to_contain_text(text)


def test_a_published_comment_appears_in_place(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    post(page, "The *first*.")
    first = page.locator("li.comment", has_text="The first.")
    expect(first.locator("> .say")).to_be_focused()
    expect_status(page, "Your comment is published.")
    expect(first.locator(".notice")).to_have_text("Your comment is published.")
    expect(first.locator(".comment-body em")).to_have_text("first")
    expect(first.locator(".when")).to_have_text(re.compile("now|ago"))
    expect(first.get_by_role("link", name="Edit")).to_be_visible()
    expect(page.get_by_role("heading", name="One comment on “Of Forms”")).to_be_visible()
    expect(page.locator(".byline")).to_contain_text("1 comment")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")
    expect(page.locator("#comments > .thread")).to_have_count(1)  # not beside the heading
    first.locator(".more").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Copy link", "Quote"])
    page.keyboard.press("Escape")
    assert is_not_reloaded(page)
    comment = Comment.objects.get(essay=essay)
    assert re.search(rf"\?key={comment.pk}-own.*#comment-{comment.pk}$", page.url)
    visitor.check_accessibility(page)
    page.reload()
    expect(first.get_by_role("link", name="Edit")).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")
    first.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete")).to_be_visible()


def test_a_reply_appears_under_its_collapsed_parent(visitor: Visitor, site: "Server", essay: Essay) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    reply = make.comment(essay, to=root, by=make.guest("Tobias Fenn"))
    make.comment(essay, "Another thread.")
    page = open_essay(visitor, site, essay)
    page.get_by_role("link", name="Reply to Tobias Fenn").click()
    write(page, "An answer.")
    page.locator("form#respond").evaluate("form => form.closest('details').open = false")
    page.locator("form#respond").evaluate("form => form.requestSubmit()")
    answer = page.locator(f"#comment-{reply.pk} li.comment", has_text="An answer.")
    expect(answer.locator("> .say")).to_be_focused()
    expect(answer).to_be_in_viewport()
    expect(page.locator(f"#comment-{root.pk} > .replies > summary")).to_have_text("2 replies")
    expect(page.locator(f"#comment-{reply.pk} > .replies > summary")).to_have_text("1 reply")
    expect(page.locator(".closing > form#respond")).to_have_count(1)
    expect(page.get_by_role("heading", name="Leave a Reply", exact=True)).to_be_visible()
    assert is_not_reloaded(page)


def test_a_held_comment_shows_why_it_is_pending(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.rules(hold_first_comment=True)
    make.comment(essay)
    page = open_essay(visitor, site, essay, width=360)
    post(page, "My first.")
    expect_status(page, "Your comment is awaiting moderation.")
    expect_status(page, "A moderator will review your first comment before it appears.")
    pending = page.locator("li.comment[data-status=pending]")
    expect(pending.locator("> .say")).to_be_focused()
    expect(page.get_by_role("heading", name="One comment")).to_be_visible()
    visitor.check_accessibility(page)


def test_a_logged_in_user_sees_the_result_too(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open()
    log_in(page.context, User.objects.get(username="author"), site.url)
    page.goto(site.url + essay.get_absolute_url())
    page.get_by_role("textbox", name="Comment").fill("As I said.")
    page.get_by_role("button", name="Post Comment").click()
    expect_status(page, "Your comment is published.")
    expect(page.locator("li.comment .notice")).to_have_text("Your comment is published.")
    expect(page.locator(".identity.you")).to_be_visible()


@pytest.mark.parametrize("order", ["newest", "liked"])
def test_a_comment_appears_where_the_chosen_order_puts_it(
    visitor: Visitor, site: "Server", essay: Essay, order: str
) -> None:
    for _number in range(3):
        make.comment(essay)
    page = open_essay(visitor, site, essay, f"?order={order}")
    post(page, "The newest.")
    expect(page.locator(".thread > li").first).to_contain_text("The newest.")
    assert is_not_reloaded(page)


def test_a_reply_in_a_thread_on_another_page_leads_there(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.rules(hold_first_comment=False, threads_a_page=2)
    for _number in range(4):
        make.comment(essay)
    page = open_essay(visitor, site, essay)
    post(page, "On the last page.")
    own_comment = page.locator("li.comment", has_text="On the last page.")
    expect(own_comment.locator("> .say")).to_be_focused()
    expect(page.locator("li.comment")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")
    assert not is_not_reloaded(page)


@pytest.fixture
def existing_comment(essay: Essay) -> Comment:
    return make.comment(essay, "Said.", by=make.guest("Anselm Brandt", email="anselm@brandt.example"))


def test_a_rejection_is_explained_in_the_form(
    visitor: Visitor, site: "Server", essay: Essay, existing_comment: Comment
) -> None:
    page = open_essay(visitor, site, essay)
    errors = page.locator("form#respond .errors")
    post(page, "An answer.", name="", email="anselm@brandt")
    expect(errors).to_be_focused()
    expect(errors).to_contain_text("Enter your name.")
    expect(page.locator("form#respond [aria-invalid=true]")).to_have_count(2)
    visitor.check_accessibility(page)
    post(page, "Said.")
    expect(errors).to_contain_text("You’ve already posted this comment.")
    expect(errors.get_by_role("link", name="View your comment")).to_have_attribute(
        "href", f"/comments/{existing_comment.pk}/"
    )
    expect(page.locator("form#respond [aria-invalid=true]")).to_have_count(0)
    make.rules(hold_first_comment=False, flood_seconds=60)
    post(page, "Quick.", name="Quick", email="quick@brandt.example")
    expect(page.locator("li.comment", has_text="Quick.")).to_be_visible()
    post(page, "Quicker.", name="Quick", email="quick@brandt.example")
    expect(errors).to_contain_text("You’re posting too quickly")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Quicker.")
    make.rules(hold_first_comment=False)
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("li.comment", has_text="Quicker.")).to_be_visible()
    expect(errors).to_have_count(0)
    assert is_not_reloaded(page)


def test_the_text_of_a_reply_to_a_deleted_comment_stays_in_the_form(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    page = open_essay(visitor, site, essay)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    write(page, "An answer.")
    deciding.trash(root, by=make.moderator())
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator(".errors")).to_contain_text("is no longer available")
    expect(page.get_by_role("heading", name="Leave a Reply", exact=True)).to_be_visible()
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator(".thread > li", has_text="An answer.")).to_be_visible()


def test_the_text_can_be_copied_when_comments_have_been_closed(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    write(page, "Too late.")
    make.rules(close_after_days=1)
    Essay.objects.filter(pk=essay.pk).update(published="2020-01-01T00:00Z")
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator("#respond")).to_be_focused()
    expect(page.locator("#respond")).to_contain_text("Comments are closed.")
    expect(page.get_by_label("Your comment")).to_have_value("Too late.")


ANSWERS = {
    "busy": (503, "<main><h1>This site is very busy</h1><p>Please wait a moment.</p></main>", "very busy"),
    "too large": (413, "<main><h1>Too large to send</h1><p>It is larger than 256 KB.</p></main>", "larger than"),
    "forbidden": (
        403,
        "<main><h1>You don’t have access to this page</h1><p>No.</p></main>",
        "You don’t have access to this page. No.",
    ),
    "somebody else's": (502, "Bad gateway", "We couldn’t reach the site. Please try again in a moment."),
    "away": (0, "", "We couldn’t reach the site. Please try again in a moment."),
}


def test_nothing_is_lost_when_the_site_is_in_trouble(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    field, errors = page.get_by_role("textbox", name="Comment"), page.locator("form#respond .errors")
    for trouble, (status, body, message) in ANSWERS.items():
        text = f"Words that met {trouble}."
        write(page, text)
        page.route("**/respond/", partial(respond_with, status, body), times=1)
        page.get_by_role("button", name="Post Comment").click()
        expect(errors).to_be_focused()
        expect(errors).to_contain_text(message)
        expect(errors).to_contain_text("Your comment is still here")
        expect(field).to_have_value(text)
        page.get_by_role("button", name="Post Comment").click()
        expect(page.locator("li.comment", has_text=text)).to_be_visible()
        expect(errors).to_have_count(0)
        assert is_not_reloaded(page)


def respond_with(status: int, body: str, route: Route) -> None:
    route.fulfill(status=status, body=body, content_type="text/html") if status else route.abort()


def lose_response(route: Route) -> None:
    """The server gets the request, but the browser never gets the response."""
    route.fetch()
    route.abort()


def test_a_lost_response_leads_to_no_second_comment(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    for text, reloads in (("Said once.", False), ("Said before a reload.", True)):
        make.rules(hold_first_comment=False)
        page.route("**/respond/", lose_response, times=1)
        post(page, text)
        expect(page.locator("form#respond .errors")).to_contain_text(
            "We couldn’t reach the site. Please try again in a moment."
        )
        make.rules(hold_first_comment=False, flood_seconds=60)
        if reloads:
            page.reload()
            expect(page.get_by_role("textbox", name="Comment")).to_have_value(text)
            write(page, text)
        page.get_by_role("button", name="Post Comment").click()
        expect(page.locator("li.comment", has_text=text).locator("> .say")).to_be_focused()
        assert Comment.objects.filter(essay=essay, wording__text=text).count() == 1
    assert Comment.objects.filter(essay=essay).count() == 2


def test_two_presses_and_two_keys_post_once(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    write(page, "Once.")
    page.get_by_role("button", name="Post Comment").dblclick()
    page.get_by_role("textbox", name="Comment").press("Control+Enter")
    expect(page.locator("li.comment", has_text="Once.")).to_be_visible()
    expect(page.get_by_role("button", name="Post Comment")).to_have_attribute("aria-disabled", "false")
    assert Comment.objects.filter(essay=essay).count() == 1


def test_the_first_press_counts_before_anything_has_focus(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    page.locator("form#respond").evaluate("form => form.requestSubmit()")
    expect(page.locator("form#respond .errors")).to_contain_text("Please write something")
    assert is_not_reloaded(page)


def test_text_typed_while_sending_stays(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    field = page.get_by_role("textbox", name="Comment")

    def keep_typing(route: Route) -> None:
        field.press_sequentially(" And more.")
        route.continue_()

    page.route("**/respond/", keep_typing, times=1)
    post(page, "Sent.")
    expect(page.locator("li.comment", has_text="Sent.")).to_be_visible()
    expect(field).to_have_value("Sent. And more.")


def test_near_the_limit_the_form_shows_how_many_characters_are_left(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    page = open_essay(visitor, site, essay, width=360)
    field = page.get_by_role("textbox", name="Comment")
    remaining = page.locator("form#respond .field [role=status]")
    for text, hint in (
        ("a" * 50_000, None),
        ("a" * 60_000, "About 5,500 characters left"),
        ("ж" * 32_000, "About 700 characters left"),
        ("🙂" * 16_370, "About 10 characters left"),
        ("a" * 65_520, "You’ve almost reached the length limit"),
        ("ж" * 33_000, "About 300 characters too long"),
        ("a" * 70_000, "About 4,500 characters too long"),
        ("a", ""),
    ):
        field.fill(text)
        if hint is None:
            expect(page.get_by_text("characters left")).to_have_count(0)
        else:
            expect(remaining).to_have_text(hint)
    field.fill("ж" * 33_000)
    visitor.check_accessibility(page)
    post(page, "ж" * 33_000)
    expect(page.locator(".errors")).to_contain_text("too long")
