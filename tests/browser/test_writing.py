"""Writing in a real browser: whatever dies while somebody types, what they wrote two seconds ago is there again."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from blog.models import Draft, Essay
from tests import make
from tests.conftest import RUNS_ALL
from tests.services.chromium import FLAGS, Visitor, program
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Serve, Server

STORED = "<p>Stored words.</p>"
BEARABLE = 2.0  # seconds of typing
FAULTS = ("browser", "server", "network", "session")
ROUNDS = 50 if RUNS_ALL else 4


@pytest.fixture
def server(serve: "Serve", django_db_blocker: "pytest.FixtureRequest") -> Iterator["Server"]:
    """A site of its own, since it is killed."""
    server = serve()
    with django_db_blocker.unblock(), server.connected():  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def author(server: "Server") -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, body=STORED)


@pytest.fixture
def start(visitor: Visitor, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Starts a browser process of its own, with a profile that stays when it ends."""
    running: list[BrowserContext] = []

    def start() -> BrowserContext:
        context = visitor.browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=program(whole=True), args=FLAGS, locale="en-US"
        )
        running.append(context)
        return context

    yield start
    for context in running:
        with contextlib.suppress(Exception):
            context.close()


def kill(profile: Path) -> None:
    """kill -9 of the browser process that has the profile open."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            command = (process / "cmdline").read_bytes()
            if f"--user-data-dir={profile}\0".encode() in command and b"\0--type=" not in command:
                os.kill(int(process.name), signal.SIGKILL)


def form(server: "Server", essay: Essay) -> str:
    return f"{server.url}/admin/blog/essay/{essay.pk}/change/"


def field(page: Page) -> "Page":
    """Where the body is written."""
    body = page.locator(".essay-editor [contenteditable=true]")
    body.wait_for()
    body.click()
    page.keyboard.press("Control+End")
    return page


def type_on(page: Page, seconds: float, first: int) -> list[tuple[float, str]]:
    """Words, and when each was whole."""
    typed = []
    end = time.monotonic() + seconds
    number = first
    while time.monotonic() < end:
        number += 1
        page.keyboard.type(f" w{number}", delay=random.uniform(5, 40))
        typed.append((time.monotonic(), f"w{number}"))
    return typed


def lost(typed: list[tuple[float, str]], fault: float, text: str) -> list[str]:
    """Of what was typed long enough before the fault, what is not there."""
    there = set(text.replace("<", " ").split())
    return [word for at, word in typed if at < fault - BEARABLE and word not in there]


def unsaved(page: Page, server: "Server", essay: Essay) -> str:
    """What a form that is opened anew offers, beside what is stored."""
    page.goto(form(server, essay))
    page.get_by_role("link", name="See both and choose").first.click()
    expect(page.locator("[aria-labelledby=stored] .words")).to_contain_text("Stored words.")
    return page.locator("[aria-labelledby=unsaved] .words").inner_text()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_dies_while_typing_two_seconds_are_the_most_that_is_lost(
    number: int, server: "Server", author: User, essay: Essay, start: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    random.seed(number)
    fault = FAULTS[number % len(FAULTS)]
    context = start()
    log_in(context, author, server.url)
    page = context.pages[0]
    page.goto(form(server, essay))
    field(page)
    typed = type_on(page, random.uniform(2.2, 5 if RUNS_ALL else 3), 0)
    at = time.monotonic()
    match fault:
        case "browser":
            kill(tmp_path)
            context = start()
            log_in(context, author, server.url)
            page = context.pages[0]
        case "server":
            server.kill()
            typed += type_on(page, 1, len(typed))
            expect(page.locator(".kept")).to_contain_text("does not answer", timeout=15_000)
            at = time.monotonic()
            server.start()
        case "network":
            context.set_offline(True)
            typed += type_on(page, 1, len(typed))
            expect(page.locator(".kept")).to_contain_text("does not answer", timeout=15_000)
            at = time.monotonic()
            context.set_offline(False)
        case "session":
            Session.objects.all().delete()
            typed += type_on(page, 1, len(typed))
            expect(page.locator(".kept")).to_contain_text("You are logged out", timeout=15_000)
            expect(page.get_by_role("link", name="Log in in another tab")).to_be_visible()
            at = time.monotonic()
            log_in(context, author, server.url)
    if fault != "browser":
        expect(page.locator(".kept")).to_contain_text("Kept, not saved yet", timeout=30_000)
        page = context.new_page()
    assert not lost(typed, at, unsaved(page, server, essay))
    essay.refresh_from_db()
    assert essay.body == STORED
    assert not essay.revisions.exists()


def test_saving_while_logged_out_leaves_the_page_and_its_words_where_they_are(
    server: "Server", author: User, essay: Essay, visitor: Visitor
) -> None:
    page = visitor.open()
    log_in(page.context, author, server.url)
    page.goto(form(server, essay))
    field(page)
    page.keyboard.type(" More of it.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Publish changes").last.click()
    expect(page.locator(".kept")).to_contain_text("You are logged out")
    log_in(page.context, author, server.url)
    page.get_by_role("button", name="Publish changes").last.click()
    expect(page.locator(".messagelist")).to_contain_text("Published.")
    essay.refresh_from_db()
    assert "More of it." in essay.body
    assert not Draft.objects.exists()
    page.reload()
    expect(page.locator(".essay-editor [contenteditable=true]")).to_contain_text("More of it.")
    expect(page.get_by_role("link", name="See both and choose")).to_have_count(0)


def test_two_tabs_end_in_a_choice_and_never_in_silence(
    server: "Server", author: User, essay: Essay, visitor: Visitor
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
    expect(second.get_by_role("heading", name="From what is stored to what you wrote")).to_be_visible()
    expect(second.locator(".beside")).to_contain_text("First tab.")
    expect(second.locator(".beside")).to_contain_text("Second tab.")
    visitor.axe(second)
    second.get_by_label("Your text").fill("<p>Both tabs.</p>")
    second.get_by_role("button", name="Save this text").click()
    expect(second.locator(".messagelist")).to_contain_text("Saved.")
    bodies = list(essay.revisions.order_by("pk").values_list("body", flat=True))
    assert bodies[0] == STORED
    assert "First tab." in bodies[1]
    assert bodies[2] == "<p>Both tabs.</p>"
