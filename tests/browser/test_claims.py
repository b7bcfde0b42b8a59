"""Claiming comments in a browser: from the pending comment through the emailed link to the account."""

from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

from accounts.models import Commenter
from comments.notifications.signed_links import claim_url
from tests import make
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

numbers = count(1)


def test_a_guest_claims_a_comment(visitor: Visitor, site: "Server") -> None:
    make.rules(hold_first_comment=True)
    essay, email = make.essay("Of Forms"), f"anna.karg.{next(numbers)}@a-rather-long-domain.example.org"
    page = visitor.open(site.url + essay.get_absolute_url(), width=360)
    for label, value in (("Comment", "Whose is this?"), ("Name", "Anna Karg"), ("Email", email)):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Post Comment").click()
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    visitor.check_accessibility(page)
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("li.comment.held .comment-body")).to_have_text("Whose is this?")

    guest = Commenter.objects.get(email=email)
    page.goto(site.url + urlsplit(claim_url(guest)).path)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.check_accessibility(page)
    page.get_by_role("button", name="Sign up and add comments").click()
    expect(page.get_by_text("Added 1 comment to your account.")).to_be_visible()
    expect(page.get_by_text("Whose is this?")).to_be_visible()
    page.goto(f"{site.url}/accounts/claims/")
    visitor.check_accessibility(page)
    assert not Commenter.objects.filter(pk=guest.pk).exists()
