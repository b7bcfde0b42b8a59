"""Every page for readers in every state at 320 pixels (640 at 200 %) and wider, right-to-left and left-to-right, in
both color schemes and forced colors: nothing is wider than the window, no text is cut off, and axe finds nothing.

By default each state is loaded once, a third of them dark and a third with forced colors, then turned right-to-left and
widened in place; with --all each is loaded in every combination.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page
from pytest_django.plugin import DjangoDbBlocker

from comments.models import Rules
from tests import make
from tests.browser.layout import parts_too_wide, texts_cut_off
from tests.browser.stage import Stage, Thread, create_thread_page
from tests.browser.states import STATES
from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

LANGUAGES = {"ar": {"lang": "ar", "dir": "rtl"}, "en": {"lang": "en", "dir": "ltr"}}
COLORS = ("light", "dark", "forced")
NARROW = {"ar": 320, "en": 360}
ALL_LOOKS = [
    (language, colors, width)
    for language in ("ar", "en")
    for colors, widths in {
        "light": (NARROW[language], 768, 1280),
        "dark": (NARROW[language], 768, 1280),
        "forced": (NARROW[language], 1280),
    }.items()
    for width in widths
]
LOOKS = [
    (name, *look)
    for number, name in enumerate(STATES)
    for look in (ALL_LOOKS if RUNS_ALL else [("ar", COLORS[number % len(COLORS)], 320)])
]


@pytest.fixture(scope="module")
def thread(_site: "Server", django_db_blocker: DjangoDbBlocker) -> Iterator[Thread]:
    with django_db_blocker.unblock(), _site.connected():
        before = Rules.objects.current()
        make.rules(hold_first_comment=True, guests_may_like=True)
        yield create_thread_page()
        before.save()


@pytest.mark.parametrize(
    ("name", "language", "colors", "width"), LOOKS, ids=["-".join(map(str, look)) for look in LOOKS]
)
def test_a_state_fits_and_is_accessible(
    visitor: Visitor, site: "Server", thread: Thread, name: str, language: str, colors: str, width: int
) -> None:
    page = visitor.open(width=width, dark=colors == "dark")
    if colors == "forced":
        page.emulate_media(forced_colors="active")
    STATES[name](Stage(page, site.url, thread))
    if not RUNS_ALL:
        fits(page)
    page.evaluate("looks => Object.assign(document.documentElement, looks)", LANGUAGES[language])
    fits(page)
    visitor.check_accessibility(page)
    if not RUNS_ALL:
        page.set_viewport_size({"width": 1280, "height": 800})
        fits(page)


def fits(page: Page) -> None:
    assert texts_cut_off(page) == []
    assert parts_too_wide(page) == []
