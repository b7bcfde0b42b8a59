"""Writing essays in a real browser: whatever crashes, text older than two seconds is restored."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, Route, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from blog.models import Draft, Essay, Text
from blog.writing import revisions
from tests import make
from tests.conftest import RUNS_ALL
from tests.services.chromium import FLAGS, Visitor, chromium_path
from tests.services.sessions import log_in
from tests.services.site import Installation, Server

STORED = "<p>Stored words.</p>"
HERS = "Words of a colleague."
BEARABLE = (
    2.0  # seconds of typing that may be lost when the browser itself is killed; while the page is open, nothing may
)
FAULTS = ("network", "server", "session", "none")
ROUNDS = 13 if RUNS_ALL else 1  # four crashes in each
PAUSE = 1.5 if RUNS_ALL else 0.3


@pytest.fixture(scope="module")
def _server(_migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with _migrated.copy(tmp_path_factory.mktemp("site")) as installation:
        server = Server(installation)
        yield server
        server.stop()


@pytest.fixture
def server(_server: Server, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """A site for this file alone, since it is killed."""
    with django_db_blocker.unblock(), _server.connected():
        yield _server


@pytest.fixture
def author(server: Server) -> User:
    return make.author(name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, body=STORED)


@pytest.fixture
def start(visitor: Visitor, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Start separate browser processes with a profile that remains when they end."""
    running: list[BrowserContext] = []

    def start() -> BrowserContext:
        context = visitor.browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=chromium_path(whole=True), args=FLAGS, locale="en-US"
        )
        running.append(context)
        if not RUNS_ALL:  # so that `shorten_delays` can run it
            context.clock.install()
        return context

    yield start
    for context in running:
        with contextlib.suppress(Exception):
            context.close()


