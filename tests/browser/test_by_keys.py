"""A reader reads, likes, replies, subscribes, edits and deletes by keyboard, with and without JavaScript."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from blog.models import Essay
from comments.models import Comment, Like
from tests import make
from tests.services.chromium import Visitor
from tests.services.keyboard import press, tab_to, type_into

if TYPE_CHECKING:
    from tests.services.site import Server


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False, guests_may_like=True)
    return make.essay("Of Keys", by=make.author(name="Miriam Achterberg"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_reader_does_everything_by_keyboard(visitor: Visitor, site: "Server", essay: Essay, script: bool) -> None:
    root = make.comment(essay, "Sell it.", by=make.guest("Ines Okafor"))
    reply = make.comment(essay, "Keep it.", to=root)
    page = visitor.open(site.url + essay.get_absolute_url(), script=script)

    press(page, ".skip")
    expect(page).to_have_url(f"{site.url}{essay.get_absolute_url()}#main")
    press(page, ".replies > summary")
    expect(page.locator(f"#comment-{reply.pk}")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(f"#comment-{reply.pk}")).to_be_visible()
    press(page, ".tools a[href*=newest]")
    expect(page.locator(".tools [aria-current]")).to_have_text("Newest")

    press(page, "article.essay .likes button")
    expect(page.get_by_role("button", name="You like this essay")).to_be_visible()
    assert Like.objects.filter(essay=essay, comment=None).count() == 1

    press(page, f"#comment-{root.pk} > .say .reply")
    expect(page.locator(".thread form#respond")).to_be_visible()
    if script:
        expect(page.locator("form#respond textarea")).to_be_focused()
    else:
        tab_to(page, "form#respond textarea")
    page.keyboard.type("Neither.")
    type_into(page, "[name=name]", "Anselm Brandt")
    type_into(page, "[name=email]", "anselm.keys@example.org")
    press(page, "[name=remember]", "Space")
    press(page, "[name=notify_replies]", "Space")
    press(page, "form#respond .post")
    comment = page.locator(f"#comment-{root.pk} li.comment").last
    expect(comment.locator(".comment-body")).to_have_text("Neither.")
    expect(comment.get_by_role("status")).to_contain_text("open the confirmation link we’ve emailed you")

    reply_row = Comment.objects.get(essay=essay, commenter__name="Anselm Brandt")
    press(page, f"#comment-{reply_row.pk} .do a[href*='edit/']")
    expect(page.get_by_role("heading", name="Edit comment")).to_be_visible()
    if page.evaluate("document.activeElement.tagName") != "TEXTAREA":
        tab_to(page, "main textarea")
    page.keyboard.press("Control+a")
    page.keyboard.type("Both.")
    press(page, "main button.post")
    expect(page.locator(f"#comment-{reply_row.pk} .comment-body")).to_have_text("Both.")

    press(page, f"#comment-{reply_row.pk} .do a[href*='delete/']")
    expect(page.get_by_role("heading", name="Delete comment")).to_be_visible()
    press(page, "main button.post")
    expect(page.get_by_role("status").filter(has_text="Your comment has been deleted.")).to_be_visible()
    expect(page.locator(f"#comment-{reply_row.pk}")).to_have_count(0)
