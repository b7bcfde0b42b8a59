"""The writing page's own parts in Chromium: where the text begins, tools and menus, inserts and the settings drawer."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from blog.models import Essay, Tag
from tests import make
from tests.browser.essay_form import click_at_end, focus_body, form_url, open_settings, photo
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

TITLE, SUBTITLE = "Objections and Replies", "Descartes let his critics into the book and gave them five times the room."
IN_VIEW = """() => [...document.querySelectorAll("a, button, input, textarea, select, summary, [contenteditable=true]")]
  .filter(each => each.checkVisibility({ visibilityProperty: true }) && each.type !== "hidden")
  .filter(each => { const box = each.getBoundingClientRect(); return box.top >= 0 && box.top < innerHeight && box.width > 1 })
  .map(each => each.outerHTML.slice(0, 80))"""


@pytest.fixture
def author(site: "Server") -> User:
    return make.author(name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay(TITLE, by=author, deck=SUBTITLE, body="<p>One two three.</p><p>Four five.</p>")


def open_form(visitor: Visitor, site: "Server", author: User, essay: Essay | None, size: tuple[int, int]) -> Page:
    page = visitor.open(alone=True)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    log_in(page.context, author, site.url)
    page.goto(form_url(site, essay))
    expect(page.locator(".editor-text")).to_be_visible()
    return page


@pytest.mark.parametrize(("size", "highest"), [((1280, 800), 220), ((390, 844), 260)])
def test_the_text_begins_near_the_top_among_few_controls(
    size: tuple[int, int], highest: int, visitor: Visitor, site: "Server", author: User, essay: Essay
) -> None:
    page = open_form(visitor, site, author, essay, size)
    top = page.locator(".editor-text").evaluate("text => text.getBoundingClientRect().top")
    assert top <= highest
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for field in (".editor-text", "#id_title"):
        assert page.locator(field).evaluate("text => text.getBoundingClientRect().right") <= size[0] - 20
    controls = page.evaluate(IN_VIEW)
    assert len(controls) <= 20, controls
    focus_body(page).keyboard.type(" Typed.")
    expect(page.locator(".kept")).to_contain_text("Draft autosaved")
    page.reload()
    expect(page.locator(".newer-line").first).to_contain_text("Opened with your unsaved changes")
    assert page.locator(".editor-text").evaluate("text => text.getBoundingClientRect().top") <= highest + 40
    page.locator(".editor-text").evaluate("text => { text.style.minBlockSize = '300vh'; scrollTo(0, 1e6) }")
    expect(page.locator(".writing-header .default")).to_be_in_viewport()


def test_what_is_typed_after_a_slash_finds_what_to_insert(
    visitor: Visitor, site: "Server", author: User, essay: Essay
) -> None:
    page = open_form(visitor, site, author, essay, (1280, 800))
    focus_body(page).keyboard.press("Enter")
    expect(page.get_by_role("button", name="Insert")).to_be_visible()
    page.keyboard.type("/head")
    menu = page.get_by_role("menu", name="Insert")
    expect(menu.get_by_role("menuitem")).to_have_text(["Heading ##"])
    page.keyboard.press("Enter")
    page.keyboard.type("Found")
    page.keyboard.press("Enter")
    page.keyboard.type("/not listed")
    expect(menu).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.type("and/or /")
    expect(menu).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.type("/")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(page.locator(".editor-text h2")).to_have_text("Found")
    expect(page.locator(".editor-text p").last).to_have_text("/")
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Insert").click()
    menu.get_by_role("menuitem", name="Divider").click()
    expect(page.locator(".editor-text hr")).to_be_attached()


def test_a_note_a_table_and_a_picture_each_take_at_most_three_keys_besides_typing(
    visitor: Visitor, site: "Server", author: User
) -> None:
    essay = make.essay("Inserts", by=author, published=None, body="<p>One two three.</p>")
    page = open_form(visitor, site, author, essay, (1280, 800))
    text, insert = page.locator(".editor-text"), page.get_by_role("menu", name="Insert")
    focus_body(page).keyboard.press("Enter")
    page.keyboard.type("/pic")
    expect(insert.get_by_role("menuitem")).to_have_count(1)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Pictures")
    expect(dialog.get_by_label("Upload a picture")).to_be_focused()
    upload = dialog.get_by_label("Upload a picture")  # Space opens the browser's own dialog
    upload.set_input_files({"name": "hill.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(dialog.get_by_label("Alternative text")).to_be_focused()
    page.keyboard.type("Soup plates")
    page.keyboard.press("Enter")  # the third
    expect(text.locator("figure").get_by_alt_text("Soup plates")).to_be_visible()

    click_at_end(text.locator("p").first)
    page.keyboard.press("Enter")
    page.keyboard.type("/tab")
    expect(insert.get_by_role("menuitem")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Table")).to_be_visible()
    page.keyboard.press("Enter")  # the second
    expect(text.locator("table")).to_be_visible()

    click_at_end(text.locator("p").first)
    page.keyboard.type("[^")  # by typing alone
    page.keyboard.type("A note.")
    expect(text.locator("ol")).to_contain_text("A note.")


def test_tools_fold_into_a_menu_that_works_by_keyboard(
    visitor: Visitor, site: "Server", author: User, essay: Essay
) -> None:
    page = open_form(visitor, site, author, essay, (390, 844))
    focus_body(page)
    page.keyboard.press("Alt+F10")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    more = page.get_by_role("menu", name="More")
    expect(more.get_by_role("menuitemcheckbox", name="Quote", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".editor-text")).to_be_focused()
    expect(more).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(page.get_by_role("toolbar", name="Formatting").get_by_role("button", name="Quote")).to_be_visible()


def test_tools_for_selected_text_work_by_keyboard(visitor: Visitor, site: "Server", author: User, essay: Essay) -> None:
    page = open_form(visitor, site, author, essay, (390, 844))
    focus_body(page)
    page.keyboard.press("Control+Shift+Home")
    page.keyboard.press("Alt+F10")
    tools = page.get_by_role("toolbar", name="Selected text")
    expect(tools.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".editor-text p strong")).to_have_text(["One two three.", "Four five."])
    expect(page.locator(".editor-text")).to_be_focused()
    page.keyboard.press("Control+End")
    expect(tools).to_be_hidden()


def test_tools_appear_above_text_that_a_mouse_selects(
    visitor: Visitor, site: "Server", author: User, essay: Essay
) -> None:
    page = open_form(visitor, site, author, essay, (1280, 800))
    page.locator(".editor-text p").first.dblclick(position={"x": 8, "y": 8})
    tools = page.get_by_role("toolbar", name="Selected text")
    tools.get_by_role("button", name="Italic").click()
    expect(page.locator(".editor-text em")).to_have_text("One")
    page.keyboard.press("ArrowRight")
    expect(tools).to_be_hidden()


def test_settings_are_in_a_drawer_whose_closing_saves_them(
    visitor: Visitor, site: "Server", author: User, essay: Essay
) -> None:
    page = open_form(visitor, site, author, essay, (1280, 800))
    settings = open_settings(page)
    expect(settings).to_be_focused()
    settings.get_by_text("URL and type").click()
    settings.get_by_label("Canonical URL").fill("https://example.org/first")
    page.keyboard.press("Escape")
    expect(page.locator(".messagelist")).to_contain_text("Saved")
    expect(settings).to_be_hidden()
    essay.refresh_from_db()
    assert essay.canonical == "https://example.org/first"
    open_settings(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Settings")).to_be_focused()


def test_tags_a_series_and_a_link_are_found_by_typing(visitor: Visitor, site: "Server", author: User) -> None:
    essay = make.essay("Found by Typing", by=author)
    Tag.objects.ensure("Argument")
    page = open_form(visitor, site, author, essay, (390, 844))
    settings = open_settings(page)
    settings.get_by_text("Excerpt and tags").click()
    tags = settings.get_by_role("combobox", name="Tags")
    tags.press_sequentially("argu")
    expect(settings.locator(".suggestions li")).to_have_text([re.compile("^Argument · "), "Create tag “argu”"])
    visitor.check_accessibility(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("Kant, Hume,wrong")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    page.keyboard.type("canceled")
    expect(settings.locator(".suggestions li")).to_have_text(["Create tag “canceled”"])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.type("Typed last")
    settings.get_by_role("heading", name="Series").click()
    series = settings.get_by_role("combobox", name="Series")
    series.fill("Books and Their Readers")
    settings.get_by_role("option", name="Create series “Books and Their Readers”").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".messagelist")).to_contain_text("Saved")
    open_settings(page).get_by_text("Excerpt and tags").click()
    for name in ("Argument", "Hume", "Kant", "Typed last"):
        expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    essay.refresh_from_db()
    assert str(essay.series) == "Books and Their Readers"
    page.get_by_role("button", name="Done").click()
    focus_body(page).keyboard.press("Shift+Home")
    page.keyboard.press("Control+k")
    page.keyboard.type("found by")
    dialog = page.get_by_role("dialog", name="Link")
    expect(dialog.get_by_role("option")).to_contain_text([essay.title])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".editor-text a")).to_have_attribute("href", essay.get_absolute_url())


def test_an_invalid_setting_is_shown_in_the_open_drawer(
    visitor: Visitor, site: "Server", author: User, essay: Essay
) -> None:
    page = open_form(visitor, site, author, essay, (1280, 800))
    settings = open_settings(page)
    settings.get_by_text("URL and type").click()
    settings.get_by_label("Canonical URL").fill("not an address")
    page.get_by_role("button", name="Done").click()
    expect(settings).to_be_visible()
    expect(settings.get_by_label("Canonical URL")).to_be_focused()
    expect(settings).to_contain_text("Enter a valid URL.")
    expect(page.locator(".missing")).to_contain_text("Your text is kept.")
    visitor.errors.clear()  # Chromium logs the answer 422
