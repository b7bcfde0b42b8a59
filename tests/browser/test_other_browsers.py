"""What readers do most, in Firefox and WebKit as in Chromium; under --all only."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from blog.models import Essay
from comments.models import Comment, Like
from tests import make
from tests.services import other_browsers
from tests.services.other_browsers import Browser

if TYPE_CHECKING:
    from tests.services.site import Server

pytestmark = pytest.mark.long
TEXT = "The dead keep still, yes. But so does a stone."
BODY = (
    "<p>In the spring she asked me to promise."
    '<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></p>'
    + "<p>A long promise is a letter.</p>" * 60
    + '<section role="doc-endnotes"><ol><li id="note-1"><p>She asked twice.</p></li></ol></section>'
)
IS_IN_VIEW = """(selector) => {
    const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""

HAS_FOCUS = "(selector) => document.activeElement.matches(selector)"


@pytest.fixture(params=["firefox", "webkit"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    with getattr(other_browsers, request.param)(tmp_path) as browser:
        yield browser
        browser.run("() => null")  # fetches the last messages
        assert browser.errors == []


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False, guests_may_like=True)
    return make.essay("Of Promises", by=make.author(name="Miriam Achterberg"), body=BODY)


@pytest.fixture
def root(essay: Essay) -> Comment:
    return make.comment(essay, "Try me.", by=make.guest("Ines Okafor"))


def test_a_guest_replies(browser: Browser, site: "Server", essay: Essay, root: Comment) -> None:
    browser.open(site.url + essay.get_absolute_url())
    browser.click("a.reply", "Reply to Ines Okafor")
    browser.write("#respond [name=text]", TEXT)
    browser.write("#respond [name=name]", "Anselm Brandt")
    browser.write("#respond [name=email]", "anselm@brandt.example")
    browser.click("#respond .post")
    browser.see(f"#comment-{root.pk} li .comment-body", TEXT)
    comment = Comment.objects.latest("pk")
    assert (comment.parent, comment.commenter.name) == (root, "Anselm Brandt")


def test_a_reader_logs_in_in_a_popup(browser: Browser, site: "Server", essay: Essay) -> None:
    browser.open(site.url + essay.get_absolute_url())
    browser.write("#respond [name=text]", TEXT)
    browser.run("() => { window.untouched = true }")
    browser.click("#respond button", "Log in with X")
    with browser.popup():
        browser.click("button[name=person][value=maralindqvist]")
    browser.see("#respond .identity", "You are commenting using your X (Twitter) account.")
    assert browser.run("() => window.untouched")  # the page was not loaded again
    browser.click("#respond .post")
    browser.see("li.comment .comment-body", TEXT)
    comment = Comment.objects.latest("pk")
    assert (comment.wording.text, comment.commenter.mark) == (TEXT, "X: @maralindqvist")


def test_a_reader_reads_a_note_and_returns(browser: Browser, site: "Server", essay: Essay) -> None:
    browser.open(site.url + essay.get_absolute_url())
    browser.click("[role=doc-noteref]")
    browser.wait_for(lambda: browser.run(HAS_FOCUS, "[role=doc-endnotes] li"), "the note")
    assert browser.run(IS_IN_VIEW, "[role=doc-endnotes] li")
    browser.press("Escape")
    browser.wait_for(lambda: browser.run(HAS_FOCUS, "[role=doc-noteref]"), "the note’s mark")


def test_a_reader_searches(browser: Browser, site: "Server", essay: Essay) -> None:
    browser.open(f"{site.url}{reverse('search')}")
    browser.write("main [type=search]", "promise")
    browser.press("Enter")
    browser.see("main a", "Of Promises")


def test_a_reader_likes_a_comment(browser: Browser, site: "Server", essay: Essay, root: Comment) -> None:
    browser.open(site.url + essay.get_absolute_url())
    browser.click("button", "Like this comment by Ines Okafor")
    browser.see("button", "You like this comment by Ines Okafor")
    browser.wait_for(Like.objects.filter(comment=root).exists, "the like’s row")
