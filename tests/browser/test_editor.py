"""The essay editor in Chromium: what is written, pasted and undone there, and what is stored of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from pytest_django.plugin import DjangoDbBlocker

from blog import editor, markup
from blog.models import Essay
from tests import make
from tests.blog.essay_forms import from_word, long_essay
from tests.services.chromium import AXE_OPTIONS, AXE_SCRIPT, Visitor
from tests.services.sessions import log_in
from tests.services.tabs import Tabs

if TYPE_CHECKING:
    from tests.services.site import Server

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "publishing"
COPY = """html => {
  const put = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData.setData("text/html", html);
  };
  document.addEventListener("copy", put, { capture: true, once: true });
  document.execCommand("copy");
}"""
SEND_EVENT = (
    "([name, detail]) => document.querySelector('.essay-editor').dispatchEvent(new CustomEvent(name, { detail }))"
)

# Every tag and attribute of the essay's allowlist, as the server stores it.
EVERYTHING = [
    '<p>a <em>b <a href="https://example.org/" rel="noopener">c</a></em> &amp; &lt;d&gt; “q”\u00a0x<br>y</p>',
    "<details><summary>Sum</summary><p>In</p></details><details>bare words<p>x</p></details>",
    "<dl><dt>Term</dt><dd>Words</dd><dd><p>a</p><p>b</p></dd></dl><hr>",
    '<blockquote class="pull"><p>Pulled</p></blockquote><h2>t</h2><h3>t</h3><h4 lang="fr">t</h4>',
    '<p><time datetime="2026-01-01">then</time> <small>s</small> <kbd>K</kbd> <abbr title="Hyper">H</abbr></p>',
    "<p><mark>m</mark> <q>q <q>r</q></q> <cite>c</cite> <del>d</del> <ins>i</ins> <samp>s</samp> <var>v</var></p>",
    "<p>x<sub>1<sub>2</sub></sub><sup>3</sup> <b>b</b> <i>i</i> <s>s</s> <strong>st</strong> <code>c</code></p>",
    '<ol start="7" reversed="" type="a"><li value="9">n<ul><li>in</li></ul>after</li><li><p>p</p><p>q</p></li></ol>',
    '<p lang="he" dir="rtl">x</p><p><span lang="grc">λ</span> <span dir="rtl">a</span></p>',
    '<figure class="wide"><img src="/favicon.ico" alt="A" width="3" height="4"><figcaption>C <em>e</em></figcaption></figure>',
    "<figure><blockquote><p>x</p></blockquote><figcaption><p>One</p><p>two</p></figcaption></figure>",
    (
        '<table><caption>Cap</caption><thead><tr><th scope="col">a</th><th>b</th></tr></thead><tbody>'
        '<tr><td colspan="2">c</td></tr><tr><td></td><td rowspan="2"><p>x</p><ul><li>y</li></ul></td></tr></tbody>'
        "<tfoot><tr><td>f</td></tr></tfoot></table>"
    ),
    "<pre>a\n  b\n\nc</pre><pre><code>x &lt; y\nz</code></pre>",
    (
        '<p>x<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>'
        ' y<sup><a href="#note-1" role="doc-noteref">1</a></sup>'
        ' <em>z<sup><a id="ref-2" href="#note-2" role="doc-noteref">*</a></sup></em></p>'
        '<section role="doc-endnotes"><h2>Notes</h2><ol><li id="note-1">One</li><li id="note-2"><p>Two</p><p>more</p></li>'
        '<li id="note-3">Of no mark</li></ol></section>'
    ),
]
WORD = """<html><body><!--StartFragment--><p class=MsoNormal style='mso-margin-top-alt:auto'>A <b style='x:y'>cold</b>
morning.<a style='mso-footnote-id:ftn1' href="#_ftn1" name="_ftnref1" title=""><span class=MsoFootnoteReference>
<span style='mso-special-character:footnote'>[1]</span></span></a><img src="file:///C:/hill.png" alt="Hill"></p>
<div style='mso-element:footnote-list'><div style='mso-element:footnote' id=ftn1><p class=MsoFootnoteText>
<a style='mso-footnote-id:ftn1' href="#_ftnref1" name="_ftn1" title="">[1]</a> From Word.</p></div></div>
<!--EndFragment--></body></html>"""


class EditorPage:
    """The editing page of an essay, with the editor ready."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.press = page.keyboard.press
        self.text = page.locator(".editor-text")
        self.text.click()

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def send_event(self, name: str, **detail: object) -> None:
        self.page.evaluate(SEND_EVENT, [name, detail])

    def replace_text(self, html: str = "") -> None:
        self.send_event("essay-replace", html=html)
        self.text.focus()

    @property
    def stored_html(self) -> str:
        self.send_event("essay-flush")
        return self.page.locator("#id_body").input_value()

    @property
    def short_html(self) -> str:
        """The stored HTML with note markup abbreviated."""
        html = self.stored_html
        for n in range(1, 10):
            html = html.replace(f'<sup><a id="ref-{n}" href="#note-{n}" role="doc-noteref">{n}</a></sup>', f"[{n}]")
            html = html.replace(f'<li id="note-{n}">', f"<li {n}>")
        return html.replace('<section role="doc-endnotes"><ol>', "|").replace("</ol></section>", "")

    def make_table(self) -> None:
        self.page.get_by_role("button", name="Table", exact=True).click()
        self.press("Enter")
        expect(self.text.locator("table")).to_be_visible()
        expect(self.text).to_be_focused()

    def paste_text(self, text: str) -> None:
        """Paste plain text, as from the address bar."""
        self.page.evaluate(COPY.replace("text/html", "text/plain"), text)
        self.press("Control+v")

    def paste(self, html: str) -> None:
        self.page.evaluate(COPY, html)
        self.press("Control+v")
        expect(self.page.locator(".essay-editor:not([aria-busy])")).to_be_visible()


