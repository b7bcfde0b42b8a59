"""The essay editor in Chromium: what is written, pasted and undone there, and what is stored of it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from blog import editor, markup
from blog.models import Essay
from tests import make
from tests.blog.essay_forms import from_word, long_essay
from tests.browser.editor.editor_page import EditorPage
from tests.browser.essay_form import save_draft
from tests.services.chromium import AXE_OPTIONS, AXE_SCRIPT, Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "publishing"
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
    desk.page.locator("#id_title").fill("Taken")
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
    desk.page.locator("#id_title").fill("")


def test_a_title_pasted_into_the_empty_text_fills_the_empty_title_and_undo_moves_it_back(desk: EditorPage) -> None:
    title, deck = desk.page.locator("#id_title"), desk.page.locator("#id_deck")
    desk.paste("<h1>On <i>Walking</i></h1><p class=MsoSubtitle>In the cold</p><p>Text.</p>")
    expect(title).to_have_value("On Walking")
    expect(deck).to_have_value("In the cold")
    assert desk.stored_html == "<p>Text.</p>"
    desk.press("Control+z")
    expect(title).to_have_value("")
    assert desk.stored_html == "<h2>On Walking</h2><p>In the cold</p><p>Text.</p>"
    desk.press("Control+y")
    expect(title).to_have_value("On Walking")
    desk.press("Control+z")
    desk.press("Control+z")
    assert desk.stored_html == ""
    title.fill("Mine")
    desk.text.focus()
    desk.paste("<h1>On Walking</h1><p>Text.</p>")
    expect(title).to_have_value("Mine")
    assert desk.stored_html == "<h2>On Walking</h2><p>Text.</p>"
    title.fill("")
    desk.replace_text()
    desk.paste_text("# On Walking\n\nSome **bold** text.\n\n- a\n- b")
    expect(title).to_have_value("On Walking")
    expect(desk.page.locator(".editor-said")).to_contain_text("Keep as text The first heading is now the title.")
    assert desk.stored_html == "<p>Some <strong>bold</strong> text.</p><ul><li>a</li><li>b</li></ul>"
    desk.page.get_by_role("button", name="Keep as text").click()
    expect(title).to_have_value("")
    assert desk.stored_html.startswith("<p># On Walking</p>")


def test_a_long_essay_from_word_is_pasted_saved_published_and_saved_again_unchanged(desk: EditorPage) -> None:
    normalized = re.sub(r'(<li id="note-\d+">)<p>(.*?)</p></li>', r"\1\2</li>", long_essay())
    desk.paste(from_word(long_essay()))
    expect(desk.page.locator(".editor-text li").nth(61)).to_contain_text("Note 62, with its source.")
    assert desk.stored_html == normalized
    desk.page.locator("#id_title").fill("A long essay from Word")
    for button in ("_draft", "_publish", "_publish"):
        if button == "_publish":
            desk.page.locator("[name=_publish]").first.click()
            desk.page.locator("dialog.publishing-dialog[open]").wait_for()
        with desk.page.expect_navigation():  # the previous page shows the same text
            if button == "_draft":
                save_draft(desk.page)
            else:
                desk.page.locator(".publishing [data-part=submit]").click()
        # Once the page has removed what was saved from its address, nothing else counts as a navigation.
        expect(desk.page).to_have_url(re.compile("/change/$"))
        expect(desk.page.locator(".messagelist .success")).to_be_visible()
        expect(desk.page.locator(".editor-text sup.note-mark")).to_have_count(62)
        assert desk.page.locator("#id_body").input_value() == normalized
    assert Essay.objects.get(title="A long essay from Word").body == normalized


def test_find_replaces_everywhere_in_one_step_and_updates_the_count(desk: EditorPage) -> None:
    desk.type("A cat, a Cat.[^cat")
    desk.press("Control+f")
    desk.type("cat")
    expect(desk.page.get_by_text("– of 3")).to_be_visible()
    desk.page.get_by_label("Replace with").fill("black dog")
    desk.page.get_by_role("button", name="Replace all").click()
    desk.press("Escape")
    assert desk.short_html == "<p>A black dog, a black dog.[1]</p>|<li 1>black dog</li>"
    expect(desk.page.get_by_text("6 words · 1 min read")).to_be_visible()
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
    desk.page.locator(".publishing [data-part=submit]").click()
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
    expect(desk.page.get_by_role("button", name="More")).to_be_focused()
    desk.press("Enter")
    desk.press("End")
    expect(desk.page.get_by_role("menuitem", name="Help")).to_be_focused()
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
