"""Writing while the network, the server, the session or the browser fails: text older than two seconds is restored."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from blog.models import Essay, Text
from blog.writing import revisions
from tests import make
from tests.browser.essay_form import STORED, focus_body, form_url, save_draft
from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor, kill_with_profile, start_with_profile
from tests.services.sessions import log_in
from tests.services.site import Installation, Server

HERS = "Words of a colleague."
BEARABLE = (
    2.0  # seconds of typing that may be lost when the browser itself is killed; while the page is open, nothing may
)
FAULTS = ("network", "server", "session", "none")
ROUNDS = 26 if RUNS_ALL else 1  # four crashes in each
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
def start(visitor: Visitor, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Start separate browser processes with a profile that remains when they end."""
    running: list[BrowserContext] = []

    def start() -> BrowserContext:
        context = start_with_profile(visitor.browser, tmp_path)
        running.append(context)
        if not RUNS_ALL:  # so that `shorten_delays` can run it
            context.clock.install()
        return context

    yield start
    for context in running:
        with contextlib.suppress(Exception):
            context.close()


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
    """Open the form again; it opens with the newest text, of which none may be missing. A new essay is chosen first."""
    page.goto(form_url(server, essay))
    if essay is None:
        page.locator(".newer-texts a").first.click()
        page.get_by_role("link", name="Continue with unsaved changes").click()
    if writer.typed:
        expect(page.locator(".editor-text")).to_contain_text(writer.typed[-1][1])
    assert not writer.lost_words(page.locator(".editor-text").inner_text())
    return focus_body(page)


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
    page.goto(form_url(server, essay))
    focus_body(page)
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
            kill_with_profile(tmp_path)
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
    save_draft(page)
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
