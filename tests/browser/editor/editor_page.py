"""The editing page of an essay as a test uses it."""

from playwright.sync_api import Page, expect

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
