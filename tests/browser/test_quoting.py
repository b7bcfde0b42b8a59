"""What is selected is quoted into the reply to it, in the same words, and says where they stand."""

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

SIGNS = """*not leaning*, _nor this_, snake_case, 2 * 3, `code`, ~~gone~~, <b>bold</b>, &amp;, [a](there), a\\*b
# no heading
> no quote
- no list
+ none
1. nor this
---
~~~"""
ADDRESS = "https://example.org/a_b_c*d*, an address"


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False)
    body = "<p>The first paragraph.</p><p>The <em>second</em> one.</p>"
    return make.essay("Of [Forms]", by=make.author(name="Miriam Achterberg"), body=body)


def as_text(words: str) -> str:
    """Markdown that says these very signs."""
    return "\\\n".join(
        "".join(f"\\{sign}" if sign in "\\*_`~<>&[]#-+." else sign for sign in row) for row in words.split("\n")
    )


def select(page: Page, first: str, last: str = "") -> None:
    """From the beginning of the words of one element to the end of another's."""
    page.evaluate(
        "([first, last]) => getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length)",
        [page.query_selector(first), page.query_selector(last or first)],
    )


def body(comment: Comment) -> str:
    return f"#comment-{comment.pk} > .say > .comment-body"


def open_essay(visitor: Visitor, site: "Server", essay: Essay, **look: Any) -> Page:
    return visitor.open(site.url + essay.get_absolute_url(), **look)


def test_a_quotation_says_the_same_words_and_who_said_them(visitor: Visitor, site: "Server", essay: Essay) -> None:
    quoted = make.comment(essay, f"{as_text(SIGNS)}\n{ADDRESS}", by=make.guest("Ines [Ö] Okafor"))
    page = open_essay(visitor, site, essay)
    words = page.locator(body(quoted)).inner_text()
    assert "# no heading\n> no quote" in words
    select(page, body(quoted))
    page.get_by_role("button", name="Quote").click()
    field = page.get_by_role("textbox", name="Comment")
    expect(field).to_be_focused()
    expect(page.get_by_role("heading", name="Leave a Reply to Ines [Ö] Okafor")).to_be_visible()
    page.keyboard.type("I do not.")
    page.get_by_role("textbox", name="Name").fill("Anselm Brandt")
    page.get_by_role("textbox", name="Email").fill("anselm@brandt.example")
    page.get_by_role("button", name="Post Comment").click()
    reply = page.locator(f"#comment-{quoted.pk} li.comment .comment-body")
    expect(reply.locator("> p")).to_have_text("I do not.")
    paragraphs = reply.locator("> blockquote > p")
    assert paragraphs.first.inner_text() == words
    expect(paragraphs.last).to_have_text("— Ines [Ö] Okafor")
    expect(paragraphs.last.get_by_role("link")).to_have_attribute("href", f"{site.url}/comments/{quoted.pk}/")
    made = Comment.objects.get(parent=quoted)
    assert (made.status, made.wording.reasons) == ("approved", [])


def test_what_was_typed_stays_and_the_form_moves(visitor: Visitor, site: "Server", essay: Essay) -> None:
    one = make.comment(essay, "Ines said.", by=make.guest("Ines"))
    make.comment(essay, "Tobias said.", by=make.guest("Tobias"))
    page = open_essay(visitor, site, essay)
    field = page.get_by_role("textbox", name="Comment")
    page.get_by_role("link", name="Reply to Tobias").click()
    field.fill("Before.\n\nAfter.")
    field.evaluate("field => field.setSelectionRange(7, 7)")
    select(page, body(one))
    page.get_by_role("button", name="Quote").click()
    expect(page.locator(f"#comment-{one.pk} form#respond")).to_have_count(1)
    source = f"> Ines said.\n>\n> — [Ines]({site.url}/comments/{one.pk}/)\n\n"
    expect(field).to_have_value(f"Before.\n\n{source}\n\nAfter.")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("Before.\n\nAfter.")


def test_the_essay_is_quoted_by_key_and_answered_itself(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.comment(essay, by=make.guest("Ines Okafor"))
    make.comment(essay)
    page = open_essay(visitor, site, essay)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    page.get_by_role("textbox", name="Comment").blur()
    select(page, ".prose p:first-child", ".prose p:last-child")
    page.keyboard.press("q")
    place = f"{site.url}{essay.get_absolute_url()}"
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(
        f"> The first paragraph.\n>\n> The second one.\n>\n> — [Of \\[Forms\\]]({place})\n\n"
    )
    expect(page.get_by_role("heading", name="Leave a Reply", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Quote")).to_have_count(0)


def test_the_button_is_next_by_tab(visitor: Visitor, site: "Server", essay: Essay) -> None:
    quoted = make.comment(essay, "Said.", by=make.guest("Ines Okafor"))
    page = open_essay(visitor, site, essay, width=360, has_touch=True)
    page.locator(body(quoted)).locator("p").click(click_count=3)
    button = page.get_by_role("button", name="Quote")
    expect(button).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(
        f"> Said.\n>\n> — [Ines Okafor]({site.url}/comments/{quoted.pk}/)\n\n"
    )


def test_nothing_is_offered_for_what_is_no_one_text(visitor: Visitor, site: "Server", essay: Essay) -> None:
    one, other = make.comment(essay, "One said."), make.comment(essay, "Other said.")
    page = open_essay(visitor, site, essay)
    button = page.get_by_role("button", name="Quote")
    for first, last in ((body(one), body(other)), ("h1", ".prose p"), ("#comments-title", "#comments-title")):
        select(page, body(one))
        expect(button).to_have_count(1)
        select(page, first, last)
        expect(button).to_have_count(0)
    select(page, body(one))
    expect(button).to_have_count(1)
    visitor.axe(page)
    page.evaluate("getSelection().collapseToStart()")
    expect(button).to_have_count(0)


def test_who_reads_loads_nothing_for_it(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay, alone=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("h1").click()
    assert not asked