# One visitor and one page for the whole file: loading the page costs more than most tests.


@pytest.fixture(scope="module")
def _visitor(_tabs: Tabs) -> Iterator[Visitor]:
    visitor = Visitor(_tabs)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(_visitor: Visitor) -> Iterator[Visitor]:
    yield _visitor
    complaints = [*_visitor.errors]
    _visitor.errors.clear()
    assert not complaints


@pytest.fixture(scope="module")
def page(_visitor: Visitor, _site: "Server", django_db_blocker: DjangoDbBlocker) -> Page:
    page = _visitor.open()
    with django_db_blocker.unblock(), _site.connected():
        log_in(page.context, make.owner(), _site.url)
    return page


@pytest.fixture
def desk(page: Page, visitor: Visitor, site: "Server") -> Iterator[EditorPage]:
    new = f"{site.url}/admin/blog/essay/add/"
    if page.url != new:
        page.goto(new)
    desk = EditorPage(page)
    desk.replace_text()
    yield desk
    page.unroute_all()


@pytest.fixture
def dark_editor(page: Page, visitor: Visitor, site: "Server") -> Iterator[EditorPage]:
    """The editor on a phone, in the dark scheme."""
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site.url}/admin/blog/essay/add/")
    yield EditorPage(page)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def test_everything_that_may_be_stored_leaves_the_editor_unchanged(desk: EditorPage) -> None:
    corpus = [*EVERYTHING]
    corpus += [
        editor.convert_html(file.read_text()).html for file in sorted((SHARED / "essays").glob("*-endnotes.xhtml"))
    ]
    for html in corpus:
        assert markup.clean_essay(html) == html
        desk.replace_text(html)
        for key in ("Control+a", "Control+b", "Control+z"):  # all blocks are rendered again
            desk.press(key)
        assert desk.stored_html == html
    assert desk.page.locator(".as-it-is").count() == 0


