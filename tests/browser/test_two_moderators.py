"""Two moderators at the same rows at the same time: the first decision counts, and the other moderator is told."""

import random
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from playwright.sync_api import expect

from comments.models import Comment, Decision, Discussion
from moderation.decisions import actions, editing
from tests import make
from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

AFTER = {"approve": "approved", "spam": "spam", "trash": "trash"}


def test_each_comment_is_decided_once_and_the_other_moderator_is_told(visitor: Visitor, site: "Server") -> None:
    Comment.objects.filter(status="pending").update(status="spam")
    essay = make.essay("Whose Promise Is It?")
    count = 50 if RUNS_ALL else 16
    comments = make.pending_comments(essay, count)
    people = [make.moderator(f"{name.lower()}{comments[0].pk}", name=name) for name in ("Mara", "Jo")]
    pages = []
    for user in people:
        page = visitor.open()
        log_in(page.context, user, site.url)
        page.goto(f"{site.url}/admin/comments/queue/?per_page=100")
        pages.append(page)
    random_ = random.Random(4)
    orders = [random_.sample(comments, count) for _ in pages]
    for pair in zip(*orders, strict=True):  # neither waits for a response
        for page, comment in zip(pages, pair, strict=True):
            verb = random_.choice(list(AFTER))
            page.evaluate(
                "([pk, verb]) => document.querySelector(`#comment-${pk}.row .verbs [value=${verb}]`)?.click()",
                [comment.pk, verb],
            )
    for page in pages:
        expect(page.locator("ol.queue[data-waiting='0']")).to_be_attached(timeout=60_000)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("li.row")).to_have_count(0)
    stored = Comment.objects.in_bulk([comment.pk for comment in comments])
    decisions = {decision.comment_number: decision for decision in Decision.objects.filter(comment_number__in=stored)}
    assert Decision.objects.filter(comment_number__in=stored).count() == count
    assert {pk: comment.status for pk, comment in stored.items()} == {
        pk: decision.after for pk, decision in decisions.items()
    }
    approved = sum(comment.status == "approved" for comment in stored.values())
    assert Discussion.objects.get(essay=essay).comment_count == approved
    assert {decision.moderator for decision in decisions.values()} == set(people)
    for page, other in zip(pages, reversed(people), strict=True):
        others = [pk for pk, decision in decisions.items() if decision.moderator == other]
        notices = page.locator("li.decided", has_text=f"by {other.name}")
        expect(notices).to_have_count(len(others))
    for page in pages:
        page.reload()
        expect(page.locator("[data-tab=pending] span, [aria-current=page]").first).to_contain_text("0")


def test_a_reply_is_kept_when_the_session_ends_and_when_another_moderator_decides(
    visitor: Visitor, site: "Server"
) -> None:
    comments = make.pending_comments(make.essay("Whose Promise Is It?"), texts={"Guest 0": "One", "Guest 1": "Two"})
    page = visitor.open()
    log_in(page.context, make.moderator(f"mara{comments[0].pk}"), site.url)
    page.goto(f"{site.url}/admin/comments/queue/?essay={comments[0].essay_id}#comment-{comments[0].pk}")
    row = page.locator(f"#comment-{comments[0].pk}")
    expect(row).to_be_focused()
    page.keyboard.press("r")
    field, send = row.get_by_label("Reply to Guest 0"), row.get_by_role("button", name="Approve and reply")
    field.fill("Typed here")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    send.click()
    expect(row.get_by_role("alert")).to_contain_text("You’re logged out.")
    expect(send).to_be_focused()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    actions.trash(comments[0], by=make.moderator(name="Jo"))
    send.click()
    expect(row.get_by_role("alert")).to_contain_text("moved to the trash by Jo, just now. Nothing was changed.")
    expect(field).to_have_value("Typed here")
    send.click()
    expect(page.locator(f"#comment-{comments[0].pk}.decided")).to_be_attached()
    assert Comment.objects.get(parent=comments[0]).status == "approved"

    page.locator(f"#comment-{comments[1].pk}").focus()
    page.keyboard.press("r")
    field = page.get_by_label("Reply to Guest 1")
    field.fill("Not sent yet")
    field.press("Escape")
    actions.trash(comments[1], by=make.moderator(name="Jo"))
    with page.expect_response("**/news/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.keyboard.press("r")
    expect(field).to_have_value("Not sent yet")
    assert len(visitor.errors) == 2, visitor.errors
    visitor.errors.clear()  # the console's lines about 401 and 422


def test_a_form_that_cannot_open_says_why_in_the_row(visitor: Visitor, site: "Server") -> None:
    comment = make.pending_comments(make.essay("Whose Promise Is It?"), texts={"Guest 0": "One"})[0]
    moderator = make.moderator(f"mara{comment.pk}")
    page = visitor.open()
    log_in(page.context, moderator, site.url)
    page.goto(f"{site.url}/admin/comments/queue/?essay={comment.essay_id}#comment-{comment.pk}")
    row, cookies = page.locator(f"#comment-{comment.pk}"), page.context.cookies()
    expect(row).to_be_focused()
    page.context.clear_cookies()
    page.keyboard.press("e")
    expect(row.get_by_text("You’re logged out.")).to_be_visible()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.keyboard.press("e")
    expect(row.get_by_label("Edit the comment by Guest 0")).to_be_focused()
    expect(row.get_by_text("You’re logged out.")).to_be_hidden()
    page.keyboard.press("Escape")

    moderators = Group.objects.get(name="Moderators").user_set
    moderators.remove(moderator)
    page.keyboard.press("r")
    expect(row.get_by_text("Nothing was changed. Reload the page and try again.")).to_be_visible()
    moderators.add(moderator)
    editing.delete(comment, by=make.moderator(name="Jo"))
    page.keyboard.press("r")
    expect(row.get_by_text("This comment no longer exists.")).to_be_visible()
    expect(row).to_be_focused()
    visitor.errors.clear()  # the console's lines about 403 and 404
