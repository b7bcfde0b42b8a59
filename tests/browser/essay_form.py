"""Helpers that open the form in which authors write an essay."""

from typing import TYPE_CHECKING

from playwright.sync_api import Page

from blog.models import Essay

if TYPE_CHECKING:
    from tests.services.site import Server

STORED = "<p>Stored words.</p>"


def form_url(site: "Server", essay: Essay | None) -> str:
    return f"{site.url}/admin/blog/essay/{f'{essay.pk}/change' if essay else 'add'}/"


def focus_body(page: Page) -> Page:
    """Put the caret at the end of the editable body, and return the page."""
    body = page.locator(".essay-editor [contenteditable=true]")
    body.wait_for()
    body.click()
    page.keyboard.press("Control+End")
    return page
