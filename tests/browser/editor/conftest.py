"""Fixtures of the tests of the editor."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page
from pytest_django.plugin import DjangoDbBlocker

from tests.browser.editor.editor_page import EditorPage

if TYPE_CHECKING:
    from tests.services.chromium import Visitor
    from tests.services.site import Server
    from tests.services.tabs import Tabs

# One visitor and one page for each file: loading the page costs more than most tests.


@pytest.fixture(scope="module")
def _visitor(_tabs: "Tabs") -> Iterator["Visitor"]:
    from tests.services.chromium import Visitor

    visitor = Visitor(_tabs)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(_visitor: "Visitor") -> Iterator["Visitor"]:
    yield _visitor
    complaints = [*_visitor.errors]
    _visitor.errors.clear()
    assert not complaints


@pytest.fixture(scope="module")
def page(_visitor: "Visitor", _site: "Server", django_db_blocker: DjangoDbBlocker) -> Page:
    from tests import make
    from tests.services.sessions import log_in

    page = _visitor.open()
    with django_db_blocker.unblock(), _site.connected():
        log_in(page.context, make.owner(), _site.url)
    return page


@pytest.fixture
def desk(page: Page, visitor: "Visitor", site: "Server") -> Iterator[EditorPage]:
    new = f"{site.url}/admin/blog/essay/add/"
    if page.url != new:
        page.goto(new)
    desk = EditorPage(page)
    desk.replace_text()
    yield desk
    page.unroute_all()


@pytest.fixture
def dark_editor(page: Page, visitor: "Visitor", site: "Server") -> Iterator[EditorPage]:
    """The editor on a phone, in the dark scheme."""
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site.url}/admin/blog/essay/add/")
    yield EditorPage(page)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")
