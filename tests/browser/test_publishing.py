"""The publishing step in a browser: by keyboard from the desk, over the writing page, and with failures in between."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from blog.models import Announcement, Essay
from comments.models import Address, Subscription
from tests import make
from tests.browser.essay_form import focus_body, form_url
from tests.conftest import RUNS_ALL
from tests.services.chromium import ANIMATIONS_SETTLED, Visitor
from tests.services.processes import wait_until
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

WIDTHS = [390, 1280] if RUNS_ALL else [390]


@pytest.fixture
def author(site: "Server") -> User:
    address, _ = Address.objects.get_or_create(email="rosa@example.org", defaults={"verified": timezone.now()})
    Subscription.objects.get_or_create(address=address, kind="essays", defaults={"confirmed": timezone.now()})
    return make.author(name="Miriam Achterberg")


@pytest.fixture
def draft(author: User) -> Essay:
    body = '<p>See <a href="/nowhere/">the notes</a>.</p><h4>A skipped level</h4>'
    return make.essay("Objections", by=author, published=None, body=body)


def open_step(page: Page) -> Locator:
    page.locator("[name=_publish]").first.click()
    dialog = page.locator("dialog.publishing-dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_three_actions_by_keyboard_lead_from_the_desk_to_a_published_essay(
    site: "Server", author: User, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(f"{site.url}/admin/")
    page.get_by_role("link", name="New essay").press("Enter")
    expect(page.locator("#id_title")).to_be_focused()
    expect(page.locator(".editor-text")).to_be_visible()
    page.keyboard.type("By Keyboard\n\nHardly anybody.")
    expect(page.locator(".editor-text")).to_contain_text("Hardly anybody.")
    page.locator("[name=_publish]").first.press("Enter")
    dialog = page.locator("dialog.publishing-dialog")
    expect(dialog.get_by_label("Now")).to_be_focused()
    for title, slug in (("By Keys", ""), ("By Keyboard", "by-keyboard")):
        dialog.get_by_label("Title", exact=True).fill(title)
        expect(dialog.get_by_label("Address")).to_have_value(slug)  # an empty one is made from the title
    dialog.get_by_role("button", name=re.compile("Publish and email [0-9]+ subscriber")).press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Published.")
    essay = Essay.objects.get(title="By Keyboard")
    assert (essay.is_published, essay.body) == (True, "<p>Hardly anybody.</p>")
    buttons = "[...document.getElementById('essay_form').elements].filter((one) => one.type === 'submit')"
    assert page.evaluate(f"{buttons}[0].name") != "_undo"  # Enter in a field presses it
    page.get_by_role("button", name="Undo publishing").press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Publishing undone.")
    essay.refresh_from_db()
    assert essay.published is None
    assert not essay.announcements.exists()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_dialog_names_its_effect_and_leads_to_each_place(
    site: "Server", author: User, draft: Essay, visitor: Visitor, width: int
) -> None:
    page = visitor.open(width=width)
    log_in(page.context, author, site.url)
    page.goto(form_url(site, draft))
    focus_body(page)
    dialog = open_step(page)
    violations: dict[str, Any] = visitor.accessibility_violations(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate(ANIMATIONS_SETTLED)
    assert violations | visitor.accessibility_violations(page, again=True) == {}
    assert page.evaluate("document.querySelector('.publishing-dialog').scrollWidth") <= width
    dialog.get_by_label("Date").fill("2126-12-24")
    dialog.get_by_label("Time").fill("09:00")
    expect(dialog.get_by_role("button", name="Schedule for December 24, 2126, 09:00")).to_be_visible()
    expect(dialog.locator(".address")).to_contain_text("/2126/12/24/")
    dialog.get_by_label("Description").fill("What he got for it.")
    expect(dialog.locator(".card")).to_contain_text("What he got for it.")
    for words, selected in (("doesn’t exist on this site", "the notes"), ("Don’t skip a level", "A skipped level")):
        dialog.locator(".checks li").filter(has_text=words).get_by_role("link").click()
        expect(dialog).to_have_count(0)
        assert page.evaluate("getSelection().toString()") == selected
        dialog = open_step(page)
    expect(dialog.get_by_label("Description")).to_have_value("What he got for it.")  # typed before
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(form_url(site, draft))


def test_no_failure_between_press_and_answer_loses_anything_or_publishes_twice(
    site: "Server", author: User, draft: Essay, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(form_url(site, draft))
    focus_body(page)
    page.keyboard.type(" Typed.")
    dialog = open_step(page)
    dialog.get_by_label("Description").fill("What he got for it.")
    button = dialog.locator("[data-part=submit]")
    alert = dialog.get_by_role("alert")

    page.route("**/publish/", lambda route: route.abort())  # the server is gone
    button.click()
    expect(alert).to_contain_text("The server isn’t responding.")
    page.unroute("**/publish/")
    Session.objects.all().delete()
    button.click()
    expect(alert).to_contain_text("You’re logged out.")
    draft.refresh_from_db()
    assert draft.published is None

    visitor.errors.clear()  # Chromium logs failed requests
    log_in(page.context, author, site.url)
    page.reload()  # or the browser is gone
    dialog = page.locator("dialog.publishing-dialog")
    expect(dialog.get_by_label("Description")).to_have_value("What he got for it.")

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    page.route("**/publish/", lose_the_answer)
    button.click()
    expect(alert).to_contain_text("The server isn’t responding.")
    page.unroute("**/publish/")
    button.click()
    expect(page.locator(".undo-publishing")).to_contain_text(re.compile("[0-9]+ subscribers? gets? an email"))
    visitor.errors.clear()  # Chromium logs failed requests
    draft.refresh_from_db()
    assert draft.is_published
    assert (draft.excerpt, "Typed." in draft.body) == ("What he got for it.", True)
    assert [row.kind for row in draft.revisions.all()].count("publish") == 1
    assert Announcement.objects.filter(essay=draft).count() == 1


def test_what_is_typed_in_the_step_before_its_script_runs_is_kept_and_published(
    site: "Server", author: User, draft: Essay, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, site.url)
    routes: list[Route] = []
    page.route("**/publishing*.js", lambda route: routes.append(route))
    address = form_url(site, draft).replace("change/", "publish/")
    description = page.get_by_label("Description")

    def type_before_the_script(words: str) -> None:
        page.goto(address, wait_until="commit")
        description.fill(words)
        wait_until(lambda: bool(routes), "the script to be requested")

    type_before_the_script("Typed early.")
    routes.pop().continue_()
    expect(page.locator("[data-part=choose]")).to_be_visible()
    page.unroute_all()
    page.goto(form_url(site, draft))
    page.goto(address)
    expect(description).to_have_value("Typed early.")
    page.route("**/publishing*.js", lambda route: routes.append(route))
    type_before_the_script("Typed without the script.")
    page.locator("[data-part=submit]").press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Published.")
    draft.refresh_from_db()
    assert draft.excerpt == "Typed without the script."


def test_the_step_gives_way_to_a_newer_text_that_only_the_browser_has(
    site: "Server", author: User, draft: Essay, visitor: Visitor
) -> None:
    context = visitor.open(alone=True).context
    log_in(context, author, site.url)
    form = form_url(site, draft)
    for words, address in (
        ("By itself.", form.replace("change/", "publish/")),
        ("Over the text.", f"{form}?publish=1"),
    ):
        page = context.new_page()
        page.clock.install()
        page.route("**/draft/", lambda route: route.abort())  # the server is gone
        page.goto(form)
        focus_body(page).keyboard.type(f" {words}")
        page.clock.run_for(3000)
        expect(page.locator(".kept")).to_contain_text("The server isn’t responding")
        page.close()
        visitor.errors.clear()  # Chromium logs failed requests
        page = context.new_page()
        page.goto(address)
        expect(page).to_have_url(form)
        expect(page.locator(".editor-text")).to_contain_text(words)
        expect(page.locator(".newer-line").first).to_contain_text("Opened with your unsaved changes")
        expect(page.locator("dialog.publishing-dialog")).to_have_count(0)
        page.close()
