"""A comment's menu, muting, “Top-level only”, and the toolbar over the comment box."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.services.chromium import Visitor
from tests.services.keyboard import press
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False)
    return make.essay("Of Forms", by=make.author(name="Miriam Achterberg"))


@pytest.fixture
def root(essay: Essay) -> Comment:
    return make.comment(essay, "You fool.", by=make.guest("Tobias Fenn"))


@pytest.fixture
def reply(root: Comment) -> Comment:
    return make.comment(root.essay, "Not at all.", to=root, by=make.guest("Ines Okafor"))


def open_menu(page: Page, comment: Comment) -> None:
    press(page, f"#comment-{comment.pk} > .say .more")
    expect(page.get_by_role("menuitem").first).to_be_focused()


def test_the_menu_works_by_keyboard(visitor: Visitor, site: "Server", root: Comment, reply: Comment) -> None:
    page = visitor.open(site.url + root.essay.get_absolute_url(), alone=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = page.locator(f"#comment-{root.pk} > .say .more")
    open_menu(page, root)
    expect(page.get_by_role("menuitem")).to_have_text(["Copy link", "Quote", "Report", "Mute Tobias Fenn"])
    visitor.check_accessibility(page)
    for key, name in (("ArrowUp", "Mute"), ("ArrowDown", "Copy"), ("End", "Mute"), ("Home", "Copy")):
        page.keyboard.press(key)
        expect(page.get_by_role("menuitem", name=name)).to_be_focused()
    page.keyboard.press("j")  # a key of the thread, which moves the focus
    expect(page.get_by_role("menu")).to_have_count(0)
    open_menu(page, root)
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Copy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#comment-{root.pk} > .say").get_by_role("status")).to_have_text("Copied")
    expect(link).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/comments/{root.pk}/"
    open_menu(page, reply)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(
        f"> Not at all.\n>\n> — [Ines Okafor]({site.url}/comments/{reply.pk}/)\n\n"
    )


def test_muted_comments_open_and_are_unmuted(visitor: Visitor, site: "Server", root: Comment, reply: Comment) -> None:
    reader = make.user(name="Rosa Castellanos")
    own = make.comment(root.essay, by=Commenter.objects.for_user(reader))
    page = visitor.open(width=360, dark=True, has_touch=True)
    log_in(page.context, reader, site.url)
    page.goto(site.url + root.essay.get_absolute_url())
    page.locator(f"#comment-{own.pk} .more").tap()
    expect(page.get_by_role("menuitem")).to_have_text(["Copy link", "Quote"])
    page.locator(f"#comment-{root.pk} > .say .more").tap()
    mute = page.get_by_role("menuitem", name="Mute Tobias Fenn")
    expect(mute).to_be_visible()
    assert mute.evaluate("item => item.offsetHeight") == 40
    mute.tap()
    item = page.locator(f"#comment-{root.pk}")
    expect(item).to_contain_text("Tobias Fenn is muted for you.")
    expect(item.locator("> .say")).to_be_focused()
    text = item.get_by_text("You fool.")
    expect(text).to_be_hidden()
    expect(page.get_by_text("Not at all.")).to_be_visible()
    visitor.check_accessibility(page)
    item.get_by_text("Show comment").tap()
    expect(text).to_be_visible()
    item.get_by_role("button", name="Unmute Tobias Fenn").tap()
    expect(item).not_to_contain_text("is muted for you")
    expect(text).to_be_visible()


def test_top_level_only_opens_replies_in_place(visitor: Visitor, site: "Server", root: Comment, reply: Comment) -> None:
    deep = make.comment(root.essay, "Deeper.", to=reply)
    page = visitor.open(site.url + root.essay.get_absolute_url())
    switch = page.get_by_role("link", name="Top-level only")
    switch.click()
    expect(page.locator(f"#comment-{reply.pk}")).to_be_hidden()
    page.get_by_text("2 replies").click()
    expect(page.locator(f"#comment-{deep.pk}")).to_be_visible()
    page.get_by_text("2 replies").click()
    switch.click()
    expect(page.locator(f"#comment-{reply.pk}")).to_be_visible()  # collapsing it there does not count here
    switch.click()
    expect(page.locator(f"#comment-{reply.pk}")).to_be_hidden()
    later = make.comment(root.essay, "Later.", to=deep)
    Comment.objects.filter(pk=later.pk).update(created=timezone.now() + timedelta(minutes=1))
    page.reload()
    expect(page.locator(f"#comment-{deep.pk}")).to_be_hidden()
    page.get_by_role("link", name="New: 1").click()
    expect(page.get_by_text("Later.")).to_be_visible()


def selected(page: Page) -> tuple[str, str]:
    """Return the text and the selected part of it."""
    text, start, end = page.evaluate(
        "(({ value, selectionStart, selectionEnd }) => [value, selectionStart, selectionEnd])(document.querySelector('[data-tools]'))"
    )
    return text, text[start:end]


def test_the_toolbar_writes_markdown(visitor: Visitor, site: "Server", root: Comment) -> None:
    page = visitor.open(site.url + root.essay.get_absolute_url())
    field = page.get_by_role("textbox", name="Comment")
    below = page.get_by_text("Fill in your details")
    before = field.bounding_box(), below.bounding_box()
    field.evaluate("field => field.focus({ preventScroll: true })")
    bar = page.get_by_role("toolbar")
    expect(bar).to_be_visible()
    assert (field.bounding_box(), below.bounding_box()) == before
    visitor.check_accessibility(page)

    page.keyboard.type("a word")
    for key, marked in (("b", "a **word**"), ("i", "a ***word***"), ("b", "a *word*"), ("z", "a ***word***")):
        page.keyboard.press(f"Control+{key}")
        assert selected(page)[0] == marked
    field.fill("One\nTwo\n\nThree")
    field.press("Control+a")
    for name, marked in (
        ("Bold", "**One**\n**Two**\n\n**Three**"),
        ("Quote", "> One\n> Two\n>\n> Three"),
        ("List", "- One\n- Two\n\n- Three"),
    ):
        button = bar.get_by_role("button", name=name)
        button.click()
        assert selected(page) == (marked, marked)
        button.click()
        assert selected(page)[0] == "One\nTwo\n\nThree"
    field.fill("See here")
    page.keyboard.press("Control+k")
    assert selected(page) == ("See [here](https://)", "https://")
    page.keyboard.type("https://example.org/")
    page.keyboard.press("Control+k")
    assert selected(page) == ("See here", "here")


def test_the_toolbar_is_one_tab_stop(visitor: Visitor, site: "Server", essay: Essay) -> None:
    reader = make.user(name="Rosa Castellanos")
    own = make.comment(essay, "Mine", by=Commenter.objects.for_user(reader))
    page = visitor.open()
    log_in(page.context, reader, site.url)
    page.goto(f"{site.url}/comments/{own.pk}/edit/")
    field = page.get_by_role("textbox", name="Comment")
    field.focus()
    bar = page.get_by_role("toolbar")
    expect(bar).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(bar.get_by_role("button", name="Bold")).to_be_focused()
    expect(bar.locator("kbd")).to_have_text("Ctrl+B")
    for key, name in (("ArrowRight", "Italic"), ("End", "List"), ("ArrowRight", "Bold"), ("ArrowLeft", "List")):
        page.keyboard.press(key)
        expect(bar.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    assert selected(page)[0] == "- Mine"
    page.keyboard.press("Shift+Tab")
    expect(bar.get_by_role("button", name="List")).to_be_focused()
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.keyboard.press("ArrowRight")
    expect(bar.get_by_role("button", name="Quote")).to_be_focused()


def test_without_script_a_page_replaces_the_menu_and_no_room_is_kept_for_the_toolbar(
    visitor: Visitor, site: "Server", root: Comment
) -> None:
    page = visitor.open(site.url + root.essay.get_absolute_url(), script=False)
    assert page.locator("[data-tools]").evaluate("field => parseFloat(getComputedStyle(field).paddingTop)") < 20
    page.locator(f"#comment-{root.pk} .more").click()
    page.get_by_role("button", name="Mute Tobias Fenn").click()
    item = page.locator(f"#comment-{root.pk}")
    expect(item).to_contain_text("Tobias Fenn is muted for you.")
    item.get_by_text("Show comment").click()
    expect(item.get_by_text("You fool.")).to_be_visible()
    item.get_by_role("button", name="Unmute").click()
    expect(item).not_to_contain_text("is muted for you")
