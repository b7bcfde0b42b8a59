"""Helpers that open the form in which authors write an essay."""

import io
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import Locator, Page

from blog.models import Essay

if TYPE_CHECKING:
    from tests.services.site import Server

STORED = "<p>Stored words.</p>"


def form_url(site: "Server", essay: Essay | None) -> str:
    return f"{site.url}/admin/blog/essay/{f'{essay.pk}/change' if essay else 'add'}/"


def save_draft(page: Page) -> None:
    """Save by keyboard; with JavaScript there is no button for it."""
    page.keyboard.press("Control+s")


def open_settings(page: Page) -> Locator:
    """Open the drawer with the essay's settings, and return it."""
    page.get_by_role("button", name="Settings").click()
    return page.locator("#settings")


def focus_body(page: Page) -> Page:
    """Put the caret at the end of the editable body, and return the page."""
    body = page.locator(".essay-editor [contenteditable=true]")
    body.wait_for()
    body.click()
    page.keyboard.press("Control+End")
    return page


def click_at_end(line: Locator) -> None:
    """Put the caret at the end of a line of the body; the browser tells the editor of it only after the key."""
    line.click()
    line.page.keyboard.press("End")
    line.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def photo() -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((600, 400)).convert("RGB").save(out, "JPEG")
    return out.getvalue()
