"""After an essay in a real browser: citations in place, the link copied or shared, and the way to the reply form."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from blog.models import Essay
from tests import make
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

CLIPBOARD = """() => Object.defineProperty(navigator, "clipboard", {
    value: { writeText: async (text) => { window.copied = text; } },
})"""


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules()
    essay_ = make.essay("Of Passing On", by=make.author(name="Miriam Achterberg"))
    make.comment(essay_)
    make.comment(essay_)
    return essay_


def test_an_essay_is_cited_and_its_link_copied_in_place(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    page.evaluate(CLIPBOARD)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".pass-on [role=status]")).to_have_text("Copied")
    assert page.evaluate("copied").endswith(essay.get_absolute_url())
    cite = page.get_by_role("button", name="Cite")
    cite.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("tabpanel")).to_contain_text("Miriam Achterberg. “Of Passing On.”")
    expect(cite).to_have_attribute("aria-expanded", "true")
    page.get_by_role("tab", name="Text").press("ArrowRight")
    expect(page.get_by_role("tab", name="BibTeX")).to_be_focused()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator(".formats [role=status]")).to_have_text("Copied")
    assert page.evaluate("copied").startswith("@misc{achterberg")
    cite.click()
    expect(page.get_by_role("tablist")).to_be_hidden()
    assert page.url == site.url + essay.get_absolute_url()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_leave_a_reply_and_cite_lead_to_the_form_and_the_citations(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    page = visitor.open(site.url + essay.get_absolute_url(), script=script)
    page.locator(".opening").get_by_role("link", name="Leave a Reply").click()
    if script:
        expect(page.get_by_label("Comment", exact=True)).to_be_focused()
        return
    assert page.url.endswith("#respond")
    expect(page.get_by_role("button", name="Share")).to_be_hidden()
    page.get_by_role("link", name="Cite").click()
    for name in ("Text", "BibTeX", "CSL-JSON"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="BibTeX", exact=True)).to_be_visible()
