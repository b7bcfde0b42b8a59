"""The queue in a browser: by keyboard, by buttons alone, at any width and in the dark."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Request, expect

from blog.models import Essay
from comments.models import Comment, Status
from moderation.decisions import actions
from tests import make
from tests.conftest import RUNS_ALL
from tests.services.chromium import ANIMATIONS_SETTLED, Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

Open = Callable[..., Page]

# Where the text of an element starts.
TEXT_START = (
    "e => { const range = document.createRange(); range.selectNodeContents(e); return range.getBoundingClientRect().x }"
)


def looks(page: Page) -> Iterator[bool]:
    """Set each width and each color scheme once; yield whether it is dark."""
    for width, dark in ((360, False), (1280, True)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.evaluate(ANIMATIONS_SETTLED)
        yield dark


@pytest.fixture
def essay(site: "Server") -> Essay:
    Comment.objects.filter(status="pending").update(status="spam")  # rows of other tests make pages long
    return make.essay("Whose Promise Is It?")


@pytest.fixture
def open_queue(visitor: Visitor, site: "Server") -> Open:
    """Open the queue as a moderator; `after` is the rest of its address."""
    moderator = make.moderator(f"mara{Comment.objects.count()}", name="Mara")

    def open_queue(after: str = "", **look: Any) -> Page:
        page = visitor.open(**look)
        log_in(page.context, moderator, site.url)
        page.goto(f"{site.url}/admin/comments/queue/{after}")
        return page

    return open_queue


def held(essay: Essay, count: int) -> list[Comment]:
    return make.pending_comments(essay, texts={f"Guest {number}": f"Words {number}" for number in range(count)})


def statuses(comments: list[Comment], page: Page | None = None) -> list[str]:
    """Return the statuses, with a page once it shows them all as current."""
    if page:
        expect(page.locator("ol.queue:not([data-waiting]), ol.queue[data-waiting='0']")).to_be_attached(timeout=60_000)
    stored = Comment.objects.in_bulk([comment.pk for comment in comments])
    return [stored[comment.pk].status for comment in comments]


def is_current(page: Page, comment: Comment) -> None:
    expect(page.locator(f"#comment-{comment.pk}")).to_be_focused()


def test_a_session_by_keyboard_decides_correctly_and_never_loses_the_focus(open_queue: Open, essay: Essay) -> None:
    comments = held(essay, 6)
    page = open_queue(f"?per_page=100#comment-{comments[0].pk}")
    is_current(page, comments[0])
    page.keyboard.press("a")
    is_current(page, comments[1])
    page.keyboard.press("s")
    is_current(page, comments[2])
    page.keyboard.press("j")
    is_current(page, comments[3])
    page.keyboard.press("d")
    is_current(page, comments[4])
    assert statuses(comments, page) == ["approved", "spam", "pending", "trash", "pending", "pending"]
    page.keyboard.press("z")
    is_current(page, comments[3])
    page.keyboard.press("k")
    is_current(page, comments[2])
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".selected")).to_have_text("2 selected")
    page.locator("#bulk").get_by_role("button", name="Approve").click()
    is_current(page, comments[4])
    assert statuses(comments, page) == ["approved", "spam", "approved", "approved", "pending", "pending"]
    expect(page.get_by_role("status")).to_contain_text("2 approved.")
    page.keyboard.press("z")
    is_current(page, comments[2])
    assert statuses(comments, page) == ["approved", "spam", "pending", "pending", "pending", "pending"]


def test_keys_leave_browser_shortcuts_and_other_places_alone(open_queue: Open, essay: Essay) -> None:
    (comment,) = held(essay, 1)
    page = open_queue(f"?per_page=100#comment-{comment.pk}")
    is_current(page, comment)
    page.keyboard.press("Control+s")
    page.get_by_role("link", name="View site").focus()
    page.keyboard.press("s")
    page.locator(f"#comment-{comment.pk}").focus()
    page.keyboard.press("x")
    expect(page.locator(".selected")).to_have_text("1 selected")
    assert statuses([comment]) == ["pending"]


def test_the_queue_works_without_script_and_continues_with_the_next_row(open_queue: Open, essay: Essay) -> None:
    comments = held(essay, 4)
    page = open_queue("?per_page=100", script=False)
    row = page.locator(f"#comment-{comments[0].pk}")
    row.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"**#comment-{comments[1].pk}")
    expect(page.locator(f"#comment-{comments[0].pk}.decided")).to_contain_text("Approved: Guest 0, “Words 0”")
    for comment in comments[1:3]:
        page.get_by_role("checkbox", name=f"Select the comment by {comment.commenter.name}").last.check()
    page.locator("#bulk").get_by_role("button", name="Trash").click()
    page.wait_for_url(f"**#comment-{comments[3].pk}")
    assert statuses(comments) == ["approved", "trash", "trash", "pending"]
    expect(page.get_by_text("2 moved to the trash.")).to_be_visible()
    page.get_by_role("button", name="Undo all 2").click()
    page.wait_for_url(f"**#comment-{comments[1].pk}")
    assert statuses(comments) == ["approved", "pending", "pending", "pending"]
    expect(page.locator("kbd").first).to_be_hidden()


def test_a_row_decided_in_another_window_is_reported_and_unchanged(open_queue: Open, essay: Essay) -> None:
    (comment,) = held(essay, 1)
    first, other = open_queue("?per_page=100"), open_queue("?per_page=100")
    first.locator(f"#comment-{comment.pk}").get_by_role("button", name="Spam").click()
    assert statuses([comment], first) == ["spam"]
    other.locator(f"#comment-{comment.pk}").get_by_role("button", name="Approve").click()
    expect(other.locator(".report")).to_contain_text("already moderated: marked as spam by you, just now")
    assert statuses([comment]) == ["spam"]


def test_long_texts_in_any_writing_system_fit_every_width_and_are_accessible(
    open_queue: Open, visitor: Visitor, essay: Essay
) -> None:
    root = make.comment(essay, "W" * 300, by=make.guest("N" * 245))
    texts = ["W" * 10_000, "One line.\n\n" * 40, "هذا تعليق فيه English words، ثم سؤال؟", f"https://e.example/{'a' * 500}",
             "> quoted\n\n- one\n- two\n\n```\n" + "code " * 100 + "\n```"]  # fmt: skip
    comments = [
        make.comment(essay, text, by=make.guest("ش" * 120, website=f"https://e.example/{'b' * 150}"), to=root, status="pending")
        for text in texts
    ]  # fmt: skip
    for status in ("spam", "trash"):
        make.comment(essay, status + "W" * 300, by=make.guest("N" * 245), status=status)
    page = open_queue("?per_page=100")
    long = page.locator(f"#comment-{comments[0].pk}")
    for _ in looks(page):
        folded = long.bounding_box()
        long.get_by_text("Show all").click()
        open_box = long.bounding_box()
        assert folded
        assert open_box
        assert open_box["height"] > 2 * folded["height"]
        long.get_by_text("Show less").click()
    long.get_by_text("Show all").click()
    page.locator(f"#comment-{comments[4].pk} input[type=checkbox]").check()
    check(visitor, page)
    page.locator(f"#comment-{comments[1].pk}").get_by_role("button", name="Approve").click()
    expect(page.locator(f"#comment-{comments[1].pk}.decided")).to_be_visible()
    check(visitor, page)
    page.goto(page.url.split("?")[0] + f"?status=all&essay={essay.pk}")
    assert set(page.locator("li.row").evaluate_all("rows => rows.map((row) => row.dataset.status)")) == set(Status)
    check(visitor, page)


def check(visitor: Visitor, page: Page) -> None:
    for is_dark in looks(page):
        page.evaluate("scrollTo(0, 0)")  # targets half covered by the bar measure half their size
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        visitor.check_accessibility(page, again=is_dark)


def test_many_rows_by_keyboard_end_as_they_were_decided(open_queue: Open, essay: Essay) -> None:
    count = 100 if RUNS_ALL else 16
    comments = held(essay, count)
    keys = ["asd"[number % 3] for number in range(count)]
    page = open_queue(f"?per_page=100#comment-{comments[0].pk}")
    for number, key in enumerate(keys):
        is_current(page, comments[number])
        page.keyboard.press(key)
    after = {"a": "approved", "s": "spam", "d": "trash"}
    assert statuses(comments, page) == [after[key] for key in keys]
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert statuses(comments, page)[-2:] == ["pending", "pending"]
    is_current(page, comments[-2])


def test_forms_open_in_the_row_keep_what_is_typed_and_continue(
    open_queue: Open, essay: Essay, visitor: Visitor
) -> None:
    comments = held(essay, 3)
    page = open_queue(f"?per_page=100#comment-{comments[0].pk}")
    row = page.locator(f"#comment-{comments[0].pk}")
    is_current(page, comments[0])
    page.keyboard.press("r")
    expect(row.get_by_label("Reply to Guest 0")).to_be_focused()
    page.keyboard.type("As and s and d")
    visitor.check_accessibility(page)
    page.keyboard.press("Escape")
    is_current(page, comments[0])
    page.keyboard.press("r")
    expect(row.get_by_label("Reply to Guest 0")).to_have_value("As and s and d")
    row.get_by_role("button", name="Approve and reply").click()
    is_current(page, comments[1])
    assert statuses(comments, page) == ["approved", "pending", "pending"]
    assert Comment.objects.get(parent=comments[0]).status == "approved"
    page.keyboard.press("e")
    field = page.locator(f"#comment-{comments[1].pk}").get_by_label("Edit the comment by Guest 1")
    expect(field).to_be_focused()
    field.fill("Other words")
    page.locator(f"#comment-{comments[1].pk}").get_by_role("button", name="Save changes").click()
    expect(page.locator(f"#comment-{comments[1].pk} .comment-body").first).to_have_text("Other words")
    is_current(page, comments[1])
    page.keyboard.press("z")
    expect(page.locator(f"#comment-{comments[1].pk} .comment-body").first).to_have_text("Words 1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    visitor.check_accessibility(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+X")
    page.keyboard.press("Shift+D")
    expect(page.get_by_role("status")).to_contain_text("2 moved to the trash.")
    assert statuses(comments, page) == ["approved", "trash", "trash"]


def test_a_rejected_form_opens_again(open_queue: Open, essay: Essay, visitor: Visitor) -> None:
    comments = held(essay, 2)
    page = open_queue(f"?per_page=100#comment-{comments[0].pk}")
    is_current(page, comments[0])
    page.route(
        "**/admin/comments/queue/?**",
        lambda route: (
            route.fulfill(status=200, body="<p>Log in</p>", content_type="text/html")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.keyboard.press("a")
    row = page.locator(f"#comment-{comments[0].pk}")
    expect(row.get_by_text("Couldn’t reach the server.")).to_be_visible()
    is_current(page, comments[1])
    assert statuses(comments, page) == ["pending", "pending"]


def test_a_row_decided_elsewhere_collapses_in_an_open_page(open_queue: Open, essay: Essay) -> None:
    comments = held(essay, 2)
    page = open_queue(f"?per_page=100#comment-{comments[0].pk}")
    is_current(page, comments[0])
    actions.approve(comments[0], by=make.moderator(name="Jo"))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(f"#comment-{comments[0].pk}.decided")).to_contain_text("Approved by Jo, just now: Guest 0")
    is_current(page, comments[0])
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("a")
    assert statuses(comments, page) == ["approved", "approved"]
    theirs, ours = (page.locator(f"#comment-{comment.pk} p") for comment in comments)
    assert ours.evaluate(TEXT_START) == theirs.evaluate(TEXT_START)


def decide_by_key(page: Page) -> None:
    """Select all and mark them as spam."""
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    page.keyboard.press("Shift+S")


def decide_by_mouse(page: Page) -> None:
    page.locator("#bulk .every input").check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()


def next_by_key(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")


def next_by_mouse(page: Page) -> None:
    page.get_by_role("link", name="Next").click()


def test_deciding_each_page_and_pressing_next_reaches_all_of_176_comments(open_queue: Open, essay: Essay) -> None:
    """By keyboard and by mouse in turn."""
    comments = held(essay, 176)
    page = open_queue(f"?per_page=50&essay={essay.pk}")
    methods = [(decide_by_key, next_by_key), (decide_by_mouse, next_by_mouse)] * 2
    for remaining, (decide, next_page) in zip((176, 126, 76, 26), methods, strict=True):
        expect(page.locator(".queue-pages > span").first).to_have_text(f"1–{min(50, remaining)} of {remaining}")
        decide(page)
        expect(page.locator("li.decided")).to_have_count(min(50, remaining))
        expect(page.locator("ol.queue")).to_have_attribute("data-waiting", "0", timeout=60_000)
        if remaining > 50:
            next_page(page)
    assert set(statuses(comments)) == {"spam"}


def test_a_page_opened_by_number_stays_the_same_after_deciding_and_reloading(open_queue: Open, essay: Essay) -> None:
    comments = held(essay, 5)
    page = open_queue(f"?per_page=2&page=2&essay={essay.pk}")
    page.locator(f"#comment-{comments[2].pk}").get_by_role("button", name="Approve").click()
    assert statuses(comments[2:3], page) == ["approved"]
    page.reload()
    expect(page.locator(f"#comment-{comments[3].pk}.row")).to_be_visible()
    expect(page.locator("ol.queue > li")).to_have_count(3)


def mark_all_as_spam(page: Page, count: int) -> None:
    """Mark all comments of the page as spam, and wait until the server has done so."""
    page.locator("#bulk .every input").check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()
    expect(page.locator(".report").get_by_role("button")).to_have_text(f"Undo all {count} z")


def is_undo(request: Request) -> bool:
    """Return whether a request undoes decisions, as opposed to those that the page sends by itself."""
    return request.method == "POST" and "action=undo" in (request.post_data or "")


def undone_in(request: Request) -> int:
    """Return how many decisions one request undoes."""
    return (request.post_data or "").count("decision=")


def test_z_undoes_everything_the_last_action_decided_in_one_request(open_queue: Open, essay: Essay) -> None:
    comments = held(essay, 20)
    page = open_queue(f"?essay={essay.pk}")
    mark_all_as_spam(page, 20)
    with page.expect_request(is_undo) as request_info:
        page.keyboard.press("z")
    expect(page.locator("li.row")).to_have_count(20)
    assert set(statuses(comments, page)) == {"pending"}
    assert undone_in(request_info.value) == 20
    expect(page.locator(".report")).to_be_hidden()


def test_undo_all_stays_until_it_is_used_also_after_other_decisions_and_a_reload(
    open_queue: Open, essay: Essay
) -> None:
    comments = held(essay, 6)
    page = open_queue(f"?essay={essay.pk}")
    for comment in comments[:4]:
        page.locator(f"#comment-{comment.pk} .pick input").check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()
    undo_all = page.locator(".report").get_by_role("button")
    expect(undo_all).to_have_text("Undo all 4 z")
    page.keyboard.press("a")
    expect(page.locator("ol.queue")).to_have_attribute("data-waiting", "0")
    expect(undo_all).to_have_text("Undo all 4")
    page.locator(f"#comment-{comments[3].pk}").get_by_role("button", name="Undo").click()
    expect(undo_all).to_have_text("Undo all 3")
    assert statuses(comments, page) == ["spam", "spam", "spam", "pending", "approved", "pending"]
    page.reload()
    expect(undo_all).to_have_text("Undo all 3")
    with page.expect_request(is_undo) as request_info:
        undo_all.click()
    expect(page.locator("li.row")).to_have_count(5)
    assert statuses(comments, page) == ["pending"] * 4 + ["approved", "pending"]
    assert undone_in(request_info.value) == 3
    expect(page.locator(".report")).to_be_hidden()
    page.keyboard.press("z")
    expect(page.locator("li.row")).to_have_count(6)
    assert set(statuses(comments, page)) == {"pending"}


def test_z_after_a_reload_undoes_the_last_action_as_a_whole(open_queue: Open, essay: Essay) -> None:
    comments = held(essay, 3)
    page = open_queue(f"?essay={essay.pk}")
    mark_all_as_spam(page, 3)
    page.reload()
    page.keyboard.press("z")
    expect(page.locator("li.row")).to_have_count(3)
    assert set(statuses(comments, page)) == {"pending"}
