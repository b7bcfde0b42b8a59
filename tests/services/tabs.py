"""Browser tabs reused by one visitor after another and cleaned in between: a new one costs two Chromium processes."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, Request

KEPT = 5  # each holds a process
# On the same site, or the process would be another; were the answer a test's own, the tab would lose its cache.
NOWHERE = "/robots.txt"
# A page's last word would outlive it, and the answer may bring a cookie at any time.
SILENT = "() => { navigator.sendBeacon = () => true }"


@dataclass
class Tab:
    """A context with one page, and where that has been."""

    page: Page
    options: dict[str, Any]
    session: CDPSession
    origins: set[str] = field(default_factory=set)  # the page's own
    around: set[str] = field(default_factory=set)  # those of windows that it opened, too

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def went(self, request: Request) -> None:
        if request.is_navigation_request() and request.url.startswith("http"):
            address = urlsplit(request.url)
            origin = f"{address.scheme}://{address.netloc}"
            self.around.add(origin)
            with contextlib.suppress(Error):  # of a window that is only opening
                if request.frame.page == self.page:
                    self.origins.add(origin)


class Tabs:
    """Returns a stored tab that was opened with the same options, else a new one."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.kept: list[Tab] = []

    def acquire(self, options: dict[str, Any]) -> Tab:
        for tab in self.kept:
            if tab.options == options:
                self.kept.remove(tab)
                return tab
        page = self.browser.new_context(**options).new_page()
        tab = Tab(page, options, page.context.new_cdp_session(page))
        page.context.on("request", tab.went)
        only_alone(page)
        return tab

    def release(self, tab: Tab) -> None:
        try:
            blank(tab)
        except (Error, GoneError):
            tab.context.close()
            return
        self.kept.append(tab)
        if len(self.kept) > KEPT:
            self.kept.pop(0).context.close()

    def close(self) -> None:
        for tab in self.kept:
            tab.context.close()
        self.kept.clear()


class GoneError(Exception):
    """The page is closed, or was on several sites, each of which has its own storage."""


def blank(tab: Tab) -> None:
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
    page.evaluate(SILENT)
    for origin in tab.origins:
        page.goto(f"{origin}{NOWHERE}")  # what the page before still asked for is answered no more
        page.evaluate("() => { sessionStorage.clear(); name = '' }")
    context.clear_cookies()
    for origin in tab.around:
        tab.session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    tab.origins.clear()
    tab.around.clear()
    page.set_viewport_size(tab.options["viewport"])
    page.emulate_media(
        media="null", color_scheme=tab.options["color_scheme"], reduced_motion="null", forced_colors="null", contrast="null"
    )  # fmt: skip


def only_alone(page: Page) -> None:
    """Forbid changes to a shared tab that cannot be undone."""

    def refuse(name: str) -> Callable[..., NoReturn]:
        def refused(*_: Any, **__: Any) -> NoReturn:
            raise AssertionError(f"{name} cannot be removed from a tab again. Use visitor.open(…, alone=True)")

        return refused

    context = page.context
    for thing, names in (
        (page, ("on", "once", "add_init_script", "expose_function", "expose_binding", "set_extra_http_headers")),
        (
            context,
            ("add_init_script", "new_cdp_session", "grant_permissions", "set_geolocation", "set_default_timeout"),
        ),
        (context.clock, ("install", "set_fixed_time", "set_system_time", "pause_at")),
    ):
        for name in names:
            setattr(thing, name, refuse(name))
