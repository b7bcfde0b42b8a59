"""Chromium as readers have it: pages of any width, light or dark, with or without script, and an ear for complaints."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

SHELL = "chromium-headless-shell"  # the same engine without a browser's own windows, at two thirds of the cost
WHOLE = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Of two such flags the later one alone counts, so what Playwright turns off stands here too, before the suggestions
# under the address bar: two pages that Chromium draws for every context, which cost more than ours.
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
    "--js-flags=--no-opt",  # what runs a few times costs less than its compiling: a sixth of axe
    f"--disable-features={','.join(FEATURES)}",
]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": False,
    "resultTypes": ["violations"],
}
SCRIPT = Axe().axe_script
# What another width or other colours can change, among axe's rules; the rest goes by what the page consists of.
BY_LOOK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
OURS = {"127.0.0.1", "localhost", None}  # None: data:, blob:, about:


def program(*, whole: bool = False) -> str | None:
    """Where Chromium is: CHROMIUM names it, or it is on the PATH. `whole`: the one that people have, with a profile."""
    names = WHOLE if whole else (SHELL, *WHOLE)
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = program()
    assert path, "Chromium is not installed: bin/test installs it where it may, else CHROMIUM=/path/to/chrome names one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """Opens pages, one browser context each, and writes down what a page should never do."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)

    def open(
        self,
        url: str = "",
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        script: bool = True,
        **more: Any,
    ) -> Page:
        """A page of a visitor without any cookie."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            locale=more.pop("locale", "en-US"),
            **more,
        )
        context.on("request", self._asked)
        context.on("console", self._logged)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        page = context.new_page()
        if url:
            page.goto(url)
        return page

    def axe(self, page: Page, *, again: bool = False) -> None:
        """Nothing on the page may be hard to read or to reach for anybody. `again`: the same page in another look."""
        found = self.found(page, again=again)
        assert not found, found

    def found(self, page: Page, *, again: bool = False) -> dict[str, tuple[Any, str]]:
        """What axe complains of: by its rule, where first and how."""
        complaints = len(self.complaints)
        if not page.evaluate("'axe' in window"):
            page.evaluate(SCRIPT)
        options = AXE | {"runOnly": BY_LOOK} if again else AXE
        found = page.evaluate("async options => (await axe.run(options)).violations", options)
        del self.complaints[complaints:]  # axe tries styles of its own, which the policy refuses aloud
        return {each["id"]: (each["nodes"][0]["target"], each["nodes"][0]["failureSummary"]) for each in found}

    def close(self) -> None:
        for context in self.browser.contexts:
            context.close()

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request() or request.url.endswith("/respond/"):  # where script reads what is refused
            self.answered.add(request.url)
        if urlsplit(request.url).hostname not in OURS:
            self.complaints.append(f"request to another host: {request.url}")

    def _logged(self, message: ConsoleMessage) -> None:
        # Chromium also logs that a page itself came with 422 or 404, which is how a refusal is said.
        is_status_of_page = "Failed to load resource" in message.text and message.location["url"] in self.answered
        if message.type in {"error", "warning"} and not is_status_of_page:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")
