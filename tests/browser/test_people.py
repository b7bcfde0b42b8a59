"""A person's drawer in the queue, their page without JavaScript, and the time a form reports."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from comments.models import Block, Comment
from moderation.models import Note
from tests import make
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

Open = Callable[..., Page]


@pytest.fixture
def desk(visitor: Visitor, site: "Server") -> Open:
    moderator = make.moderator(f"mara{Comment.objects.count()}", name="Mara")

    def open_path(address: str, **look: Any) -> Page:
        page = visitor.open(**look)
        log_in(page.context, moderator, site.url)
        page.goto(site.url + address)
        return page

    return open_path


@pytest.fixture
def held_comment(site: "Server") -> Comment:
    Comment.objects.filter(status="pending").update(status="spam")  # rows of other tests make pages long
    return make.comment(make.essay("Of Drawers"), "Words", by=make.guest("Rosa Held"), status="pending")


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_drawer_opens_in_its_row_and_shows_responses_there(
    visitor: Visitor, desk: Open, held_comment: Comment, width: int, dark: bool
) -> None:
    page = desk("/admin/comments/queue/", width=width, dark=dark)
    row = page.locator(f"#comment-{held_comment.pk}")
    row.locator("a[data-form=person]").click()
    row.locator("[name=text]").fill("Look twice.")
    row.get_by_role("button", name="Add note").click()
    expect(row.get_by_text("Note added.")).to_be_visible()
    assert Note.objects.filter(commenter=held_comment.commenter_id, text="Look twice.").count() == 1
    row.get_by_text("Trust, hold or block").click()
    row.locator("[name=until]").fill("2001-01-01")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_text("Choose a future date, or leave it empty for no end date.")).to_be_visible()
    assert "422" in visitor.errors.pop()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.check_accessibility(page)
    page.keyboard.press("Escape")
    expect(row.locator(".one-person")).to_be_hidden()
    expect(row).to_be_focused()


def test_the_drawer_says_why_nothing_was_saved(visitor: Visitor, desk: Open, held_comment: Comment) -> None:
    page = desk("/admin/comments/queue/")
    row = page.locator(f"#comment-{held_comment.pk}")
    row.locator("a[data-form=person]").click()
    row.locator("[name=text]").fill("Look twice.")
    User.objects.latest("pk").groups.clear()
    row.get_by_role("button", name="Add note").click()
    expect(row.get_by_role("alert")).to_contain_text("Only moderators can open the queue. Ask the site owner")
    page.context.clear_cookies()
    row.get_by_role("button", name="Add note").click()
    expect(row.get_by_role("alert")).to_have_text(re.compile("^You’re logged out"))
    expect(row.locator("[name=text]")).to_have_value("Look twice.")
    assert ["403" in visitor.errors.pop() for _ in range(2)] == [True, True]


def test_the_drawer_opens_for_an_author_who_moderates(visitor: Visitor, site: "Server") -> None:
    make.rules(authors_moderate=True)
    author = make.author()
    comment = make.comment(make.essay("Of Drawers", by=author), "Words", by=make.guest("Rosa Held"), status="pending")
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(f"{site.url}/admin/comments/queue/")
    row = page.locator(f"#comment-{comment.pk}")
    row.locator("a[data-form=person]").click()
    expect(row.get_by_role("button", name="Remove comments")).to_be_visible()
    expect(row.locator(".inline")).to_be_focused()
    make.rules(authors_moderate=False)


def test_a_persons_page_works_without_script(visitor: Visitor, desk: Open, held_comment: Comment) -> None:
    page = desk("/admin/comments/queue/", script=False)
    page.locator(f"#comment-{held_comment.pk} .person a").click()
    page.get_by_text("Trust, hold or block").click()
    page.locator("[name=kind]").select_option("hold")
    page.get_by_role("button", name="Save").click()
    assert Block.objects.get(commenter=held_comment.commenter_id).kind == "hold"
    page.get_by_role("button", name="always held").click()
    assert not Block.objects.filter(commenter=held_comment.commenter_id).exists()
    page.get_by_role("button", name="Remove comments").click()
    expect(page.get_by_role("button", name="Undo all 1")).to_be_visible()
    held_comment.refresh_from_db()
    assert held_comment.status == "trash"


def test_a_form_reports_that_it_was_sent_too_fast(visitor: Visitor, site: "Server") -> None:
    make.rules(hold_first_comment=False, hold_quick=60)
    page = visitor.open(site.url + make.essay("Of Haste").get_absolute_url())
    for label, text in (("Comment", "Bought in haste."), ("Name", "Quick"), ("Email", "q@example.org")):
        page.get_by_role("textbox", name=label, exact=True).fill(text)
    page.locator("#respond .post").click()
    expect(page.get_by_text("Your comment is awaiting moderation.").first).to_be_visible()
    wording = Comment.objects.latest("pk").wording
    assert wording
    assert [reason["code"] for reason in wording.reasons] == ["quick"]
