"""Writing and publishing while the network, the server, the session or the browser fails: all older than two seconds is restored."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from blog.models import Announcement, Draft, Essay, Revision, Text
from blog.writing import revisions
from comments.models import Address, Notice, Subscription
from comments.notifications import outbox
from tests import make
from tests.browser.essay_form import STORED, focus_body, form_url, open_settings, save_draft
from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor, kill_with_profile, start_with_profile
from tests.services.process_tree import exists, web_processes
from tests.services.processes import wait_until
from tests.services.sessions import log_in
from tests.services.site import Installation, Server

HERS = "Words of a colleague."
BEARABLE = (
    2.0  # seconds of typing that may be lost when the browser itself is killed; while the page is open, nothing may
)
FAULTS = ("network", "server", "session", "none")
ROUNDS = 26 if RUNS_ALL else 1  # four crashes in each
DRAWER_ROUNDS = 8 if RUNS_ALL else 1  # a crash in each
PRESS_ROUNDS = 16 if RUNS_ALL else 1  # two kills in each
BEFORE_PRESS = ("new", "draft", "scheduled", "live")
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


# The page has sent what this browser alone had, and shows the newest text.
SETTLED = (
    "() => { const page = document.querySelector('essay-autosave'); return page?.isStarted && !page.isReloading; }"
)
# This browser has all that was typed, so a second tab shows it.
STORED_HERE = "() => document.querySelector('essay-autosave').isStoredLocally"


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
    page.wait_for_function(SETTLED)
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
    page.wait_for_function(STORED_HERE)
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


@pytest.mark.parametrize("number", range(DRAWER_ROUNDS))
def test_settings_changed_in_the_drawer_survive_a_crash_before_it_is_closed(
    number: int, server: Server, author: User, start: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    random = Random(number)
    essay = make.essay("Whose Promise", by=author, body=STORED)
    other = make.author(name="Ada Byron")
    context = start()
    log_in(context, author, server.url)
    page = context.pages[0]
    page.goto(form_url(server, essay))
    focus_body(page)
    drawer = open_settings(page)
    drawer.evaluate("drawer => drawer.querySelectorAll('details').forEach((each) => { each.open = true; })")
    drawer.locator("[name=language]").select_option("de")
    drawer.get_by_text("Add another").first.click()
    drawer.locator("[name=authorships-1-author]").select_option(str(other.pk))
    drawer.locator("[name=discussion-0-is_open]").uncheck()
    drawer.locator("[name=series]").press_sequentially("Of Promises", delay=random.uniform(0, 40))
    time.sleep(BEARABLE if RUNS_ALL else 0)
    shorten_delays(page)
    if number % 2:
        server.kill()
        server.start()
    else:
        wait_until(lambda: RUNS_ALL or Draft.objects.filter(author=author).exists(), "autosave")
        kill_with_profile(tmp_path)
        context = start()
        log_in(context, author, server.url)
    page = context.pages[0]
    page.goto(form_url(server, essay))
    focus_body(page)
    expect(page.locator(".newer-line").first).to_contain_text("Opened with your unsaved changes")
    drawer = open_settings(page)
    expect(drawer.locator("[name=series]")).to_have_value("Of Promises")
    expect(drawer.locator("[name=language]")).to_have_value("de")
    expect(drawer.locator("[name=authorships-1-author]")).to_have_value(str(other.pk))
    drawer.get_by_role("button", name="Done").click()
    expect(page.locator(".messagelist")).to_contain_text("Saved")
    essay.refresh_from_db()
    assert (essay.language, str(essay.series), essay.body) == ("de", "Of Promises", STORED)
    assert {each.author for each in essay.authorships.all()} == {author, other}
    assert not essay.discussion.is_open
    assert not Draft.objects.filter(author=author).exists()


def kill_soon(server: Server, random: Random) -> Callable[[], None]:
    """Kill a web process, or the whole server, within a moment; return a function that waits until the site is back."""
    main = server.process.pid
    is_whole = random.random() < 0.5
    victim = main if is_whole else web_processes(main)[0]
    timer = Timer(random.uniform(0, 0.5), os.kill, (victim, signal.SIGKILL))
    timer.start()

    def recover() -> None:
        timer.join()
        if is_whole:
            server.process.popen.wait()
            server.start()
        else:
            wait_until(lambda: not exists(victim), "the process to end")
            server.process.wait_until(server.is_ready, "another process")

    return recover


def is_error_page(page: Page) -> bool:
    return page.url.startswith("chrome-error:") or page.locator("body.neterror").count() > 0


def open_step_again(page: Page, server: Server, title: str, *, from_desk: bool) -> None:
    """Do what an author would who got no answer: press again, reload, or go on from the desk."""
    step = page.locator(".publishing")
    for _ in range(5):
        if is_error_page(page):
            if from_desk:
                page.goto(f"{server.url}/admin/")
                page.get_by_role("link", name=title).first.click()
            else:
                page.reload()
        button = page.locator("[name=_publish]").first
        with contextlib.suppress(AssertionError):  # the error page may come only now
            expect(step.or_(button).first).to_be_visible(timeout=10_000)
        if is_error_page(page):
            continue
        if not step.count() and "publish=1" not in page.url:
            with contextlib.suppress(AssertionError):  # the last script has run
                expect(page.locator("[name=_dialog]")).to_be_attached(timeout=10_000)
            with contextlib.suppress(Exception):  # the page may be left at this moment
                button.press("Enter", timeout=10_000)
        with contextlib.suppress(AssertionError):
            expect(step.locator("[data-part=choose]")).to_be_visible(timeout=10_000)  # the step's script runs
            return
    expect(step.locator("[data-part=choose]")).to_be_visible()


def press_again_until_published(page: Page) -> None:
    """Press the button of the step again, or reload, until the answer is there."""
    step, message = page.locator(".publishing"), page.locator(".messagelist").get_by_text("View on site")
    scheduled, alert = page.locator(".messagelist").get_by_text("Scheduled for"), page.locator(".publishing .reason")
    for _ in range(8):
        with contextlib.suppress(AssertionError):
            expect(message.or_(scheduled).or_(alert).first).to_be_visible(timeout=5000)
        if is_error_page(page):
            page.reload()
        elif step.count():
            with contextlib.suppress(Exception):  # the page may be left at this moment
                step.locator("[data-part=submit]").press("Enter", timeout=5000)
        else:
            return
    expect(step).to_have_count(0)


@pytest.mark.parametrize("number", range(PRESS_ROUNDS))
def test_a_kill_between_press_and_answer_loses_nothing_and_publishes_once(
    number: int, server: Server, author: User, visitor: Visitor
) -> None:
    random = Random(number)
    kind, title = BEFORE_PRESS[number % len(BEFORE_PRESS)], f"Pressed {number} {author.pk}"
    hours = {"scheduled": 72, "live": -24}.get(kind)
    published = timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours) if hours else None
    essay = make.essay(title, by=author, body=STORED, published=published) if kind != "new" else None
    address = Address.objects.create(email=f"reader{author.pk}@example.org", verified=timezone.now())
    Subscription.objects.create(address=address, kind="essays", confirmed=timezone.now())
    writer = Writer(random)
    context = visitor.browser.new_context(locale="en-US")
    log_in(context, author, server.url)
    page = context.new_page()
    page.goto(form_url(server, essay))
    focus_body(page)
    if essay is None:
        page.locator("#id_title").fill(title)
    focus_body(page)
    writer.write(page, random.uniform(0.2, PAUSE))
    open_settings(page).locator("[name=language]").evaluate(
        "field => { field.value = 'de'; field.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    recover = kill_soon(server, random)
    with contextlib.suppress(Exception):  # the page that would come does not
        page.locator("[name=_publish]").first.press("Enter")
    recover()
    open_step_again(page, server, title, from_desk=bool(number // 4 % 2))

    step = page.locator(".publishing")
    step.get_by_label("Description").fill("What he got for it.")
    step.locator("[name=emails]").check()
    if kind == "live":
        step.locator("[name=update][value=show]").check()
        step.locator("[name=note]").fill("A date.")
    recover = kill_soon(server, random)
    with contextlib.suppress(Exception):
        step.locator("[data-part=submit]").press("Enter")
    recover()
    press_again_until_published(page)
    expect(page.locator(".writing-state")).to_contain_text("Scheduled" if kind == "scheduled" else "Published")

    essay = Essay.objects.get(title=title)  # there is one
    assert not writer.lost_words(re.sub("<[^>]*>", " ", essay.body))
    assert (essay.language, essay.excerpt, essay.update_note) == (
        "de",
        "What he got for it.",
        "A date." if kind == "live" else "",
    )
    assert published is None or essay.published == published
    assert essay.revisions.filter(kind=Revision.Kind.PUBLISH).count() == 1 + (published is not None)
    assert Announcement.objects.filter(essay=essay).count() == 1
    page.goto(form_url(server, essay))
    focus_body(page)
    expect(page.locator(".newer-line").first).not_to_contain_text("unsaved")
    Essay.objects.filter(pk=essay.pk).update(published=timezone.now() - timedelta(minutes=1))
    Announcement.objects.filter(essay=essay).update(due=timezone.now())
    for _ in range(2):
        outbox.announce_essays()
    notices: list[Any] = list(Notice.objects.filter(essay=essay).values_list("email", flat=True))
    assert notices.count(address.email) == 1
    assert len(notices) == len(set(notices))
    context.close()
