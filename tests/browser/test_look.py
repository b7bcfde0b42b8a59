"""How pages and their states look: to axe, at any width, in print, and by their size."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Request, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from blog.models import Essay
from comments.models import Rules
from tests import make
from tests.bench import corpus
from tests.conftest import RUNS_ALL
from tests.lists import one_in
from tests.services.chromium import Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Serve, Server

WORD = "W" * 10_000
NAME = "Wolfeschlegelsteinhausenbergerdorff" * 7


@pytest.fixture
def rules(site: "Server") -> Rules:
    return make.rules(hold_first_comment=True)


@pytest.fixture
def essay(rules: Rules) -> Essay:
    """An essay with everything a body may contain, and a thread below it."""
    author = make.author(name="Miriam Achterberg")
    essay = make.essay("Whose Promise Is It?", by=author, deck="On keeping the word of somebody you were", body=BODY)
    root = make.comment(essay, "Sell it.\n\n> whether I use it\n\n    " + "code " * 60, by=make.guest("Tobias Fenn"))
    reply = make.comment(essay, f"See https://example.org/{'long' * 60}", by=make.guest("Ines Okafor"), to=root)
    for _number in range(5):
        reply = make.comment(essay, to=reply, by=make.guest("Tobias Fenn", website="https://fenn.example"))
    return essay


BODY = """<p>In the spring she asked me to promise.<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></p>
<h2>The stranger</h2><p>Words, <em>leaning</em>, <strong>standing</strong>, <a href="https://example.org/">linked</a>.</p>
<h3>The third rank</h3><ul><li>one</li><li>two</li></ul><blockquote><p>Quoted.</p><cite>Where</cite></blockquote>
<h2>Ways out</h2><blockquote class="pull"><p>A long promise is a letter.</p></blockquote><hr><p>After a pause.</p>
<table><caption>Kept</caption><thead><tr><th>Age</th><th>Made</th></tr></thead><tbody><tr><td>20</td><td>118</td></tr></tbody>
</table><pre><code>a line of code that is longer than any measure would allow, and then some more, and then some more</code></pre>
<section role="doc-endnotes"><ol><li id="note-1"><p>A note.</p></li></ol></section>"""


def check(visitor: Visitor, page: Page) -> None:
    """Run axe and check that nothing is wider than the window: on a dark desktop, then on a light phone."""
    expect(page.locator("main")).to_be_visible()
    for width, is_dark in ((1280, True), (360, False)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        fits(page)
        visitor.check_accessibility(page, again=is_dark)


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def open_essay(visitor: Visitor, site: "Server", essay: Essay, after: str = "", **look: Any) -> Page:
    return visitor.open(site.url + essay.get_absolute_url() + after, **look)


def reply(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"form#respond [name={name}]").fill(value)
    page.get_by_role("button", name="Post Comment").click()


@pytest.mark.long  # test_every_state.py and test_account_pages.py check them in every run
@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_pages_are_accessible(visitor: Visitor, site: "Server", path: str) -> None:
    check(visitor, visitor.open(site.url + path, width=360))


@pytest.mark.parametrize(
    "path",
    one_in(
        4,
        [
            "/archive/",
            "/about/",
            "/tag/argument/",
            "/author/author/",
            "/accounts/signup/",
            "/accounts/login/code/",
            "/accounts/password/reset/",
        ],
        first=2,
    ),
)
def test_similar_pages_are_accessible(visitor: Visitor, site: "Server", path: str) -> None:
    page = visitor.open(site.url + path, width=768)
    fits(page)
    check(visitor, page)


def test_an_essay_with_a_thread_is_accessible(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay, width=360)
    check(visitor, page)
    if not RUNS_ALL:
        return  # test_every_state.py checks the others
    linked = page.locator("li.comment").nth(2)
    page.goto(f"{site.url}/comments/{(linked.get_attribute('id') or '').removeprefix('comment-')}/")
    check(visitor, page)
    page.locator(".replies > summary").nth(1).click()
    check(visitor, page)


@pytest.mark.long  # test_every_state.py checks its states in every run
def test_the_reply_form_is_accessible_in_every_state(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay, width=360)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    check(visitor, page)
    reply(page, text="", name="Anselm Brandt", email="anselm@brandt", website="no address")
    expect(page.locator(".errors")).to_be_focused()
    expect(page.locator("[aria-invalid=true]")).to_have_count(3)
    check(visitor, page)
    reply(page, text="An answer.", email="anselm@brandt.example", website="")
    expect(page.get_by_role("status").filter(has_text="Your comment is awaiting moderation.")).to_be_visible()
    check(visitor, page)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    reply(page, text="An answer.", name="Anselm Brandt", email="anselm@brandt.example")
    expect(page.locator(".errors")).to_contain_text("already")
    check(visitor, page)


@pytest.mark.long  # as test_every_state.py does in every run
def test_the_form_of_a_logged_in_user_is_accessible(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(width=360)
    log_in(page.context, User.objects.get(username="author"), site.url)
    page.goto(site.url + essay.get_absolute_url())
    expect(page.locator(".identity")).to_contain_text("You are commenting using your Rejoinder account.")
    check(visitor, page)


@pytest.mark.long  # as test_every_state.py does in every run
def test_closed_discussions_are_accessible(visitor: Visitor, site: "Server", rules: Rules) -> None:
    check(visitor, open_essay(visitor, site, make.essay(by=make.author()), width=360))
    closed = make.essay(by=make.author(), is_open=False)
    page = open_essay(visitor, site, closed, width=360)
    expect(page.get_by_text("Comments are closed.")).to_be_visible()
    check(visitor, page)


def test_a_discussion_for_logged_in_readers_is_accessible(visitor: Visitor, site: "Server", rules: Rules) -> None:
    make.rules(who_may_comment="login")
    page = open_essay(visitor, site, make.essay(by=make.author()), width=360)
    expect(page.get_by_label("Name", exact=True)).to_have_count(0)
    check(visitor, page)


def test_nothing_is_wider_than_the_window(visitor: Visitor, site: "Server", rules: Rules) -> None:
    cells = "<td>some words</td>" * 14
    body = f"<p>{WORD}</p><pre>{WORD}</pre><h2>{WORD[:300]}</h2><h2>b</h2><table><tr>{cells}</tr></table>"
    essay = make.essay("Honorificabilitudinitatibus" * 6, by=make.author(name=NAME), deck=WORD[:200], body=body)
    comment = None
    for _level in range(6):
        comment = make.comment(essay, f"{WORD}\n\n    {WORD}", by=make.guest(NAME), to=comment)
    query = f"?replyto={comment.pk if comment else 0}#respond"
    for width in (320, 1280):
        page = open_essay(visitor, site, essay, width=width)
        fits(page)
        page.goto(site.url + essay.get_absolute_url() + query)
        fits(page)


def test_right_to_left_nothing_is_cut_off(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay, width=360)
    page.evaluate("Object.assign(document.documentElement, { lang: 'ar', dir: 'rtl' })")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        fits(page)


def test_only_the_text_is_printed(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay)
    page.emulate_media(media="print")
    for selector in (".masthead", "form#respond", ".do", ".tools", ".colophon"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(page.locator(".comment-body").first).to_be_visible()


def test_times_are_relative_near_the_window_with_script(visitor: Visitor, site: "Server", essay: Essay) -> None:
    time = ".thread time >> nth=0"
    with_script = open_essay(visitor, site, essay)
    expect(with_script.locator(time)).to_have_text(re.compile("20[0-9]{2}"))
    with_script.locator(".essay-foot").scroll_into_view_if_needed()
    expect(with_script.locator(time)).to_have_text(re.compile("now|ago"))
    expect(with_script.locator(time)).to_have_attribute("title", re.compile("20[0-9]{2}"))
    expect(open_essay(visitor, site, essay, script=False).locator(time)).to_have_text(re.compile("20[0-9]{2}"))


def test_in_production_a_first_visit_keeps_to_its_budget(
    visitor: Visitor, serve: "Serve", django_db_blocker: DjangoDbBlocker
) -> None:
    """An essay with 50 comments, fonts included: 100 KB in 12 requests, of which 12 KB are CSS and 10 KB scripts."""
    site = serve(demo=True, DEBUG=None)
    with django_db_blocker.unblock(), site.connected():
        essay = corpus.essay(50)
    page = visitor.open(alone=True)
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(site.url + essay.get_absolute_url())
    page.wait_for_load_state("networkidle")
    sent = [(each.resource_type, each.sizes()) for each in requests]

    def bodies(kind: str) -> list[int]:
        return [sizes["responseBodySize"] for type_, sizes in sent if type_ == kind]

    assert len(bodies("stylesheet")) == 1
    assert sum(bodies("stylesheet")) <= 12_000
    assert len(bodies("script")) == 1
    assert sum(bodies("script")) <= 10_000
    assert bodies("font")
    assert sum(sizes["responseBodySize"] + sizes["responseHeadersSize"] for _, sizes in sent) <= 100_000
    assert len(sent) <= 12, [each.url for each in requests]
    # Minified scripts work the same.
    page.get_by_role("link", name="Reply to").first.click()
    expect(page.locator("li.comment form#respond")).to_be_visible()
    page.get_by_role("textbox", name="Comment").fill("I *do*.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview-body em")).to_have_text("do")
    page.goto(f"{site.url}/nothing/here/")
    expect(page.get_by_role("heading")).to_have_text("Page not found")
    check(visitor, page)