def kill(profile: Path) -> None:
    """Send SIGKILL to the browser process that has the profile open."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            command = (process / "cmdline").read_bytes()
            if f"--user-data-dir={profile}\0".encode() in command and b"\0--type=" not in command:
                os.kill(int(process.name), signal.SIGKILL)


def form(server: Server, essay: Essay | None) -> str:
    return f"{server.url}/admin/blog/essay/{f'{essay.pk}/change' if essay else 'add'}/"


def field(page: Page) -> Page:
    """The editable body."""
    body = page.locator(".essay-editor [contenteditable=true]")
    body.wait_for()
    body.click()
    page.keyboard.press("Control+End")
    return page


class Writer:
    """Types numbered words key by key, so that faults can happen in the middle of one."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.number = 0
        self.rest = ""
        self.typed: list[tuple[float, str]] = []

    def write(self, page: Page, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.rest:
                self.number += 1
                self.rest = f" w{self.number}x"
            page.keyboard.type(self.rest[0], delay=self.random.uniform(0, 40))
            self.rest = self.rest[1:]
            if not self.rest:
                self.typed.append((time.monotonic(), f"w{self.number}x"))

    def mark_bearable(self) -> None:
        """The last words may be lost, and the unfinished one is."""
        until = time.monotonic() - BEARABLE
        self.typed = [(moment, word) for moment, word in self.typed if moment < until]
        self.rest = ""

    def lost_words(self, text: str) -> list[str]:
        stored = set(text.split())
        return [word for _at, word in self.typed if word not in stored]


def shorten_delays(page: Page) -> None:
    """Run what the page does after some seconds immediately; with --all it takes its own time."""
    if not RUNS_ALL:
        page.clock.run_for(6000)


def reopen(page: Page, server: Server, essay: Essay | None, writer: Writer) -> Page:
    """Open the form again and continue from unsaved text; none may be missing."""
    page.goto(form(server, essay))
    page.locator(".newer-texts a").first.click()
    unsaved_text = page.locator("[aria-labelledby=unsaved] .words").inner_text()
    assert not writer.lost_words(unsaved_text)
    page.get_by_role("link", name="Continue with unsaved changes").click()
    return field(page)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_crashes_at_most_two_seconds_of_typing_are_lost(
    number: int, server: Server, author: User, start: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    random = Random(number)
    essay = make.essay("Whose Promise", by=author, body=STORED) if number % 4 != 1 else None  # or one never saved
    writer = Writer(random)
    faults = random.sample(FAULTS, len(FAULTS))
    dies_in = FAULTS[number % len(FAULTS)]  # the browser, too, before anything else recovers
    colleague = make.owner(name="Ruth") if number % 2 == 0 else None
    saves_in = random.choice(FAULTS)
    context = start()
    log_in(context, author, server.url)
    page = context.pages[0]
    page.goto(form(server, essay))
    field(page)
    for fault in faults:
        writer.write(page, random.uniform(0.2, PAUSE))
        match fault:
            case "server":
                server.kill()
            case "network":
                context.set_offline(True)
            case "session":
                Session.objects.all().delete()
        if essay and colleague and fault == saves_in:
            stored = Essay.objects.get(pk=essay.pk)
            revisions.save(stored, replace(Text.from_essay(stored), body=f"<p>{HERS}</p>"), by=colleague)
        writer.write(page, random.uniform(0.2, PAUSE))
        if fault == dies_in:
            writer.write(page, random.uniform(BEARABLE, BEARABLE + PAUSE))
            kill(tmp_path)
            writer.mark_bearable()
        elif fault != "none":
            message = {"session": "You’re logged out", "network": "You’re offline", "server": "isn’t responding"}[fault]
            shorten_delays(page)
            expect(page.locator(".kept")).to_contain_text(message)
            if fault == "session":
                expect(page.get_by_role("link", name="Open a new tab to log in, then continue here")).to_be_visible()
        if fault == "server":
            server.start()
        if fault == dies_in:
            context = start()
            page = context.pages[0]
        if fault == "session" or fault == dies_in:
            log_in(context, author, server.url)
        if fault == dies_in:
            reopen(page, server, essay, writer)
        elif fault == "network":
            context.set_offline(False)
        if fault != "none" and fault != dies_in:
            shorten_delays(page)
            type_and_wait = re.compile("Draft autosaved|has saved this essay")
            expect(page.locator(".kept")).to_contain_text(type_and_wait)
    writer.write(page, 0.2)
    shorten_delays(page)
    expect(page.locator(".kept")).not_to_be_empty(timeout=15_000)
    page = reopen(context.new_page(), server, essay, writer)
    if essay:
        essay.refresh_from_db()
        assert essay.body == STORED
        assert [each.author for each in essay.revisions.order_by("pk")[1:]] == ([colleague] if colleague else [])
    page.get_by_role("button", name="Save draft").last.click()
    if essay and colleague:
        expect(page.get_by_role("heading", name="Differences between the saved version and yours")).to_be_visible()
        page.get_by_text("Both versions side by side").click()
        expect(page.locator("[aria-labelledby=stored] .words")).to_contain_text(HERS)
        assert not writer.lost_words(page.locator("[aria-labelledby=unsaved] .words").inner_text())
        assert HERS in revisions.latest_text(essay).text.body
    else:
        expect(page.locator(".messagelist")).to_contain_text("Saved")
        essay = essay or Essay.objects.get(authors=author)
        assert not writer.lost_words(re.sub("<[^>]*>", " ", revisions.latest_text(essay).text.body))


def test_saving_while_logged_out_leaves_the_page_and_its_text(
    server: Server, author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, server.url)
    page.goto(form(server, essay))
    field(page)
    page.keyboard.type(" More of it.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Publish changes").last.click()
    expect(page.locator(".kept")).to_contain_text("Not saved yet. You’re logged out")
    log_in(page.context, author, server.url)
    page.get_by_role("button", name="Publish changes").last.click()
    expect(page.locator(".messagelist")).to_contain_text("Published.")
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
    server: Server, author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open(alone=True)
    log_in(page.context, author, server.url)
    page.clock.install()
    routes: list[Route] = []
    page.route("**/essay/clean/", lambda route: routes.append(route))
    page.goto(form(server, essay))
    field(page)
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
    log_in(page.context, author, server.url)
    page.route("**/essay/clean/", lambda route: routes.append(route))
    page.evaluate(PASTE, "<p>Pasted four.</p>")
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.locator(".messagelist")).to_contain_text("Saved.")
    assert "Pasted four." in revisions.latest_text(essay).text.body


def body_of(page: Page) -> str:
    page.locator(".essay-editor").dispatch_event("essay-flush")
    return page.locator("#id_body").input_value()


@pytest.mark.parametrize("decision", ["continue", "discard"])
def test_text_only_in_the_browser_outlives_a_choice_about_the_servers_older_copy(
    decision: str, server: Server, author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open(alone=True)
    context = page.context
    log_in(context, author, server.url)
    page.clock.install()
    page.goto(form(server, essay))
    field(page)
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
    page.goto(form(server, essay).replace("change/", "draft/"))
    expect(page.locator("[aria-labelledby=unsaved] .words")).not_to_contain_text("And here.")
    if decision == "continue":
        page.get_by_role("link", name="Continue with unsaved changes").click()
    else:
        page.get_by_role("button", name="Discard unsaved changes").click()
    choice = page.get_by_role("link", name="Compare")
    choice.click()
    expect(page.locator("[aria-labelledby=unsaved] .words")).to_contain_text("There. And here.")


def type_and_wait(page: Page, text: str) -> None:
    """Type into the body, and wait until the server has saved it."""
    field(page).keyboard.type(text)
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("Draft autosaved")


def offered_bodies(page: Page) -> list[str]:
    """Return the unsaved bodies that a newly opened form links to."""
    links = page.locator(".newer-texts a")
    expect(links.first).to_be_attached()
    bodies = []
    for address in [link.get_attribute("href") or "" for link in links.all()]:
        response = page.context.request.get(
            address if address.startswith("http") else page.url.split("/admin")[0] + address
        )
        bodies.append(response.text())
    return bodies


def test_text_typed_while_an_older_text_is_offered_is_kept_beside_it(
    server: Server, author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open(alone=True)
    context = page.context
    log_in(context, author, server.url)
    page.clock.install()
    for text in (" First words.", " Second words.", " Third words."):
        page.goto(form(server, essay))
        type_and_wait(page, text)
    assert sorted(draft.fields["body"] for draft in essay.drafts.all()) == [
        f"<p>Stored words. {name} words.</p>" for name in ("First", "Second", "Third")
    ]
    other = visitor.browser.new_context()
    log_in(other, author, server.url)
    for page in (context.new_page(), other.new_page()):
        page.goto(form(server, essay))
        all_offered = offered_bodies(page)
        for name in ("First", "Second", "Third"):
            assert any(f"{name} words." in each for each in all_offered)
    other.close()


def test_text_typed_offline_and_while_logged_out_is_offered_in_every_browser(
    server: Server, author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open(alone=True)
    context = page.context
    log_in(context, author, server.url)
    page.clock.install()
    page.goto(form(server, essay))
    type_and_wait(page, " Online.")
    page.close()
    page = context.new_page()
    page.route("**/draft/", lambda route: route.abort())  # offline, but Chromium would put a closing tab back online
    page.goto(form(server, essay))
    field(page).keyboard.type(" Offline.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("The server isn’t responding")
    page.close()
    visitor.errors.clear()  # Chromium logs failed requests
    page = context.new_page()
    page.goto(form(server, essay))
    links = page.locator(".newer-texts a")
    expect(links).to_have_count(2)
    Session.objects.all().delete()
    field(page).keyboard.type(" Logged out.")
    page.clock.run_for(3000)
    expect(page.locator(".kept")).to_contain_text("You’re logged out")
    page.close()
    log_in(context, author, server.url)
    page = context.new_page()
    page.goto(form(server, essay))
    expect(page.locator(".newer-texts a")).to_have_count(3)
    other = visitor.browser.new_context()
    log_in(other, author, server.url)
    page = other.new_page()
    page.goto(form(server, essay))
    all_offered = offered_bodies(page)
    for text in ("Online.", "Offline.", "Logged out."):
        assert any(text in each for each in all_offered)
    other.close()


def test_two_tabs_end_in_a_choice_and_never_in_silence(
    server: Server, author: User, essay: Essay, visitor: Visitor
) -> None:
    first = visitor.open()
    log_in(first.context, author, server.url)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(form(server, essay))
        field(page)
    first.keyboard.type(" First tab.")
    first.get_by_role("button", name="Save draft").last.click()
    expect(first.locator(".messagelist")).to_contain_text("Saved.")
    second.keyboard.type(" Second tab.")
    second.get_by_role("button", name="Save draft").last.click()
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
