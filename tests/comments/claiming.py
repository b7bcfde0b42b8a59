"""Claiming comments as a guest does: the offer below a comment, the email, and its link."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core import mail

from blog.models import Essay
from comments.models import Comment
from server.jobs.worker import run_ready_jobs
from tests.comments.browser_client import Browser, Page

OFFER = "Email me a link to manage my comments"
ANNA = "anna@example.org"


def offer_on(page: Page, comment: Comment) -> dict[str, str]:
    """Return the form data of the button below a comment."""
    form = next(form for form in page.comment(comment).iter("form") if form.get("class") == "offer")
    assert form.get("action") == "/accounts/claims/ask/"
    return {str(field.get("name")): str(field.get("value")) for field in form.iter("input")}


def ask(browser: Browser, comment: Comment, address: str = "") -> Any:
    page = browser.read(address or f"{comment.get_absolute_url()}")
    return browser.post("/accounts/claims/ask/", offer_on(page, comment))


def say(browser: Browser, essay: Essay, **fields: str) -> tuple[Comment, str]:
    """Post a comment and return it with its author's URL."""
    address = browser.submit_comment(essay, **fields).response.headers["Location"]
    return Comment.objects.latest("pk"), address


def mailed(count: int = 1) -> list[str]:
    """Send pending emails and return their links."""
    run_ready_jobs()
    sent = [message for message in mail.outbox if "Add your comments" in message.subject]
    assert len(sent) == count
    return [urlsplit(found[0]).path for message in sent if (found := re.search(r"http\S+", str(message.body)))]


def link_for(essay: Essay, browser: Browser | None = None, **fields: str) -> str:
    browser = browser or Browser()
    ask(browser, *say(browser, essay, **fields))
    return mailed(1)[-1]


def follow(browser: Browser, link: str, **fields: Any) -> Any:
    return browser.post(link, {"as": ["Anna Karg"], **fields}, follow=True)
