"""Code blocks in the editor: their language is typed, shown, changed and kept; formulas stay as they are typed."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.editor.editor_page import EditorPage


def test_the_language_of_code_is_typed_shown_and_changed(desk: EditorPage) -> None:
    desk.type("```Python\nx = 'y'")
    assert desk.stored_html == "<pre class=\"language-python\">x = 'y'</pre>"
    field = desk.text.get_by_label("Language of the code")
    expect(field).to_have_value("python")
    field.fill("C++")
    desk.press("Enter")
    expect(desk.text).to_be_focused()
    desk.type(";")
    assert desk.stored_html == "<pre class=\"language-c++\">x = 'y';</pre>"
    desk.press("Control+z")
    desk.press("Control+z")
    assert desk.stored_html == "<pre class=\"language-python\">x = 'y'</pre>"
    expect(field).to_have_value("python")
    field.fill("not a language")
    desk.press("Escape")
    assert desk.stored_html == "<pre>x = 'y'</pre>"


@pytest.mark.parametrize(
    "html", ['<pre class="language-python" lang="en">x\n\ny</pre><p>z</p>', "<pre><code>x</code></pre>", "<pre>x</pre>"]
)
def test_code_is_stored_as_it_was_after_a_change(desk: EditorPage, html: str) -> None:
    desk.replace_text(html)
    desk.press("Control+End")
    desk.type("!")
    end = "</p>" if html.endswith("</p>") else html[html.index("</") :]
    assert desk.stored_html == f"{html.removesuffix(end)}!{end}"


def test_signs_of_a_formula_stay_as_typed_on_a_site_with_formulas(desk: EditorPage) -> None:
    typed = r"a $$f'*x*--y$$ *b* \(f'*x*--y\) *c*"
    desk.type(typed)
    assert desk.stored_html == r"<p>a $$f’<em>x</em>–y$$ <em>b</em> \(f’<em>x</em>–y\) <em>c</em></p>"

    def turn_on(route: Route) -> None:
        response = route.fetch()
        page = response.text().replace("&quot;formulas&quot;: false", "&quot;formulas&quot;: true")
        route.fulfill(response=response, body=page)

    address = desk.page.url
    desk.page.route(address, turn_on)
    desk.page.goto(address)
    with_formulas = EditorPage(desk.page)
    with_formulas.replace_text()
    with_formulas.type(typed)
    assert with_formulas.stored_html == r"<p>a $$f'*x*--y$$ <em>b</em> \(f'*x*--y\) <em>c</em></p>"
    desk.page.unroute_all()
    desk.page.goto(address)