def test_notes_are_numbered_and_move_with_their_marks(desk: EditorPage) -> None:
    desk.type("One[^first")
    desk.press("Escape")
    desk.type(" two")
    desk.press("Control+Alt+f")
    desk.type("second")
    desk.press("Escape")
    assert desk.short_html == "<p>One[1] two[2]</p>|<li 1>first</li><li 2>second</li>"
    desk.press("Home")
    desk.type("Zero[^before")
    desk.press("Escape")
    desk.type(" ")
    zero = "<p>Zero[1] One[2] two[3]</p>|<li 1>before</li><li 2>first</li><li 3>second</li>"
    assert desk.short_html == zero
    for key in ("Home", "Shift+ArrowRight", *["Shift+ArrowRight"] * 5, "Control+x"):
        desk.press(key)
    assert desk.short_html == "<p>One[1] two[2]</p>|<li 1>first</li><li 2>second</li>"
    desk.press("Control+z")
    assert desk.short_html == zero
    desk.press("Control+x")
    desk.press("End")
    desk.press("Control+v")
    moved = "<p>One[1] two[2]Zero[3] </p>|<li 1>first</li><li 2>second</li><li 3>before</li>"
    assert desk.short_html == moved
    desk.replace_text("<p>Another essay</p>")
    desk.press("Control+End")
    desk.press("Control+v")
    assert desk.short_html == "<p>Another essayZero[1] </p>|<li 1>before</li>"
    desk.press("Backspace")
    desk.press("Backspace")
    assert desk.short_html == "<p>Another essayZero</p>"


def test_text_pasted_from_word_is_cleaned_by_the_server_and_its_notes_follow_existing_ones(
    desk: EditorPage, visitor: Visitor
) -> None:
    desk.type("Here[^mine")
    desk.press("Escape")
    desk.press("Enter")
    before = desk.short_html
    desk.paste(WORD)
    assert desk.short_html == ("<p>Here[1]</p><p>A <b>cold</b> morning.[2]</p>|<li 1>mine</li><li 2>From Word.</li>")
    expect(
        desk.page.get_by_text(
            "1 picture that couldn’t be pasted. Save it on your computer and add it with “Picture”: Hill"
        )
    ).to_be_visible()
    desk.press("Control+z")
    assert desk.short_html == before
    for file in sorted((SHARED / "clipboard").glob("*.html")):
        desk.replace_text()
        desk.paste(file.read_text())
        assert desk.stored_html == editor.convert_html(file.read_text()).html
        assert "style" not in desk.stored_html
        assert "class" not in desk.stored_html
    desk.page.route("**/clean/", lambda route: route.abort())
    desk.replace_text()
    desk.paste("<p style='color:red' onclick=x>Red <b>words</b></p><script>1</script>")
    assert desk.stored_html == "<p>Red <b>words</b></p>"
    expect(desk.page.get_by_text("the server isn’t responding")).to_be_visible()
    visitor.errors[:] = [each for each in visitor.errors if "/clean/" not in each]


def test_a_long_essay_from_word_is_pasted_saved_published_and_saved_again_unchanged(desk: EditorPage) -> None:
    normalized = re.sub(r'(<li id="note-\d+">)<p>(.*?)</p></li>', r"\1\2</li>", long_essay())
    desk.paste(from_word(long_essay()))
    expect(desk.page.locator(".editor-text li").nth(61)).to_contain_text("Note 62, with its source.")
    assert desk.stored_html == normalized
    desk.page.locator("#id_title").fill("A long essay from Word")
    for button in ("_draft", "_publish", "_publish"):
        with desk.page.expect_navigation():  # the previous page shows the same text
            desk.page.locator(f"[name={button}]").first.click()
        # Once the page has removed what was saved from its address, nothing else counts as a navigation.
        expect(desk.page).to_have_url(re.compile("/change/$"))
        expect(desk.page.locator(".messagelist .success")).to_be_visible()
        expect(desk.page.locator(".editor-text sup.note-mark")).to_have_count(62)
        assert desk.page.locator("#id_body").input_value() == normalized
    assert Essay.objects.get(title="A long essay from Word").body == normalized


