"""Notes are read beside the text or below their mark's line, by mouse, touch and keyboard, and nothing moves."""

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Route, expect

from blog import markup
from blog.models import Essay
from tests import make
from tests.blog.essay_forms import long_essay
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

WORDS = "What she had promised was not hers to keep. "
LONG = f"<p>{WORDS * 20}</p><pre><code>{'keep(it)' * 9}\nor_not()</code></pre><p>{WORDS * 3}<a href='/about/'>About</a>.</p>"
NOTES = "[role=doc-endnotes] > ol > li"

# What moved in the essay although the reader did nothing.
RECORD_SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
        for (const { node } of entry.sources) if (node?.parentElement?.closest(".prose")) shifts.push(node.textContent);
    }
}).observe({ type: "layout-shift", buffered: true });"""

# The notes that overlap another note, the text, a figure or the window's edge, or are cut off.
FAULTS = f"""async () => {{
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    const box = (part) => part.getBoundingClientRect();
    const notes = [...document.querySelectorAll("{NOTES}")].filter((note) => !note.matches(".open"));
    const covers = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
    const others = [...document.querySelectorAll(".prose > :not(section), .essay-head, #comments")].map(box);
    return notes.filter((note, index) => {{
        const place = box(note);
        return covers(place, notes[index + 1] ? box(notes[index + 1]) : {{}}) || others.some((other) => covers(place, other))
            || place.left < 0 || place.right > innerWidth || note.scrollWidth > note.clientWidth
            || (note.scrollHeight > note.clientHeight + 6 && !note.matches(".folded"));
    }}).map((note) => note.id);
}}"""
# How far each note is below its mark.
DISTANCES = f"""() => [...document.querySelectorAll("{NOTES}")].map((note) => Math.round(
    note.getBoundingClientRect().top - document.querySelector(`[href="#${{note.id}}"]`).getBoundingClientRect().top))"""

# The focused note, once it is, with the number of the mark that opened it, and whether it is visible.
OPENED = """async () => {
    while (!document.activeElement.matches(".open")) await new Promise(requestAnimationFrame);
    const note = document.activeElement, { top, bottom } = note.getBoundingClientRect();
    return [note.id, document.querySelector("[aria-expanded=true]").id].map((id) => Number(id.split("-")[2]))
        .concat(top > 0 && bottom < innerHeight + 1);
}"""


def mark(number: int, label: str = "") -> str:
    return f'<sup><a id="ref-{number}" href="#note-{number}" role="doc-noteref">{label or number}</a></sup>'


@pytest.fixture
def crowded(site: "Server") -> Essay:
    """Notes in every element that may have one: most of them close together, the last ones at the end."""
    body = [
        f"<h2>One{mark(1)}</h2><p>{WORDS * 4}{mark(2)}</p><p>{WORDS}{mark(3)} then{mark(4)} {WORDS * 40}{mark(5)}</p>"
    ]
    body.append(f"<ul><li>An item{mark(6)}</li></ul><blockquote><p>{WORDS}{mark(7)}</p></blockquote>")
    body.append(f"<table><caption>Of it{mark(8)}</caption><tbody><tr><td>a{mark(9)}</td></tr></tbody></table>")
    body.append(f"<blockquote class='pull'><p>A letter{mark(10)}</p></blockquote><h2>Two</h2><p>{WORDS * 9}</p>")
    body.append(f"<figure class='wide'><table><tbody><tr><td>{WORDS * 60}</td></tr></tbody></table>")
    body.append(f"<figcaption>So{mark(11)}</figcaption></figure><p>{WORDS * 60}</p>")
    body.append(f"<details><summary>More</summary><p>{WORDS}{mark(12)}</p></details>")
    body.append(f"<p>Again<sup><a href='#note-2' role='doc-noteref'>2</a></sup>, then{mark(13)} the end{mark(14)}</p>")
    texts = {3: LONG, 4: f"<p>{WORDS}</p><ul><li>one</li></ul>", 14: f"<p>{WORDS * 5}</p>"}
    texts[8] = f"<table><tbody><tr>{'<td>cell</td>' * 15}</tr></tbody></table>"
    items = "".join(f"<li id='note-{number}'>{texts.get(number, WORDS * 2)}</li>" for number in range(1, 15))
    notes = f"<section role='doc-endnotes'><ol>{items}</ol></section>"
    return make.essay("Of Promises", body=markup.clean_essay("".join(body) + notes))


def open_essay(visitor: Visitor, site: "Server", essay: Essay, after: str = "", **look: Any) -> Page:
    page = visitor.open(alone=True, **look)
    page.add_init_script(RECORD_SHIFTS)
    page.goto(site.url + essay.get_absolute_url() + after)
    page.wait_for_load_state("networkidle")
    return page


def focus_mark(page: Page, number: int) -> None:
    page.locator(f"[id$=ref-{number}]").focus()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id")).partition("-")[2]


def test_62_notes_are_beside_their_marks_at_any_width(visitor: Visitor, site: "Server") -> None:
    essay = make.essay("Of Length", body=long_essay())
    page = open_essay(visitor, site, essay, width=1200)
    for width in (1200, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("(width) => innerWidth === width", arg=width)
        assert page.evaluate(FAULTS) == []
        distances = page.evaluate(DISTANCES)
        assert len(distances) == 62
        assert max(map(abs, distances)) < 20
    assert page.evaluate("shifts") == []


def test_each_of_62_notes_is_read_and_left_by_keyboard(visitor: Visitor, site: "Server") -> None:
    page = open_essay(visitor, site, make.essay("Of Length", body=long_essay()), width=360, height=740)
    page.get_by_text("In this essay").focus()
    for number in range(1, 63):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate(OPENED) == [number, number, True]
        page.keyboard.press("Escape")
    expect(page.locator(".open")).to_have_count(0)
    assert focused(page) == "ref-62"
    assert page.evaluate("shifts") == []


def test_notes_in_the_margin_do_not_overlap_and_expand(visitor: Visitor, site: "Server", crowded: Essay) -> None:
    page = open_essay(visitor, site, crowded)
    assert page.evaluate(FAULTS) == []
    assert page.evaluate("shifts") == []
    visitor.check_accessibility(page)
    expect(page.locator(".folded")).to_have_count(1)
    page.get_by_role("button", name="More").press("Enter")
    expect(page.get_by_role("button", name="Less")).to_be_focused()
    assert page.evaluate(FAULTS) == []
    page.get_by_role("button", name="Less").press("Enter")
    focus_mark(page, 3)
    page.keyboard.press("Enter")
    expect(page.locator("[id$=note-3]")).to_be_focused()
    expect(page.locator(".folded")).to_have_count(0)
    page.keyboard.press("Escape")
    assert focused(page) == "ref-3"
    page.get_by_role("link", name="Note 2", exact=True).last.click()  # far from its note, which it opens here
    expect(page.locator(".open")).to_be_focused()
    page.get_by_role("button", name="Close").click()
    assert page.evaluate(FAULTS) == []
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate(FAULTS) == []
    page.goto(f"{page.url}#e{crowded.pk}-note-13")
    expect(page.locator("[id$=note-13]")).to_be_in_viewport(ratio=1)


def test_a_note_below_its_line_closes_and_leads_back(visitor: Visitor, site: "Server", crowded: Essay) -> None:
    page = open_essay(visitor, site, crowded, width=360, has_touch=True)
    page.get_by_role("link", name="Note 3", exact=True).tap()
    expect(page.locator(".open")).to_contain_text("or_not()")
    visitor.check_accessibility(page)
    page.get_by_role("link", name="Note 1", exact=True).tap()
    expect(page.locator(".open")).to_have_count(1)
    page.get_by_role("button", name="Close").tap()
    assert focused(page) == "ref-1"
    focus_mark(page, 3)
    page.keyboard.press("Enter")
    expect(page.locator(".open")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="About").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "ref-4"
    expect(page.locator(".open")).to_have_count(0)
    page.keyboard.press("Enter")
    page.emulate_media(media="print")
    expect(page.locator(".open")).to_have_css("position", "static")
    expect(page.locator(".prose button").first).to_be_hidden()


def test_without_script_notes_are_at_the_end_and_the_contents_open(
    visitor: Visitor, site: "Server", crowded: Essay
) -> None:
    page = visitor.open(site.url + crowded.get_absolute_url(), script=False)
    expect(page.locator(NOTES).first).to_have_css("position", "static")
    page.get_by_role("link", name="Note 3", exact=True).click()
    expect(page.locator("[id$=note-3]")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Two")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.get_by_role("link", name="Two")).to_be_hidden()
    page.get_by_text("In this essay").click()
    expect(page.get_by_role("link", name="Two")).to_be_visible()


@pytest.mark.once
def test_notes_appear_in_the_margin_when_their_font_is_there(visitor: Visitor, site: "Server") -> None:
    notes = "".join(f"<li id='note-{number}'><em>{WORDS * 3}</em></li>" for number in (1, 2))
    body = f"<p>{WORDS}{mark(1)}{mark(2)} {WORDS * 40}</p><section role='doc-endnotes'><ol>{notes}</ol></section>"
    essay = make.essay("Of Fonts", body=markup.clean_essay(body))
    page = visitor.open(alone=True)
    held: list[Route] = []
    page.route("**/alegreya-400i.*", lambda route: held.append(route))
    page.add_init_script(RECORD_SHIFTS)
    page.goto(site.url + essay.get_absolute_url(), wait_until="domcontentloaded")
    page.wait_for_function("document.fonts.status === 'loading'")
    assert not page.locator(NOTES).first.is_visible()
    for route in held:
        route.continue_()
    expect(page.locator(NOTES).last).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [text for text in page.evaluate("shifts") if WORDS in text]
