"""Replies to a passage: selecting words, the form, counts beside the text, the threads that they open."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from blog.models import Authorship, Essay, Revision, Text
from blog.writing import revisions
from comments.answers import actions as answers
from comments.models import Comment, Passage
from comments.passages.jobs import move_passages
from tests import make
from tests.browser.essay_form import form_url
from tests.browser.test_drafts import expect_draft
from tests.comments.browser_client import Browser
from tests.services.chromium import Visitor
from tests.services.processes import wait_until
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

BODY = (
    "<p>Hardly anybody has read the <em>Meditations</em>. It is on every list.</p>"
    "<p>Here is how it was done."
    '<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup> In 1640 he let two friends have it.</p>'
    '<section role="doc-endnotes"><ol><li id="note-1"><p>At Haarlem.</p></li></ol></section>'
)
NAME = {"name": "Anselm Brandt", "email": "anselm@brandt.example"}


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False, flood_seconds=0)
    essay = make.essay("Objections", by=make.author(name="Miriam Achterberg"), published=None)
    essay.published = timezone.now() - timedelta(days=1)  # else it would come before those of other tests on every page
    revisions.publish(essay, Text(title="Objections", body=BODY, slug=essay.slug), by=None)
    return Essay.objects.get(pk=essay.pk)


def comment_on(essay: Essay, words: str, paragraph: int, name: str = "Ilse Maartens") -> Comment:
    revision = Revision.objects.public(essay).latest("pk")
    on = f'[{revision.pk}, {paragraph}, "{words}", "", ""]'
    return Browser().post_comment(essay, text=f"{name} on it.", name=name, email=f"{name[0]}@example.org", on=on)


def select(page: Page, start: tuple[str, int], end: tuple[str, int]) -> None:
    """Select from one offset in the text of an element to one in that of another, as with the mouse."""
    page.evaluate(
        """([[first, from], [last, to]]) => {
          const place = (name, wanted) => {
            const walker = document.createTreeWalker(document.querySelector(name), NodeFilter.SHOW_TEXT);
            let left = wanted;
            while (walker.nextNode() && left > walker.currentNode.data.length) left -= walker.currentNode.data.length;
            return [walker.currentNode, left];
          };
          getSelection().setBaseAndExtent(...place(first, from), ...place(last, to));
        }""",
        [start, end],
    )


def marked(page: Page) -> list[str]:
    """Return the words that are marked in the essay."""
    found: list[str] = page.evaluate("Array.from(CSS.highlights.get('passage') ?? [], String)")
    return found


FIRST, SECOND = ".prose > p:nth-of-type(1)", ".prose > p:nth-of-type(2)"


def test_selected_words_are_quoted_above_the_posted_comment(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    select(page, (FIRST, 18), (SECOND, 20))  # from within “read” to within “done”, across two paragraphs and a tag
    page.get_by_role("button", name="Reply to this").click()
    form = page.locator("#respond")
    words = "read the Meditations. It is on every list. Here is how it was done"
    expect(form.locator(".passage")).to_have_text(f"On: “{words}” Change · Remove")
    expect(form.get_by_role("textbox", name="Comment")).to_be_focused()
    page.keyboard.type("Is it?")
    expect_draft(page, "Is it?")
    page.reload()
    expect(form.get_by_role("textbox", name="Comment")).to_have_value("Is it?")
    expect(form.locator(".passage q")).to_have_text(words)
    form.get_by_role("textbox", name="Name").fill(NAME["name"])
    form.get_by_role("textbox", name="Email", exact=True).fill(NAME["email"])
    form.get_by_role("button", name="Post Comment").click()
    expect(page.locator(".comment .on")).to_have_text(f"On: “{words}”")
    expect(form.locator(".passage")).to_be_hidden()
    passage = Passage.objects.get(essay=essay)
    assert (passage.paragraph, passage.words) == (1, words)


def test_a_passage_of_an_imported_essay_is_chosen_and_posted_by_keyboard(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    essay = make.essay("Imported", by=make.author(), body=BODY)  # without a revision
    page = visitor.open(site.url + essay.get_absolute_url())
    select(page, (SECOND, 0), (SECOND, 24))
    expect(page.get_by_role("button", name="Reply to this")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reply to this")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    page.keyboard.type("By keyboard.")
    page.get_by_role("textbox", name="Name").fill(NAME["name"])
    page.get_by_role("textbox", name="Email", exact=True).fill(NAME["email"])
    page.get_by_role("textbox", name="Comment").press("Control+Enter")
    expect(page.locator(".comment .on")).to_have_text("On: “Here is how it was done.”")


def test_the_passage_can_be_removed(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    select(page, (SECOND, 0), (SECOND, 24))
    page.get_by_role("button", name="Reply to this").click()
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    page.keyboard.type("Typed already.")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#respond .passage")).to_be_hidden()
    expect(page.locator("[name=on]")).to_have_value("")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Typed already.")


@pytest.fixture
def _formulas(site: "Server") -> Iterator[None]:
    make.site(formulas=True)
    yield
    make.site(formulas=False)


@pytest.mark.usefixtures("_formulas")
def test_words_across_a_line_break_are_quoted_also_after_the_shortcut_for_quoting(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    body = r"<p>The first line,<br>the second \(x\).</p>"
    revisions.publish(essay, Text(title="Verse", body=body, slug=essay.slug), by=None)
    for name in ("Ilse Maartens", "Tobias Fenn"):  # with one comment there are no shortcuts
        make.comment(essay, "Read.", by=make.guest(name))
    page = visitor.open(site.url + essay.get_absolute_url())
    select(page, (f"{FIRST} math", 0), (f"{FIRST} math", 1))  # no words: an ordinary comment
    page.get_by_role("button", name="Reply to this").click()
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    expect(page.locator("#respond .passage")).to_be_hidden()
    page.get_by_role("textbox", name="Comment").blur()
    select(page, (FIRST, 4), (FIRST, 9))
    expect(page.get_by_role("button", name="Reply to this")).to_be_visible()
    page.keyboard.press("q")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value(re.compile("> first"))
    select(page, (FIRST, 4), (FIRST, 27))  # with the formula, which is left out
    page.get_by_role("button", name="Reply to this").click()
    expect(page.locator("#respond .passage q")).to_have_text("first line, the second")
    page.get_by_role("textbox", name="Name").fill(NAME["name"])
    page.get_by_role("textbox", name="Email", exact=True).fill(NAME["email"])
    page.get_by_role("button", name="Post Comment").click()
    expect(page.locator(".comment .on")).to_have_text("On: “first line, the second”")


@pytest.mark.parametrize("width", [1280, 360])
def test_a_count_opens_the_threads_until_escape(visitor: Visitor, site: "Server", essay: Essay, width: int) -> None:
    comment = comment_on(essay, "In 1640 he let two friends", 2)
    comment_on(essay, "Meditations", 1, "Tobias Fenn")
    page = visitor.open(site.url + essay.get_absolute_url(), viewport={"width": width, "height": 800})
    count = page.get_by_role("link", name="1 comment on this paragraph").nth(1)
    count.click()
    threads = page.get_by_role("dialog", name="1 comment on this paragraph")
    expect(threads).to_contain_text("Ilse Maartens on it.")
    expect(threads).not_to_contain_text("Tobias Fenn on it.")
    expect(count).to_have_attribute("aria-expanded", "true")
    expect(threads.get_by_role("heading", name="1 comment on this paragraph")).to_be_focused()
    assert marked(page) == ["In 1640 he let two friends"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.check_accessibility(page)
    page.keyboard.press("Escape")
    expect(threads).to_have_count(0)
    expect(count).to_be_focused()
    count.press("Enter")
    threads.get_by_role("link", name="Reply to Ilse Maartens").click()
    expect(page.get_by_role("heading", name="Leave a Reply to Ilse Maartens")).to_be_visible()
    expect(page.locator("[name=parent]")).to_have_value(str(comment.pk))


def test_a_count_opens_one_box_however_slow_and_none_for_another_text(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    comment_on(essay, "In 1640 he let two friends", 2)
    comment_on(essay, "Hardly anybody", 1, "Tobias Fenn")
    page = visitor.open(site.url + essay.get_absolute_url())
    waiting: list[Route] = []
    page.route("**/*?on=*", lambda route: waiting.append(route))
    first, second = page.get_by_role("link", name="1 comment on this paragraph").all()
    for count in (second, second, first):
        count.click()
    wait_until(lambda: page.title() != "" and len(waiting) == 3, "three requests")
    for route in reversed(waiting):
        route.continue_()
    threads = page.get_by_role("dialog")
    expect(threads).to_contain_text("Tobias Fenn on it.")
    assert marked(page) == ["ardly anybody"]  # the initial of several lines would be marked beside its place
    page.keyboard.press("Escape")
    expect(threads).to_have_count(0)
    page.unroute("**/*?on=*")
    text = Text(title="Objections", body=f"<p>A new beginning.</p>{BODY}", slug=essay.slug)
    Essay.objects.filter(pk=essay.pk).update(language="ar")
    revisions.publish(Essay.objects.get(pk=essay.pk), text, by=None)
    move_passages.call(essay.pk)  # the second paragraph now has what the first had
    second.click()
    expect(page.locator(".prose")).to_contain_text("A new beginning.")
    expect(threads).to_have_count(0)
    first.click()
    expect(threads.locator("> header")).to_have_attribute("dir", "ltr")  # the box is in English beside an Arabic text


def test_the_passage_of_a_draft_is_not_given_to_another_draft(visitor: Visitor, site: "Server", essay: Essay) -> None:
    url = site.url + essay.get_absolute_url()
    page = visitor.open(url)
    other = page.context.new_page()
    other.goto(url)
    other.get_by_role("textbox", name="Comment").fill("On all of it.")
    expect_draft(other, "On all of it.")
    select(page, (SECOND, 0), (SECOND, 24))
    page.get_by_role("button", name="Reply to this").click()
    page.get_by_role("textbox", name="Comment").fill("On one sentence.")
    expect_draft(page, "On one sentence.")
    later = page.context.new_page()
    for each in (other, page):
        each.close()
    later.goto(url)
    field, passage = later.get_by_role("textbox", name="Comment"), later.locator("#respond .passage")
    expect(field).to_have_value("On one sentence.")
    expect(passage).to_be_visible()
    later.get_by_role("button", name="1 more draft").click()
    expect(field).to_have_value("On all of it.")
    expect(passage).to_be_hidden()
    later.get_by_role("button", name="1 more draft").click()
    expect(passage).to_be_visible()
    later.get_by_role("button", name="Discard").click()
    expect(passage).to_be_hidden()


def test_reply_to_this_passage_quotes_it_again(visitor: Visitor, site: "Server", essay: Essay) -> None:
    comment_on(essay, "In 1640 he let two friends", 2)
    page = visitor.open(site.url + essay.get_absolute_url())
    page.get_by_role("link", name="1 comment on this paragraph").click()
    page.get_by_role("button", name="Reply to this passage").click()
    expect(page.locator("#respond .passage q")).to_have_text("In 1640 he let two friends")


def test_posting_updates_the_counts_beside_the_text(visitor: Visitor, site: "Server", essay: Essay) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    for posted, label in ((1, "1 comment"), (2, "2 comments")):
        select(page, (SECOND, 0), (SECOND, 24))
        page.get_by_role("button", name="Reply to this").click()
        page.get_by_role("textbox", name="Comment").fill(f"Number {posted}.")
        page.get_by_role("textbox", name="Name").fill(NAME["name"])
        page.get_by_role("textbox", name="Email", exact=True).fill(NAME["email"])
        page.get_by_role("textbox", name="Comment").press("Control+Enter")
        count = page.locator(SECOND).get_by_role("link", name=f"{label} on this paragraph")
        expect(count).to_have_text(str(posted))
        expect(page.get_by_role("button", name="Hide")).to_have_count(1)
        count.click()
        expect(page.get_by_role("dialog", name=f"{label} on this paragraph")).to_contain_text(f"Number {posted}.")
        page.keyboard.press("Escape")


def test_a_quotation_marks_its_words_and_leads_to_them(visitor: Visitor, site: "Server", essay: Essay) -> None:
    comment_on(essay, "how it was done. In 1640", 2)  # a note's mark is between
    page = visitor.open(site.url + essay.get_absolute_url())
    link = page.locator(".comment .on").get_by_role("link")
    link.hover()
    expect(page.locator(".on.marked")).to_be_visible()
    assert marked(page) == ["how it was done.1 In 1640"]
    link.click()


def test_a_count_between_marked_paragraphs_is_not_underlined(visitor: Visitor, site: "Server", essay: Essay) -> None:
    comment_on(essay, "It is on every list. Here is how it was done.", 1)
    page = visitor.open(site.url + essay.get_absolute_url())
    page.locator(".comment .on").get_by_role("link").hover()
    expect(page.locator(".on.marked")).to_be_visible()
    count = page.locator(".prose p > .on-count")
    assert count.evaluate("count => CSS.highlights.get('passage').values().next().value.intersectsNode(count)")
    look = "element => [getComputedStyle(element, '::highlight(passage)')].map(({ textDecorationLine: line, backgroundColor }) => [line, backgroundColor])[0]"
    assert count.evaluate(look) == ["none", "rgba(0, 0, 0, 0)"]
    assert page.locator(".prose p").first.evaluate(look)[0] == "underline"


def test_words_under_the_pointer_mark_their_quotations(visitor: Visitor, site: "Server", essay: Essay) -> None:
    for words, name in (("Here is how", "Ilse Maartens"), ("In 1640 he let", "Tobias Fenn")):
        comment_on(essay, words, 2, name)
    page = visitor.open(site.url + essay.get_absolute_url())
    quotations = page.locator("#comments .on.marked")
    count = page.get_by_role("link", name="2 comments on this paragraph")
    expect(count).to_have_attribute("aria-expanded", "false")
    select(page, (SECOND, 2), (SECOND, 6))  # for the place of these letters, beside an initial of several lines
    at = page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().toJSON()")
    page.evaluate("getSelection().removeAllRanges()")
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    expect(quotations).to_have_text("On: “Here is how”")
    expect(count).to_have_class("on-count marked")
    assert marked(page) == ["Here is how"]
    page.mouse.move(5, 5)
    expect(quotations).to_have_count(0)
    assert marked(page) == []
    count.focus()
    expect(quotations).to_have_count(2)
    count.press("Enter")
    threads = page.get_by_role("dialog", name="2 comments on this paragraph")
    threads.get_by_text("In 1640 he let").hover()  # each of two passages is quoted
    expect(threads.locator(".on.marked")).to_have_count(1)
    assert marked(page) == ["In 1640 he let"]


def test_on_a_touch_screen_the_buttons_are_below_the_handles(visitor: Visitor, site: "Server", essay: Essay) -> None:
    size = {"width": 390, "height": 844}
    page = visitor.open(site.url + essay.get_absolute_url(), has_touch=True, is_mobile=True, viewport=size)
    select(page, (SECOND, 0), (SECOND, 24))
    button = page.get_by_role("button", name="Reply to this")
    box = button.bounding_box()
    assert box
    assert box["height"] >= 44
    assert box["y"] >= page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().bottom") + 40
    button.tap()
    expect(page.locator("#respond .passage q")).to_have_text("Here is how it was done.")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()


def test_the_strongest_objection_is_answered_in_its_thread(visitor: Visitor, site: "Server", essay: Essay) -> None:
    make.rules(guests_may_like=True)
    objection = make.comment(essay, "A guest list.", by=make.guest("Aurel Dumitrescu"))
    answers.save(objection.pk, answers.Choice(is_strongest=True), by=essay.bylines[0])
    page = visitor.open(site.url + essay.get_absolute_url())
    shown = page.get_by_role("region", name="The strongest objection")
    shown.get_by_role("link", name="Reply to Aurel Dumitrescu").click()
    expect(page.locator(f"#comment-{objection.pk} > form#respond")).to_be_visible()
    expect(page.locator("[name=parent]")).to_have_value(str(objection.pk))
    shown.get_by_role("button", name="Like this comment").click()
    expect(page.get_by_role("button", name="You like this comment by Aurel Dumitrescu")).to_have_count(2)


def test_open_corrections_are_beside_their_words_while_these_are_rewritten(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    comment, author = comment_on(essay, "In 1640 he let two friends", 2), essay.bylines[0]
    answers.save(comment.pk, answers.Choice("corrected"), by=author)
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(form_url(site, essay))
    item = page.get_by_role("region", name="Open corrections").get_by_role("listitem")
    for width, is_beside in ((1280, True), (1100, False)):
        page.set_viewport_size({"width": width, "height": 900})
        if is_beside:
            expect(item).to_have_class("is-beside")
        else:
            expect(item).not_to_have_class("is-beside")
        visitor.check_accessibility(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(item).to_have_class("is-beside")
    assert page.evaluate("Array.from(CSS.highlights.get('correction'), String)") == ["In 1640 he let two friends"]
    page.locator(".editor-text p").nth(1).click(click_count=3)
    page.keyboard.type("He did it in another way.")
    expect(page.locator(".kept")).to_contain_text("Draft autosaved")
    assert page.evaluate("CSS.highlights.get('correction').size") == 0
    tops = "(item) => [item, document.querySelectorAll('.editor-text p')[1]].map((each) => each.getBoundingClientRect().top)"
    at, paragraph = item.evaluate(tops)
    assert abs(at - paragraph) < 2


def test_pages_about_passages_are_accessible(visitor: Visitor, site: "Server", essay: Essay) -> None:
    comment = comment_on(essay, "In 1640 he let two friends", 2)
    author = make.author()
    Authorship.objects.create(essay=essay, author=author)
    make.site(public_versions=True)
    changed = BODY.replace("two friends", "two old friends")
    published = revisions.publish(essay, Text(title="Objections", body=changed, slug=essay.slug), by=None)
    move_passages.call(essay.pk)
    answers.save(comment.pk, answers.Choice("corrected", published, is_picked=True, is_strongest=True), by=author)
    path = essay.get_absolute_url()
    for width, scheme in ((1280, "light"), (360, "dark")):
        page = visitor.open(site.url, viewport={"width": width, "height": 800}, color_scheme=scheme)
        for address in (path, f"{path}?on=2", f"{path}?on=choose", f"{path}corrections/", f"{path}versions/2/"):
            page.goto(site.url + address)
            visitor.check_accessibility(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