def test_quotes_and_dashes_follow_the_language_and_can_be_undone(desk: EditorPage) -> None:
    desk.type("\"Yes\" -- it's 'so'...")
    assert desk.stored_html == "<p>“Yes” – it’s ‘so’…</p>"
    desk.press("Backspace")
    assert desk.stored_html == "<p>“Yes” – it’s ‘so’...</p>"
    desk.type(' "')
    desk.press("Control+z")
    assert desk.stored_html == '<p>“Yes” – it’s ‘so’... "</p>'
    desk.replace_text('<p lang="de">x</p>')
    desk.press("Control+End")
    desk.type(' "Ja"')
    assert desk.stored_html == '<p lang="de">x „Ja“</p>'


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a **bold** b", "<p>a <strong>bold</strong> b</p>"),
        ("a *soft* 2*3*4", "<p>a <em>soft</em> 2*3*4</p>"),
        ("***x* y", "<p>***x* y</p>"),
        ("a `co**d**e` b", "<p>a <code>co**d**e</code> b</p>"),
        ("a ~~gone~~ b", "<p>a <s>gone</s> b</p>"),
        ("see [the *old* page](https://example.org/a_(b)) now", '<p>see <a href="https://example.org/a_(b)">the <em>old</em> page</a> now</p>'),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
        ("at https://example.org/a, x", '<p>at <a href="https://example.org/a">https://example.org/a</a>, x</p>'),
        ("at https://example.org/a and\nwww.example.org\nx", '<p>at <a href="https://example.org/a">https://example.org/a</a> and</p><p><a href="https://www.example.org">www.example.org</a></p><p>x</p>'),
        ("a\n---b", "<p>a</p><hr><p>b</p>"),
        ("a --- b", "<p>a — b</p>"),
        ("```py\nx *y* 'z'", "<pre>x *y* 'z'</pre>"),
        ("1. one\ntwo", "<ol><li>one</li><li>two</li></ol>"),
        ("'Tis the '90s, rock 'n' roll; get 'em, 'she said'.", "<p>’Tis the ’90s, rock ’n’ roll; get ’em, ‘she said’.</p>"),
    ],
)  # fmt: skip
def test_what_writers_type_elsewhere_works(desk: EditorPage, typed: str, stored: str) -> None:
    desk.type(typed)
    assert desk.stored_html.replace(' rel="noopener"', "") == stored


@pytest.mark.parametrize("typed", ["a **b**", "a *b*", "a `b`", "a ~~b~~", "[a](/b)", "https://example.org "])
def test_one_undo_leaves_what_was_typed(desk: EditorPage, typed: str) -> None:
    desk.type(typed)
    assert "<" in desk.stored_html.removeprefix("<p>").removesuffix("</p>")
    desk.press("Control+z")
    assert desk.stored_html == f"<p>{typed}</p>"


def test_an_address_pasted_over_words_links_them(desk: EditorPage) -> None:
    desk.type("see this page")
    for _ in range(4):
        desk.press("Shift+ArrowLeft")
    desk.paste_text("https://example.org/a?b=1&c=2")
    desk.type("!")
    link = '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener">'
    assert desk.stored_html == f"<p>see this {link}page</a>!</p>"
    desk.type(" ")
    desk.paste_text("https://example.org/")
    assert desk.stored_html.endswith('! <a href="https://example.org/" rel="noopener">https://example.org/</a></p>')


