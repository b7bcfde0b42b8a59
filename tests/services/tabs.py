"""Browser tabs reused by one visitor after another and cleaned in between: a new one costs two Chromium processes."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, Request

MAX_STORED = 5  # each holds a process
# On the same site, or the process would change; not answered by a route of a test, or the tab would lose its cache.
BLANK_PATH = "/robots.txt"
# A page's last beacon would be sent after the cleanup, and its response may set a cookie at any time.
DISABLE_BEACONS = "() => { navigator.sendBeacon = () => true }"


@dataclass
class Tab:
    """A context with one page, and the origins it has visited."""

    page: Page
    options: dict[str, Any]
    session: CDPSession
    origins: set[str] = field(default_factory=set)  # of the page itself
    all_origins: set[str] = field(default_factory=set)  # of windows that it opened, too

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def on_request(self, request: Request) -> None:
        if request.is_navigation_request() and request.url.startswith("http"):
            address = urlsplit(request.url)
            origin = f"{address.scheme}://{address.netloc}"
            self.all_origins.add(origin)
            with contextlib.suppress(Error):  # of a window that is opening
                if request.frame.page == self.page:
                    self.origins.add(origin)


class Tabs:
    """Returns a stored tab that was opened with the same options, otherwise a new one."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.stored: list[Tab] = []

    def acquire(self, options: dict[str, Any]) -> Tab:
        for tab in self.stored:
            if tab.options == options:
                self.stored.remove(tab)
                return tab
        page = self.browser.new_context(**options).new_page()
        tab = Tab(page, options, page.context.new_cdp_session(page))
        page.context.on("request", tab.on_request)
        forbid_permanent_changes(page)
        return tab

    def release(self, tab: Tab) -> None:
        try:
            clean(tab)
        except (Error, GoneError):
            tab.context.close()
            return
        self.stored.append(tab)
        if len(self.stored) > MAX_STORED:
            self.stored.pop(0).context.close()

    def close(self) -> None:
        for tab in self.stored:
            tab.context.close()
        self.stored.clear()


class GoneError(Exception):
    """The page is closed, or was on several sites, each of which has its own storage."""


def clean(tab: Tab) -> None:
    """Remove everything of the last visitor: windows, routes, cookies, drafts and emulated media."""
    page, context = tab.page, tab.context
    for other in context.pages:
        if other != page:
            other.close()
    if page.is_closed() or len(tab.origins) > 1:
        raise GoneError
    context.set_offline(False)
    page.unroute_all()
    context.unroute_all()
    page.evaluate(DISABLE_BEACONS)
    for origin in tab.origins:
        page.goto(f"{origin}{BLANK_PATH}")  # leaving the page cancels its pending requests
        page.evaluate("() => { sessionStorage.clear(); name = '' }")
    context.clear_cookies()
    for origin in tab.all_origins:
        tab.session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    tab.origins.clear()
    tab.all_origins.clear()
    page.set_viewport_size(tab.options["viewport"])
    page.emulate_media(
        media="null", color_scheme=tab.options["color_scheme"], reduced_motion="null", forced_colors="null", contrast="null"
    )  # fmt: skip


def forbid_permanent_changes(page: Page) -> None:
    """Forbid changes to a shared tab that cannot be undone."""

    def forbid(name: str) -> Callable[..., NoReturn]:
        def forbidden(*_: Any, **__: Any) -> NoReturn:
            raise AssertionError(f"{name} cannot be removed from a tab again. Use visitor.open(…, alone=True)")

        return forbidden

    context = page.context
    for target, names in (
        (page, ("on", "once", "add_init_script", "expose_function", "expose_binding", "set_extra_http_headers")),
        (
            context,
            ("add_init_script", "new_cdp_session", "grant_permissions", "set_geolocation", "set_default_timeout"),
        ),
        (context.clock, ("install", "set_fixed_time", "set_system_time", "pause_at")),
    ):
        for name in names:
            setattr(target, name, forbid(name))
