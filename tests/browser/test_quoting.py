"""Selected text is quoted in the reply with the same characters, and with its author."""

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

CHARACTERS = """*not leaning*, _nor this_, snake_case, 2 * 3, `code`, ~~gone~~, <b>bold</b>, &amp;, [a](there), a\\*b
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


def as_text(text: str) -> str:
    """Escape to Markdown that renders these characters."""
    return "\\\n".join(
        "".join(f"\\{character}" if character in "\\*_`~<>&[]#-+." else character for character in row)
        for row in text.split("\n")
    )


def select(page: Page, first: str, last: str = "") -> None:
    """Select from the start of one element's text to the end of another's."""
    page.evaluate(
        "([first, last]) => getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length)",
        [page.query_selector(first), page.query_selector(last or first)],
    )


def body(comment: Comment) -> str:
    return f"#comment-{comment.pk} > .say > .comment-body"


def open_essay(visitor: Visitor, site: "Server", essay: Essay, **look: Any) -> Page:
    return visitor.open(site.url + essay.get_absolute_url(), **look)


def test_a_quotation_has_the_same_text_and_names_its_author(visitor: Visitor, site: "Server", essay: Essay) -> None:
    quoted = make.comment(essay, f"{as_text(CHARACTERS)}\n{ADDRESS}", by=make.guest("Ines [Ö] Okafor"))
    page = open_essay(visitor, site, essay)
    text = page.locator(body(quoted)).inner_text()
    assert "# no heading\n> no quote" in text
    select(page, body(quoted))
    page.get_by_role("button", name="Quote").click()
    field = page.get_by_role("textbox", name="Comment")
    expect(field).to_be_focused()
    expect(page.get_by_role("heading", name="Leave a Reply to Ines [Ö] Okafor")).to_be_visible()
    page.keyboard.type("I do not.")
    page.get_by_role("textbox", name="Name").fill("Anselm Brandt")
    page.get_by_role("textbox", name="Email", exact=True).fill("anselm@brandt.example")
    page.get_by_role("button", name="Post Comment").click()
    reply = page.locator(f"#comment-{quoted.pk} li.comment .comment-body")
    expect(reply.locator("> p")).to_have_text("I do not.")
    paragraphs = reply.locator("> blockquote > p")
    assert paragraphs.first.inner_text() == text
    expect(paragraphs.last).to_have_text("— Ines [Ö] Okafor")
    expect(paragraphs.last.get_by_role("link")).to_have_attribute("href", f"{site.url}/comments/{quoted.pk}/")
    made = Comment.objects.get(parent=quoted)
    assert (made.status, made.wording.reasons) == ("approved", [])


def test_typed_text_stays_and_the_form_moves(visitor: Visitor, site: "Server", essay: Essay) -> None:
    first = make.comment(essay, "Ines said.", by=make.guest("Ines"))
    make.comment(essay, "Tobias said.", by=make.guest("Tobias"))
    page = open_essay(visitor, site, essay)
    field = page.get_by_role("textbox", name="Comment")
    page.get_by_role("link", name="Reply to Tobias").click()
    field.fill("Before.\n\nAfter.")
    field.evaluate("field => field.setSelectionRange(7, 7)")
    select(page, body(first))
    page.locator(".quote").click()
    expect(page.locator(f"#comment-{first.pk} form#respond")).to_have_count(1)
    source = f"> Ines said.\n>\n> — [Ines]({site.url}/comments/{first.pk}/)\n\n"
    expect(field).to_have_value(f"Before.\n\n{source}\n\nAfter.")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("Before.\n\nAfter.")


def test_the_essay_is_quoted_by_key_and_replied_to(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.comment(essay, by=make.guest("Ines Okafor"))
    make.comment(essay)
    page = open_essay(visitor, site, essay)
    page.get_by_role("link", name="Reply to Ines Okafor").click()
    page.get_by_role("textbox", name="Comment").blur()
    select(page, ".prose p:first-child", ".prose p:last-child")
    page.keyboard.press("q")
    url = f"{site.url}{essay.get_absolute_url()}"
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(
        f"> The first paragraph.\n>\n> The second one.\n>\n> — [Of \\[Forms\\]]({url})\n\n"
    )
    expect(page.get_by_role("heading", name="Leave a Reply", exact=True)).to_be_visible()
    expect(page.locator(".quote")).to_have_count(0)


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


def test_no_quotation_is_offered_for_a_selection_across_texts(visitor: Visitor, site: "Server", essay: Essay) -> None:
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
    visitor.check_accessibility(page)
    page.evaluate("getSelection().collapseToStart()")
    expect(button).to_have_count(0)


def test_readers_load_no_script_for_it(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = open_essay(visitor, site, essay, alone=True)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.locator("h1").click()
    assert not requested


LATIN = " ".join(["The dead keep still, and so does every stone that we have set above them."] * 6)
ARABIC = " ".join(["الموتى ساكنون، وكذلك كل حجر وضعناه فوقهم في المقبرة القديمة."] * 6)
WIDTHS = [360, 768, 1280, 1920]
# The index of the first word in a paragraph, and of the word after the last.
SELECTIONS = [[0, 5], [9, 10], [20, 50], [-1, None]]
# Selects these words in turn and measures for each whether the button is near, readable, covers none of them, and can
# be clicked.
MEASURE = """async ([selector, selections]) => {
  const paragraph = document.querySelector(selector);
  const text = paragraph.firstChild;
  const words = [...text.data.matchAll(/\\S+/g)];
  const away = (low, high, from, to) => Math.max(low - to, from - high, 0);
  const measure = () => {
    const button = document.querySelector(".quote").getBoundingClientRect();
    const distances = [...getSelection().getRangeAt(0).getClientRects()].map((line) => Math.hypot(
      away(button.left, button.right, line.left, line.right), away(button.top, button.bottom, line.top, line.bottom)));
    const distance = Math.min(...distances);
    const ends = [button.left + 1, button.right - 1].map((x) => document.elementFromPoint(x, button.top + 9));
    return {
      is_beside: distance > 0 && distance <= 10,
      is_one_line: button.height < 34 && button.width > button.height,
      is_in_window: button.left >= 0 && button.right <= document.documentElement.clientWidth,
      is_on_top: ends.every((end) => end?.closest(".quote")),
    };
  };
  const found = [];
  paragraph.scrollIntoView({ block: "center" });
  for (const [from, to] of selections) {
    const [first, ...rest] = words.slice(from, to ?? undefined);
    const last = rest.at(-1) ?? first;
    const selected = new Promise((done) => document.addEventListener("selectionchange", () => requestAnimationFrame(done), { once: true }));
    getSelection().setBaseAndExtent(text, first.index, text, last.index + last[0].length);
    await selected;
    found.push(measure());
  }
  scrollBy(0, 90);
  return [...found, measure()];
}"""


# The site's language is right-to-left; the essay has its own direction, as the page marks it in that case.
TURN = """direction => {
  document.querySelector("article").dir ||= "ltr";
  document.documentElement.dir = direction;
}"""


def test_the_button_is_beside_the_selection_at_every_width(visitor: Visitor, site: "Server", essay: Essay) -> None:
    Essay.objects.filter(pk=essay.pk).update(body=f"<h2>On stones</h2><p>{LATIN}</p><p>{LATIN}</p>", language="en")
    arabic = make.essay("في الأحجار", by=make.author(), body=f"<p>{ARABIC}</p><p>{ARABIC}</p>", language="ar")
    comments = [make.comment(essay, passage, by=make.guest("Ines")) for passage in (LATIN, ARABIC)]
    for comment in comments:
        make.comment(essay, LATIN, by=make.guest("Tobias"), to=comment)
    essay_paragraphs = [".prose > p:first-of-type", ".prose > p:last-of-type"]
    for target, texts in (
        (essay, [*essay_paragraphs, *(f"{body(comment)} p" for comment in comments)]),
        (arabic, essay_paragraphs),
    ):
        page = open_essay(visitor, site, target)
        select(page, texts[0])
        expect(page.get_by_role("button", name="Quote")).to_be_in_viewport()
        for width, direction in product(WIDTHS, ("ltr", "rtl")):  # of the site's own language
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(TURN, direction)
            for text in texts:
                for measured in page.evaluate(MEASURE, [text, SELECTIONS]):
                    assert all(measured.values()), (target.title, width, direction, text, measured)


def test_the_button_stays_visible_for_a_selection_that_leaves_the_window(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    Essay.objects.filter(pk=essay.pk).update(body=f"<p>{LATIN}</p>" * 20)
    page = open_essay(visitor, site, essay, width=768)
    select(page, ".prose > p:first-child", ".prose > p:last-child")
    button = page.get_by_role("button", name="Quote")
    expect(button).to_be_in_viewport(ratio=1)
    page.evaluate("scrollBy(0, 1500)")
    expect(button).to_be_in_viewport(ratio=1)