def test_blocks_are_created_by_signs_keys_and_buttons(desk: EditorPage) -> None:
    desk.type("## Head\n- a\nb")
    desk.press("Tab")
    desk.type("\nc")
    desk.press("Shift+Tab")
    desk.type("\n\n> said")
    assert desk.stored_html == (
        "<h2>Head</h2><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><blockquote><p>said</p></blockquote>"
    )
    desk.replace_text()
    desk.make_table()
    desk.type("x")
    desk.press("Tab")
    desk.type("y")
    for name in ("Delete row", "Column right", "Header row", "Caption"):
        desk.page.get_by_role("button", name=name).click()
    desk.type("Few")
    row = "<tr><td></td><td></td><td></td><td></td></tr>"
    head = (
        '<thead><tr><th scope="col"></th><th scope="col"></th><th scope="col"></th><th scope="col"></th></tr></thead>'
    )
    assert desk.stored_html == f"<table><caption>Few</caption>{head}<tbody>{row}</tbody></table>"
    desk.replace_text()
    desk.send_event("insert-figure", src="/favicon.ico", alt="A mark", caption="Two", width=32, height=32, wide=True)
    assert desk.stored_html == (
        '<figure class="wide"><img src="/favicon.ico" alt="A mark" width="32" height="32">'
        "<figcaption>Two</figcaption></figure>"
    )


def test_find_replaces_everywhere_in_one_step_and_updates_the_count(desk: EditorPage) -> None:
    desk.type("A cat, a Cat.[^cat")
    desk.press("Control+f")
    desk.type("cat")
    expect(desk.page.get_by_text("– of 3")).to_be_visible()
    desk.page.get_by_label("Replace with").fill("black dog")
    desk.page.get_by_role("button", name="Replace all").click()
    desk.press("Escape")
    assert desk.short_html == "<p>A black dog, a black dog.[1]</p>|<li 1>black dog</li>"
    expect(desk.page.get_by_text("Words: 6 · Reading time: 1 min")).to_be_visible()
    desk.press("Control+z")
    assert desk.short_html == "<p>A cat, a Cat.[1]</p>|<li 1>cat</li>"


def test_keys_lead_out_of_tables_and_notes_and_to_both_ends(desk: EditorPage) -> None:
    desk.make_table()
    desk.press("Control+Enter")
    desk.type("behind[^note")
    desk.press("Control+Enter")
    desk.type("end")
    desk.press("Control+Home")
    desk.type("cell")
    desk.press("Control+Shift+Enter")
    desk.type("before")
    desk.press("Control+End")
    desk.type("!")
    desk.press("Control+End")
    desk.type("?")
    assert desk.short_html.startswith('<p>before</p><table><thead><tr><th scope="col">cell</th>')
    assert desk.short_html.endswith("</table><p>behind[1]end!</p>|<li 1>note?</li>")


def test_an_essay_opened_and_saved_is_stored_unchanged(page: Page, visitor: Visitor, site: "Server") -> None:
    body = markup.clean_essay("<p>Two\nlines</p>" + EVERYTHING[0] + EVERYTHING[-1])
    essay = make.essay("Unchanged", body=body)
    page.goto(f"{site.url}/admin/blog/essay/{essay.pk}/change/")
    desk = EditorPage(page)
    desk.page.locator("[name=_publish]").first.click()
    expect(desk.page.locator(".messagelist .success")).to_be_visible()
    essay.refresh_from_db()
    assert essay.body == body
    EditorPage(desk.page)
    desk.press("Control+Home")
    desk.type("New ")
    expect(desk.page.locator("#id_body")).to_have_value(body.replace("<p>Two\nlines", "<p>New Two lines"))


def test_the_editing_page_is_accessible(visitor: Visitor, dark_editor: EditorPage) -> None:
    desk = dark_editor
    desk.replace_text("".join(EVERYTHING))
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 360
    desk.press("Alt+F10")
    desk.press("End")
    expect(desk.page.get_by_role("button", name="Help")).to_be_focused()
    desk.press("Enter")
    expect(desk.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    desk.press("Escape")
    desk.page.evaluate(AXE_SCRIPT)
    complaints = len(visitor.errors)
    violations = desk.page.evaluate(
        "async options => (await axe.run('.essay-editor', options)).violations", AXE_OPTIONS
    )
    del visitor.errors[complaints:]  # axe tries its own styles
    assert not [(each["id"], each["nodes"][0]["target"], each["nodes"][0]["failureSummary"]) for each in violations]
