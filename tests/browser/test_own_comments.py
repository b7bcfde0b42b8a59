"""Editing and deleting own comments in a browser, with and without JavaScript, by keyboard, on a phone, in the dark."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.browser.layout import check_layout
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

numbers = count(1)


@pytest.fixture
def essay(site: "Server") -> Iterator[Essay]:
    make.rules(hold_first_comment=False)
    yield make.essay("Whose Promise Is It?")
    make.rules(hold_first_comment=True)


def test_a_guest_edits_and_deletes_a_comment_without_script(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(site.url + essay.get_absolute_url(), width=360, script=False)
    for label, text in (("Comment", "A first try."), ("Name", "Anna Karg"), ("Email", "anna@example.org")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Post Comment").last.click()
    comment = Comment.objects.latest("pk")
    item = page.locator(f"#comment-{comment.pk}")
    item.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("A first try.")
    page.get_by_label("Comment", exact=True).fill(" ")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_label("Comment", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Comment", exact=True).fill("A *second* try.")
    page.get_by_role("button", name="Save changes").click()
    expect(item.locator(".comment-body")).to_have_text("A second try.")
    expect(item.get_by_role("status")).to_contain_text("Changes saved.")
    expect(item.locator(".edited")).to_contain_text("edited")
    stranger = visitor.open(site.url + essay.get_absolute_url(), script=False)
    expect(stranger.locator(f"#comment-{comment.pk} .comment-body")).to_have_text("A second try.")
    expect(stranger.get_by_role("link", name="Edit")).to_have_count(0)
    item.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").filter(has_text="Your comment has been deleted.")).to_be_visible()
    expect(item).to_have_count(0)
    stranger.reload()
    expect(stranger.locator(f"#comment-{comment.pk}")).to_have_count(0)


def test_a_logged_in_user_edits_and_deletes_by_keyboard_and_every_page_is_accessible(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    user = make.user(f"own{next(numbers)}", name="Rosa Castellanos")
    comment = make.comment(essay, "A claim.", by=Commenter.objects.for_user(user))
    make.comment(essay, "An objection.", to=comment)
    page = visitor.open()
    log_in(page.context, user, site.url)
    page.goto(site.url + essay.get_absolute_url())
    item = page.locator(f"#comment-{comment.pk}")
    item.get_by_role("link", name="Edit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Edit comment")).to_be_visible()
    check_layout(visitor, page, also_in="edit_page")
    field = page.get_by_label("Comment", exact=True)
    field.fill("")
    field.press("Tab")
    expect(page.get_by_role("button", name="Save changes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group").filter(has_text="Your changes weren’t saved.")).to_be_focused()
    check_layout(visitor, page, dark=True, also_in="rejected_edit")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Comment", exact=True).fill("A claim from another tab.")
    other.get_by_role("button", name="Save changes").click()
    expect(other.locator(".edited")).to_be_visible()
    field.fill("A better claim.")
    field.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Current version")).to_have_value("A claim from another tab.")
    expect(page.get_by_label("Your version")).to_have_value("A better claim.")
    check_layout(visitor, page)
    page.get_by_role("button", name="Save changes").press("Enter")
    expect(item.locator(".comment-body").first).to_have_text("A better claim.")
    check_layout(visitor, page, dark=True)
    item.get_by_role("link", name="Delete").press("Enter")
    expect(page.get_by_role("heading", name="Delete comment")).to_be_visible()
    check_layout(visitor, page, dark=True, also_in="delete_page")
    page.get_by_role("button", name="Delete").press("Enter")
    expect(item).to_contain_text("Removed by the commenter.")
    expect(page.get_by_role("status").filter(has_text="Your comment has been deleted.")).to_be_visible()
    check_layout(visitor, page)
    page.goto(f"{site.url}/comments/{comment.pk}/edit/")
    expect(page.get_by_role("status")).to_contain_text("it can’t be edited")
    check_layout(visitor, page)
    page.goto(f"{site.url}/replies/comments/")
    check_layout(visitor, page, also_in="own_comments_page")


def test_a_reload_keeps_an_unsaved_edit_until_it_is_saved_or_canceled(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    user = make.user(f"own{next(numbers)}", name="Rosa Castellanos")
    comment = make.comment(essay, "A claim.", by=Commenter.objects.for_user(user))
    page = visitor.open()
    log_in(page.context, user, site.url)
    edit_url = f"{site.url}/comments/{comment.pk}/edit/"
    page.goto(edit_url)
    field = page.get_by_label("Comment", exact=True)
    field.fill("A better claim.")
    page.reload()
    expect(field).to_have_value("A better claim.")
    page.get_by_role("link", name="Cancel").click()
    page.goto(edit_url)
    expect(field).to_have_value("A claim.")
    field.fill("Another claim.")
    other = page.context.new_page()
    other.goto(edit_url)
    expect(other.get_by_label("Comment", exact=True)).to_have_value("A claim.")
    other.get_by_label("Comment", exact=True).fill("From the other tab.")
    other.get_by_role("button", name="Save changes").click()
    page.reload()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_label("Your version")).to_have_value("Another claim.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator(f"#comment-{comment.pk} .comment-body")).to_have_text("Another claim.")
    page.goto(edit_url)
    expect(field).to_have_value("Another claim.")
