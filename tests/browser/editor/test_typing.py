"""What the editor makes of what is typed: quotes and dashes, Markdown, addresses, and blocks by signs and keys."""

import pytest
from playwright.sync_api import expect

from tests.browser.editor.editor_page import EditorPage
from tests.services.chromium import Visitor


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
        ("```py\nx *y* 'z'", "<pre class=\"language-py\">x *y* 'z'</pre>"),
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


def test_arrows_lead_out_of_a_table_and_a_figure_but_not_below_the_notes(desk: EditorPage) -> None:
    table = "<table><tbody><tr><td>a</td></tr></tbody></table>"
    figure = '<figure><img src="/favicon.ico" alt="A"><figcaption>cap</figcaption></figure>'
    for block in (table, figure):
        for key in ("ArrowDown", "ArrowRight"):
            desk.replace_text(block)
            desk.press("Control+End")
            desk.press(key)
            desk.type("below")
            assert desk.stored_html == f"{block}<p>below</p>"
    desk.replace_text()
    desk.type("x[^note")
    desk.press("ArrowDown")
    desk.press("ArrowRight")
    desk.type("d")
    assert desk.short_html == "<p>x[1]</p>|<li 1>noted</li>"


def test_the_link_dialog_refuses_an_address_that_saving_would_drop(desk: EditorPage) -> None:
    dialog = desk.page.get_by_role("dialog", name="Link")
    url = dialog.get_by_role("combobox")
    desk.press("Control+k")
    for refused in ("tel:+4930123", "javascript:go()"):
        url.fill(refused)
        desk.press("Enter")
        expect(dialog).to_be_visible()
        assert url.evaluate("each => each.validationMessage") == "Start the URL with https://, http:// or mailto:."
    url.fill("mailto:a@example.org")
    desk.press("Enter")
    expect(desk.text.get_by_role("link")).to_have_count(1)
    desk.press("Control+k")
    url.fill("tel:1")
    dialog.get_by_role("button", name="Remove link").click()
    expect(desk.text.get_by_role("link")).to_have_count(0)
    assert desk.stored_html == "<p>mailto:a@example.org</p>"


MARKDOWN = (
    "# A heading\n\nSome **bold** words[^1] and\na [link](https://example.org/).\n\n- one\n- two\n\n[^1]: A note."
)
FORMATTED = (
    '<h2>A heading</h2><p>Some <strong>bold</strong> words[1] and a <a href="https://example.org/" rel="noopener">link</a>.</p>'
    "<ul><li>one</li><li>two</li></ul>|<li 1>A note.</li>"
)


def test_pasted_markdown_is_formatted_and_can_be_kept_as_text(desk: EditorPage, visitor: Visitor) -> None:
    keep = desk.page.get_by_role("button", name="Keep as text")
    desk.page.locator("#id_title").fill("Taken")
    desk.text.focus()
    desk.paste_text(MARKDOWN)
    expect(keep).to_be_visible()
    assert desk.short_html == FORMATTED
    desk.press("Control+z")
    expect(keep).to_be_hidden()
    assert "<p># A heading</p>" in desk.stored_html
    desk.replace_text("<p>Before.</p>")
    desk.press("Control+End")
    desk.press("Enter")
    desk.paste_text(MARKDOWN)
    keep.click()
    expect(keep).to_be_hidden()
    expect(desk.text).to_be_focused()
    assert "<p>Before.</p><p># A heading</p>" in desk.stored_html
    desk.replace_text()
    desk.paste_text("1 * 2 * 3 - 4 #one\nand > [so] on_the_other_hand")
    assert "<p>and &gt; [so]" in desk.stored_html
    desk.press("Control+a")
    desk.press("Delete")
    desk.page.route("**/clean/", lambda route: route.abort())
    desk.paste_text("Some **bold** words")
    desk.type(" typed")
    assert desk.stored_html == "<p>Some **bold** words typed</p>"
    visitor.errors.clear()  # Chromium logs the failed request
