"""Writing essays in a real browser: no text is lost by a logout, a slow server, a closed tab or a second one."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from blog.models import Draft, Essay
from blog.writing import revisions
from tests import make
from tests.browser.essay_form import STORED, focus_body, form_url, save_draft
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server


@pytest.fixture
def author(site: "Server") -> User:
    return make.author(name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, body=STORED)


@pytest.fixture
def page(visitor: Visitor, site: "Server", author: User) -> Page:
    """A page of the logged-in author, whose clock a test can move."""
    page = visitor.open(alone=True)
    log_in(page.context, author, site.url)
    page.clock.install()
    return page


def test_saving_while_logged_out_leaves_the_page_and_its_text(
    site: "Server", author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(form_url(site, essay))
    focus_body(page)
    page.keyboard.type(" More of it.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Update").last.click()
    expect(page.locator(".kept")).to_contain_text("Not saved yet. You’re logged out")
    log_in(page.context, author, site.url)
    page.get_by_role("button", name="Update").last.click()
    page.locator("dialog").get_by_role("button", name="Update").click()
    expect(page.locator(".messagelist")).to_contain_text("Updated.")
    essay.refresh_from_db()
    assert "More of it." in essay.body
    assert not essay.drafts.exists()
    page.reload()
    expect(page.locator(".essay-editor [contenteditable=true]")).to_contain_text("More of it.")
    expect(page.get_by_role("link", name="Compare")).to_have_count(0)


PASTE = """html => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector(".editor-text").dispatchEvent(event);
}"""


def test_pasted_text_is_kept_and_saved_while_the_server_cleans_it_slowly(
    site: "Server", author: User, essay: Essay, visitor: Visitor, page: Page
) -> None:
    routes: list[Route] = []
    page.route("**/essay/clean/", lambda route: routes.append(route))
    page.goto(form_url(site, essay))
    focus_body(page)
    page.evaluate(PASTE, "<p style='color: red'>Pasted one.</p><p class=MsoNormal>Pasted two.</p>")
    page.keyboard.type("Typed on.")
    page.clock.run_for(4000)
    message = page.locator(".editor-said")
    expect(message).to_contain_text("This is taking longer than usual. You can keep writing")
    expect(page.locator(".kept")).to_contain_text("Draft autosaved")
    merged = "<p>Stored words.Pasted one.</p><p>Pasted two.Typed on.</p>"
    assert Draft.objects.get(essay=essay).text.body == merged
    expect(page.locator(".editor-text")).not_to_contain_text("Pasted")
    routes.pop().continue_()
    expect(page.locator(".editor-text")).to_contain_text("Pasted two.")
    expect(message).to_be_empty()
    assert body_of(page) == merged
    page.keyboard.press("Control+z")
    assert "Pasted" not in body_of(page)
    assert "Typed on." in body_of(page)
    for word in ("server isn’t responding", "you’re logged out"):
        page.unroute("**/essay/clean/")
        if word.startswith("server"):
            page.route("**/essay/clean/", lambda route: route.abort())
        else:
            page.context.clear_cookies()
        page.evaluate(PASTE, "<p>Pasted three.</p>")
        expect(message).to_contain_text(word)
        assert body_of(page).count("Pasted three.") == 1
        page.keyboard.press("Control+z")
    visitor.errors.clear()  # Chromium logs failed requests
    log_in(page.context, author, site.url)
    page.route("**/essay/clean/", lambda route: routes.append(route))
    page.evaluate(PASTE, "<p>Pasted four.</p>")
    save_draft(page)
    expect(page.locator(".messagelist")).to_contain_text("Saved.")
    assert "Pasted four." in revisions.latest_text(essay).text.body


def body_of(page: Page) -> str:
    page.locator(".essay-editor").dispatch_event("essay-flush")
    return page.locator("#id_body").input_value()


@pytest.mark.parametrize("decision", ["reopen", "continue", "discard"])
def test_text_only_in_the_browser_outlives_a_choice_about_the_servers_older_copy(
    decision: str, site: "Server", essay: Essay, visitor: Visitor, page: Page
) -> None:
    context = page.context
    page.goto(form_url(site, essay))
    focus_body(page)
    page.keyboard.type(" There.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("Draft autosaved")
    # Not offline: Chromium puts a closing tab back online, and it would send.
    page.route("**/draft/", lambda route: route.abort())
    page.keyboard.type(" And here.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("The server isn’t responding")
    page.close()
    visitor.errors.clear()  # Chromium logs failed requests
    page = context.new_page()
    if decision == "reopen":
        page.goto(form_url(site, essay))
    else:
        page.goto(form_url(site, essay).replace("change/", "draft/"))
        expect(page.locator("[aria-labelledby=unsaved] .words")).not_to_contain_text("And here.")
    if decision == "continue":
        page.get_by_role("link", name="Continue with unsaved changes").click()
    elif decision == "discard":
        page.get_by_role("button", name="Discard unsaved changes").click()
    if decision == "continue":  # the choice stands, and the newer text is offered
        page.get_by_text("More unsaved changes").click()
        page.get_by_role("link", name="Compare").last.click()
        expect(page.locator("[aria-labelledby=unsaved] .words")).to_contain_text("There. And here.")
    else:
        expect(page.locator(".editor-text")).to_contain_text("There. And here.")


def type_and_wait(page: Page, text: str) -> None:
    """Type into the body, and wait until the server has saved it."""
    focus_body(page).keyboard.type(text)
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("Draft autosaved")


def offered_bodies(page: Page) -> list[str]:
    """Return the unsaved bodies that a newly opened form links to."""
    links = page.locator(".newer-line a[href*=draft]")
    expect(links.first).to_be_attached()
    bodies = []
    for address in [link.get_attribute("href") or "" for link in links.all()]:
        response = page.context.request.get(
            address if address.startswith("http") else page.url.split("/admin")[0] + address
        )
        bodies.append(response.text())
    return bodies


def test_each_unsaved_text_is_kept_and_the_newest_opens(
    site: "Server", author: User, essay: Essay, visitor: Visitor, page: Page
) -> None:
    context = page.context
    for text in (" First words.", " Second words.", " Third words."):
        page.goto(f"{form_url(site, essay)}?saved")
        type_and_wait(page, text)
    assert sorted(draft.fields["body"] for draft in essay.drafts.all()) == [
        f"<p>Stored words. {name} words.</p>" for name in ("First", "Second", "Third")
    ]
    other = visitor.browser.new_context()
    log_in(other, author, site.url)
    for page in (context.new_page(), other.new_page()):
        page.goto(form_url(site, essay))
        expect(page.locator(".editor-text")).to_contain_text("Third words.")
        expect(page.locator(".newer-line").first).to_contain_text("Opened with your unsaved changes from")
        all_offered = offered_bodies(page)
        for name in ("First", "Second", "Third"):
            assert any(f"{name} words." in each for each in all_offered)
    other.close()


def test_text_typed_offline_and_while_logged_out_opens_in_every_browser(
    site: "Server", author: User, essay: Essay, visitor: Visitor, page: Page
) -> None:
    context = page.context
    page.goto(form_url(site, essay))
    type_and_wait(page, " Online.")
    page.close()
    page = context.new_page()
    page.route("**/draft/", lambda route: route.abort())  # offline, but Chromium would put a closing tab back online
    page.goto(form_url(site, essay))
    focus_body(page).keyboard.type(" Offline.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("The server isn’t responding")
    page.close()
    visitor.errors.clear()  # Chromium logs failed requests
    page = context.new_page()
    page.goto(form_url(site, essay))
    expect(page.locator(".editor-text")).to_contain_text("Online. Offline.")
    Session.objects.all().delete()
    focus_body(page).keyboard.type(" Logged out.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("You’re logged out")
    page.close()
    log_in(context, author, site.url)
    page = context.new_page()
    page.goto(form_url(site, essay))
    expect(page.locator(".editor-text")).to_contain_text("Online. Offline. Logged out.")
    other = visitor.browser.new_context()
    log_in(other, author, site.url)
    page = other.new_page()
    page.goto(form_url(site, essay))
    expect(page.locator(".editor-text")).to_contain_text("Online. Offline. Logged out.")
    other.close()


def test_an_author_who_was_removed_from_an_essay_is_told_to_copy_the_text(
    site: "Server", author: User, essay: Essay, visitor: Visitor, page: Page
) -> None:
    page.goto(form_url(site, essay))
    essay.authorships.all().delete()
    focus_body(page).keyboard.type(" Of one who left.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("Copy your text, then reload the page.")
    expect(page.locator(".kept")).not_to_contain_text("logged out")
    visitor.errors.clear()  # Chromium logs the refusal


def test_older_text_typed_offline_is_offered_when_its_browser_reconnects(
    site: "Server", author: User, essay: Essay, visitor: Visitor, page: Page
) -> None:
    context = page.context
    page.goto(form_url(site, essay))
    focus_body(page)
    page.route("**/draft/", lambda route: route.abort())  # offline, but Chromium would put a closing tab back online
    page.keyboard.type(" Typed offline.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("The server isn’t responding")
    with page.expect_event("requestfailed"):  # a request that runs when the tab is closed would get through
        page.clock.fast_forward(600_000)
    page.close()
    visitor.errors.clear()  # Chromium logs failed requests
    other = visitor.browser.new_context()
    log_in(other, author, site.url)
    elsewhere = other.new_page()
    elsewhere.goto(form_url(site, essay))
    focus_body(elsewhere).keyboard.type(" Typed later.")
    save_draft(elsewhere)
    expect(elsewhere.locator(".messagelist")).to_contain_text("Saved.")
    page = context.new_page()  # ten minutes later
    for each in (page, elsewhere):  # it is offered in every browser
        each.goto(form_url(site, essay))
        offer = each.locator(".newer-texts")
        expect(offer).to_contain_text("You have unsaved changes from another tab or an earlier visit")
        expect(each.locator(".editor-text")).to_have_text("Stored words. Typed later.")
    assert revisions.latest_text(essay).text.body == "<p>Stored words. Typed later.</p>"
    page.locator(".newer-texts").get_by_role("link", name="Compare").click()
    expect(page.locator("[aria-labelledby=unsaved] .words")).to_contain_text("Typed offline.")
    page.get_by_role("link", name="Continue with unsaved changes").click()
    focus_body(page)
    save_draft(page)  # the choice is between two texts
    expect(page.get_by_role("heading", name="Differences between the saved version and yours")).to_be_visible()
    assert revisions.latest_text(essay).text.body == "<p>Stored words. Typed later.</p>"
    other.close()


def test_two_tabs_end_in_a_choice_and_never_in_silence(
    site: "Server", author: User, essay: Essay, visitor: Visitor
) -> None:
    first = visitor.open()
    log_in(first.context, author, site.url)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(form_url(site, essay))
        focus_body(page)
    first.keyboard.type(" First tab.")
    save_draft(first)
    expect(first.locator(".messagelist")).to_contain_text("Saved.")
    second.keyboard.type(" Second tab.")
    save_draft(second)
    expect(second.get_by_role("heading", name="Differences between the saved version and yours")).to_be_visible()
    expect(second.locator(".beside")).to_contain_text("First tab.")
    expect(second.locator(".beside")).to_contain_text("Second tab.")
    visitor.check_accessibility(second)
    expect(second.get_by_role("button", name="Merge and save as draft")).to_be_visible()
    second.get_by_text("Merge manually in HTML").click()
    second.get_by_label("This is your version.").fill("<p>Both tabs.</p>")
    second.get_by_role("button", name="Replace the saved version with yours").click()
    expect(second.locator(".messagelist")).to_contain_text("Saved.")
    bodies = list(essay.revisions.order_by("pk").values_list("body", flat=True))
    assert bodies[0] == STORED
    assert "First tab." in bodies[1]
    assert bodies[2] == "<p>Both tabs.</p>"


def test_the_back_button_puts_no_older_text_into_the_newest_version(
    site: "Server", author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(form_url(site, essay))
    page.locator("#id_title").fill("Mine")
    focus_body(page).keyboard.type(" Mine.")
    save_draft(page)
    expect(page.locator(".messagelist")).to_contain_text("Saved.")
    found = revisions.latest_text(essay).text
    revisions.save(essay, replace(found, title="Theirs", body="<p>Theirs.</p>"), by=None)
    page.go_back()
    expect(page.locator(".editor-text")).to_have_text("Theirs.")
    expect(page.locator("#id_title")).to_have_value("Theirs")
    assert page.locator("#id_body").input_value() == "<p>Theirs.</p>"
