"""Chromium as readers use it: pages of any width, light or dark, with or without script, and their errors."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from tests.services.tabs import Tab, Tabs

SHELL = "chromium-headless-shell"  # the same engine without a browser window, at two thirds of the cost
WITH_WINDOW = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Of two such flags only the later one counts, so this list repeats what Playwright disables. It adds the suggestions
# under the address bar: two pages that Chromium renders for every context, which cost more than ours.
FEATURES = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "SpareRendererForSitePerProcess",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--js-flags=--no-opt",  # what runs a few times costs less than its compilation: a sixth of axe
    f"--disable-features={','.join(FEATURES)}",
]
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": False,
    "resultTypes": ["violations"],
}
# A page has a dozen colors in hundreds of places, and axe parses each one's oklch() again: a third of its time.
CACHE_COLORS = """{
    const { prototype } = axe.commons.color.Color, read = prototype.parseString, known = new Map();
    prototype.parseString = function (words) {
        if (!known.has(words)) {
            read.call(this, words);
            known.set(words, [this.r, this.g, this.b, this.alpha]);
        }
        [this.r, this.g, this.b, this.alpha] = known.get(words);
        return this;
    };
}"""
# The private fields of axe's colors are entries of WeakMaps, which the garbage collector reads again and again: as
# hidden properties of the same objects they save a sixth of axe's time.
PRIVATE_FIELDS = """class {
    #key = Symbol();
    has(object) { return Object.hasOwn(object, this.#key); }
    get(object) { return object[this.#key]; }
    set(object, value) { object[this.#key] = value; return this; }
    add(object) { return this.set(object, true); }
    delete(object) { return delete object[this.#key]; }
}"""
AXE_SCRIPT = f"""() => {{
    const PrivateFields = {PRIVATE_FIELDS};
    ((WeakMap, WeakSet) => {{ {Axe().axe_script} }})(PrivateFields, PrivateFields);
    {CACHE_COLORS}
}}"""
# The admin's links fade; an animation whose element is removed has settled, too.
ANIMATIONS_SETTLED = "Promise.allSettled(document.getAnimations().map((one) => one.finished))"
# The axe rules that another width or color scheme can affect; the others depend on the markup.
RULES_BY_LOOK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
TIMEOUT_MS = 30_000.0  # milliseconds, as long as Playwright's other waits: a busy machine is no failure
OWN_HOSTS = {"127.0.0.1", "localhost", None}  # None: data:, blob:, about:


def chromium_path(*, whole: bool = False) -> str | None:
    """Return Chromium's path, from CHROMIUM or the PATH. `whole`: the one with a window and a profile."""
    names = WITH_WINDOW if whole else (SHELL, *WITH_WINDOW)
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    assert path, "Chromium is not installed: bin/test installs it where it may, else CHROMIUM=/path/to/chrome names one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        expect.set_options(timeout=TIMEOUT_MS)
        try:
            yield browser
        finally:
            browser.close()


def start_with_profile(browser: Browser, profile: Path) -> BrowserContext:
    """Start a separate browser process with a profile that remains when it ends."""
    return browser.browser_type.launch_persistent_context(
        profile, executable_path=chromium_path(whole=True), args=FLAGS, locale="en-US"
    )


def kill_with_profile(profile: Path) -> None:
    """Send SIGKILL to the browser process that has the profile open."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            command = (process / "cmdline").read_bytes()
            if f"--user-data-dir={profile}\0".encode() in command and b"\0--type=" not in command:
                os.kill(int(process.name), signal.SIGKILL)


@dataclass
class Visitor:
    """Opens pages, one browser context each, and records what a page should never do."""

    tabs: Tabs
    errors: list[str] = field(default_factory=list)
    requested_pages: set[str] = field(default_factory=set)
    used_tabs: list[Tab] = field(default_factory=list)

    @property
    def browser(self) -> Browser:
        return self.tabs.browser

    def open(
        self,
        url: str = "",
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        script: bool = True,
        alone: bool = False,
        **context_options: Any,
    ) -> Page:
        """Open a page of a visitor without cookies. `alone`: its context is not reused, so tests may change it."""
        options = {
            "viewport": {"width": width, "height": height},
            "color_scheme": "dark" if dark else "light",
            "java_script_enabled": script,
            "locale": "en-US",
            **context_options,
        }
        if alone:
            page = self.browser.new_context(**options).new_page()
        else:
            self.used_tabs.append(self.tabs.acquire(options))
            page = self.used_tabs[-1].page
        for event, listener in self._listeners.items():
            page.context.on(event, listener)  # type: ignore[call-overload]
        if url:
            page.goto(url)
        return page

    def check_accessibility(self, page: Page, *, again: bool = False) -> None:
        """Check that axe finds no problem. `again`: the same page at another width or in another color scheme."""
        violations = self.accessibility_violations(page, again=again)
        assert not violations, violations

    def accessibility_violations(self, page: Page, *, again: bool = False) -> dict[str, tuple[Any, str]]:
        """Return axe's violations: by rule, the first element and the reason."""
        page.wait_for_load_state()  # text may be there before its styles
        complaints = len(self.errors)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        options = AXE_OPTIONS | {"runOnly": RULES_BY_LOOK} if again else AXE_OPTIONS
        violations = page.evaluate("async options => (await axe.run(options)).violations", options)
        del self.errors[complaints:]  # axe tries its own styles, which the policy blocks with console messages
        return {each["id"]: (each["nodes"][0]["target"], each["nodes"][0]["failureSummary"]) for each in violations}

    def close(self) -> None:
        used_tabs = {tab.context: tab for tab in self.used_tabs}
        self.used_tabs.clear()
        for context in self.browser.contexts:
            if context in used_tabs:
                for event, listener in self._listeners.items():
                    context.remove_listener(event, listener)
                self.tabs.release(used_tabs[context])
            elif context not in [tab.context for tab in self.tabs.stored]:
                context.close()

    @property
    def _listeners(self) -> dict[str, Callable[[Any], None]]:
        return {"request": self._on_request, "console": self._on_console, "weberror": self._on_error}

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request() or request.url.endswith(
            "/respond/"
        ):  # fetched by a script, which reads rejections
            self.requested_pages.add(request.url)
        if urlsplit(request.url).hostname not in OWN_HOSTS:
            self.errors.append(f"request to another host: {request.url}")

    def _on_error(self, error: WebError) -> None:
        self.errors.append(f"error: {error.error}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium also logs that a page itself came with 422 or 404, which is how a rejection is reported.
        is_status_of_page = (
            "Failed to load resource" in message.text and message.location["url"] in self.requested_pages
        )
        if message.type in {"error", "warning"} and not is_status_of_page:
            self.errors.append(f"{message.type}: {message.text} ({message.location['url']})")
